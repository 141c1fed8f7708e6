/* A QEMU plugin that counts instructions and, by a table of costs, the cycles of a Cortex-M core.
 *
 * In: the code that QEMU translates, and the costs as arguments `name=cycles`; the tables are the .toml files beside
 * this one, docs/modelled_cycles.md says what they leave out. Out: both counts, written into the firmware's memory
 * each time it executes the marker of firmware/hal/arm/cost_plugin.c.
 *
 * What an instruction costs is decided once, when QEMU translates its block. The costs up to and including each access
 * to memory are one addition at run time: an access to a device makes QEMU leave the block and translate its rest anew,
 * which therefore must not have been counted yet. Whether a branch was taken shows where the next block begins.
 *
 * QEMU's plugin interface, version 1 (QEMU 4.2 to 9.0), is declared below: Debian packages no header.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thumb_costs.h"

#define EXPORT __attribute__((visibility("default")))

enum { QEMU_PLUGIN_CB_NO_REGS = 0, QEMU_PLUGIN_INLINE_ADD_U64 = 0 };
struct qemu_plugin_tb;
struct qemu_plugin_insn;
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*call)(uint64_t id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, void (*call)(unsigned cpu, void *data),
                                          int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, void (*call)(unsigned cpu, void *data),
                                            int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int operation, void *sum, uint64_t add);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments);

typedef struct {
    uint64_t start, end;
    insn_t first, last;
} block_t;

static const block_t nothing;
static const block_t *previous = &nothing;
static uint64_t cycles, instructions; /* since reset */
static uint64_t branches_reached, branches_seen;
static uint64_t reset_address = UINT64_MAX; /* of the first instruction ever */

static void on_reset(unsigned cpu, void *data) {
    (void)cpu, (void)data;
    cycles = 0;
    instructions = 0;
    previous = &nothing;
    branches_seen = branches_reached;
}

static void on_block(unsigned cpu, void *data) {
    (void)cpu;
    const block_t *block = data;
    if (branches_seen != branches_reached) {
        branches_seen = branches_reached;
        cycles += block->start != previous->end ? (uint64_t)previous->last.taken : 0;
    } else if (block->start == previous->end) { /* cut in two by QEMU */
        cycles += (uint64_t)in_sequence(&previous->last, &block->first);
    }
    previous = block;
}

/* The marker, a hint that is a NOP on silicon, at a multiple of 8, and behind it the word that tells it from others and
 * room for both counts. Their address on this computer is the only door that QEMU leaves to the firmware's memory. */
static const uint8_t MARKER[2] = {0xF0, 0xBF};
static const char MARK[8] = "mcuncost";
typedef struct {
    uint8_t code[8];
    char mark[8];
    uint64_t cycles, instructions;
} marker_t;

static void on_marker(unsigned cpu, void *data) {
    (void)cpu;
    marker_t *marker = data;
    marker->cycles = cycles;
    marker->instructions = instructions;
}

static void find_marker(struct qemu_plugin_insn *insn) {
    marker_t *marker = qemu_plugin_insn_haddr(insn);
    if (marker != NULL && memcmp(qemu_plugin_insn_data(insn), MARKER, sizeof MARKER) == 0 &&
        qemu_plugin_insn_vaddr(insn) % 8 == 0 && memcmp(marker->mark, MARK, sizeof MARK) == 0) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker, QEMU_PLUGIN_CB_NO_REGS, marker);
    }
}

/* The instructions first .. last of a block count as soon as the first of them is reached. */
static void count_together(struct qemu_plugin_insn *first, uint64_t number, uint64_t their_cycles) {
    qemu_plugin_register_vcpu_insn_exec_inline(first, QEMU_PLUGIN_INLINE_ADD_U64, &instructions, number);
    qemu_plugin_register_vcpu_insn_exec_inline(first, QEMU_PLUGIN_INLINE_ADD_U64, &cycles, their_cycles);
}

static void on_translation(uint64_t id, struct qemu_plugin_tb *translated) {
    (void)id;
    block_t *block = calloc(1, sizeof *block); /* QEMU never says that a translation is gone */
    if (block == NULL) {
        abort();
    }
    struct qemu_plugin_insn *first = NULL;
    const size_t count = qemu_plugin_tb_n_insns(translated);
    uint64_t number = 0, their_cycles = 0;
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(translated, i);
        const insn_t decoded = decode(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));
        first = number == 0 ? insn : first;
        number++;
        their_cycles += (uint64_t)decoded.cycles + (uint64_t)(i > 0 ? in_sequence(&block->last, &decoded) : 0);
        if (decoded.accesses || i + 1 == count) {
            count_together(first, number, their_cycles);
            number = their_cycles = 0;
        }
        if (decoded.branches) {
            qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &branches_reached, 1);
        }
        find_marker(insn);
        if (i == 0) {
            block->first = decoded;
            block->start = qemu_plugin_insn_vaddr(insn);
        }
        block->last = decoded;
        block->end = qemu_plugin_insn_vaddr(insn) + qemu_plugin_insn_size(insn);
    }
    reset_address = reset_address == UINT64_MAX ? block->start : reset_address;
    if (block->start == reset_address) {
        qemu_plugin_register_vcpu_tb_exec_cb(translated, on_reset, QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
    qemu_plugin_register_vcpu_tb_exec_cb(translated, on_block, QEMU_PLUGIN_CB_NO_REGS, block);
}

int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments) {
    (void)info;
    for (int i = 0; i < count; i++) {
        if (!set_cost(arguments[i])) {
            fprintf(stderr, "cost plugin: unknown argument %s\n", arguments[i]);
            return -1;
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
