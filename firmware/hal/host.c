/* The firmware as a PC program: the serial line is a pseudo-terminal, whose name is printed on stdout.
 * Ends when stdin is a pipe and is closed, so that no program outlives the one that started it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "board.h"
#include "mcunas/hal.h"

#define LINE_VARIABLE "MCUNAS_PTY" /* in the environment: descriptor of the open line that a restart goes on with */

static int line = -1;
static struct pollfd waits[2]; /* the line, and stdin if its end is to be noticed */

static uint8_t received[4096], sent[4096];
static size_t received_count, received_next, sent_count;

static void fail(const char *what) {
    fprintf(stderr, "mcunas firmware: %s: %s\n", what, strerror(errno));
    exit(3);
}

/* Waits until the line is ready for `events`; ends the program if whoever started it is gone. */
static void wait_for_line(short events) {
    waits[0] = (struct pollfd){.fd = line, .events = events};
    do {
        if (poll(waits, 2, -1) < 0 && errno != EINTR) {
            fail("poll");
        }
        char byte;
        if (waits[1].revents != 0 && read(STDIN_FILENO, &byte, 1) <= 0) {
            exit(0);
        }
    } while (waits[0].revents == 0);
}

static void open_line(void) {
    line = posix_openpt(O_RDWR | O_NOCTTY);
    if (line < 0 || grantpt(line) != 0 || unlockpt(line) != 0 || fcntl(line, F_SETFL, O_NONBLOCK) != 0) {
        fail("cannot open a pseudo-terminal");
    }
    /* Our own hold on the other end keeps the line alive between two programs that open it. */
    const int slave = open(ptsname(line), O_RDWR | O_NOCTTY);
    struct termios mode;
    if (slave < 0 || tcgetattr(slave, &mode) != 0) {
        fail("cannot open the other end of the pseudo-terminal");
    }
    cfmakeraw(&mode);
    if (tcsetattr(slave, TCSANOW, &mode) != 0) {
        fail("cannot set the pseudo-terminal to raw bytes");
    }
    char number[16];
    snprintf(number, sizeof number, "%d", line);
    setenv(LINE_VARIABLE, number, 1);
    printf("pty %s\n", ptsname(line));
    fflush(stdout);
}

static void on_crash(int signal_number) {
    mcn_fault(0, (uint32_t)signal_number);
}

void hal_init(void) {
    const char *open_already = getenv(LINE_VARIABLE);
    if (open_already != NULL) {
        line = atoi(open_already);
    } else {
        open_line();
    }
    struct stat input;
    const int is_pipe = fstat(STDIN_FILENO, &input) == 0 && S_ISFIFO(input.st_mode);
    waits[1] = (struct pollfd){.fd = is_pipe ? STDIN_FILENO : -1, .events = POLLIN};
#ifndef __SANITIZE_ADDRESS__
    /* A sanitizer has its own, better report. */
    signal(SIGSEGV, on_crash);
    signal(SIGBUS, on_crash);
    signal(SIGFPE, on_crash);
    signal(SIGILL, on_crash);
#else
    (void)on_crash;
#endif
}

uint32_t hal_clock_hz(void) {
    return BOARD_CLOCK_HZ;
}

int hal_getc(void) {
    if (received_next == received_count) {
        wait_for_line(POLLIN);
        const ssize_t count = read(line, received, sizeof received);
        received_next = 0;
        received_count = count > 0 ? (size_t)count : 0;
        if (count < 0 && errno != EINTR && errno != EAGAIN) {
            fail("cannot read from the pseudo-terminal");
        }
    }
    return received_next < received_count ? received[received_next++] : -1;
}

void hal_putc(uint8_t byte) {
    if (sent_count == sizeof sent) {
        hal_flush();
    }
    sent[sent_count++] = byte;
}

void hal_flush(void) {
    for (size_t at = 0; at < sent_count;) {
        wait_for_line(POLLOUT);
        const ssize_t count = write(line, sent + at, sent_count - at);
        if (count < 0 && errno != EINTR && errno != EAGAIN) {
            fail("cannot write to the pseudo-terminal");
        }
        at += count > 0 ? (size_t)count : 0;
    }
    sent_count = 0;
}

hal_timer_t hal_timer_kind(void) {
    return HAL_TIMER_NONE;
}

uint32_t hal_timer_hz(void) {
    return BOARD_TIMER_HZ;
}

void hal_timer_reset(void) {}

uint64_t hal_ticks(void) {
    return 0;
}

uint32_t hal_stack_bytes(void) {
    return 0;
}

_Noreturn void hal_reset(void) {
    hal_flush();
    char *const arguments[] = {"firmware", NULL};
    execv("/proc/self/exe", arguments);
    fail("cannot restart");
    abort();
}
