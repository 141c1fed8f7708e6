/* Runs kernels on the host: calls in on stdin, what each call was asked to show of the arena out on stdout.
 *
 * A call, all u32 little-endian: kernel (index into the table), size of its args, args; count of constant arrays, each as
 * offset of its pointer in args, size, bytes; count of spans of the arena that the kernel may touch, each as offset and
 * size; size of the arena, arena (0 and nothing: the one that the call before left); offset and size of what to show.
 * Under AddressSanitizer every byte of the arena outside the spans is poisoned, and every constant array has a buffer of
 * its own size, so that any stray access ends the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner_table.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#define MAX_ARRAYS 8
#define MAX_SPANS 16

static uint8_t *arena;
static uint32_t arena_size;

static void receive(void *target, size_t size)
{
    if (fread(target, 1, size, stdin) != size) {
        fprintf(stderr, "runner: input ends early\n");
        exit(2);
    }
}

static uint32_t receive_u32(void)
{
    uint32_t value;
    receive(&value, sizeof value);
    return value;
}

/* A buffer of the size that comes first, filled with the bytes that follow. */
static uint8_t *receive_block(uint32_t *size)
{
    *size = receive_u32();
    uint8_t *block = malloc(*size ? *size : 1);
    if (block == NULL) {
        abort();
    }
    receive(block, *size);
    return block;
}

/* The next call's arena, unless it goes on with the one that there is. */
static void receive_arena(void)
{
    uint32_t size;
    uint8_t *next = receive_block(&size);
    if (size == 0) {
        free(next);
        return;
    }
    free(arena);
    arena = next;
    arena_size = size;
}

static void run_call(uint32_t kernel)
{
    uint32_t size;
    uint8_t *args = receive_block(&size);
    uint8_t *arrays[MAX_ARRAYS];
    const uint32_t array_count = receive_u32();
    for (uint32_t i = 0; i < array_count; i++) {
        const uint32_t pointer = receive_u32();
        arrays[i] = receive_block(&size);
        memcpy(args + pointer, &arrays[i], sizeof arrays[i]);
    }
    uint32_t spans[MAX_SPANS][2], shown[2];
    const uint32_t span_count = receive_u32();
    receive(spans, span_count * sizeof spans[0]);
    receive_arena();
    receive(shown, sizeof shown);
    ASAN_POISON_MEMORY_REGION(arena, arena_size);
    for (uint32_t i = 0; i < span_count; i++) {
        ASAN_UNPOISON_MEMORY_REGION(arena + spans[i][0], spans[i][1]);
    }
    kernel_table[kernel](args, arena);
    ASAN_UNPOISON_MEMORY_REGION(arena, arena_size);
    fwrite(arena + shown[0], 1, shown[1], stdout);
    for (uint32_t i = 0; i < array_count; i++) {
        free(arrays[i]);
    }
    free(args);
}

int main(void)
{
    uint32_t kernel;
    while (fread(&kernel, sizeof kernel, 1, stdin) == 1) {
        run_call(kernel);
    }
    return 0;
}
