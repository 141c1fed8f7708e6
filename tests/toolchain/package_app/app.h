/* What main.c wants of the computer that it runs on. */
#ifndef APP_H
#define APP_H

void app_put(char character);

#endif
