#include <stdio.h>

#include "app.h"

void app_put(char character)
{
    putchar(character);
}
