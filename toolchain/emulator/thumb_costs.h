/* What a Thumb instruction costs on a Cortex-M core: its bytes in, cycles and what its neighbours must know of it out.
 * Encodings: Armv7-M Architecture Reference Manual (DDI 0403), chapter A5; a and b are an instruction's halfwords. */
#ifndef MCUNAS_THUMB_COSTS_H
#define MCUNAS_THUMB_COSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The costs, in cycles, as the arguments set them; an instruction that none of them is for takes 1. */
static struct {
    int multiply, divide, it, system;
    int load, store, store_register, multiple, word; /* multiple + words * word: LDM, PUSH, LDRD, VLDR, ... */
    int table_branch;
    int taken, taken_call, taken_load; /* more if a branch, a BL, a load of the program counter is taken */
    int pipelined;     /* less for a single access behind a single load whose result is not in its address */
    int address_stall; /* more for an access to an address that the instruction before computed */
    int float_mac, float_divide, float_move;
} cost;

#define COST(name) {#name, &cost.name}
static const struct { const char *name; int *cycles; } NAMES[] = {
    COST(multiply), COST(divide), COST(it), COST(system), COST(load), COST(store), COST(store_register), COST(multiple),
    COST(word), COST(table_branch), COST(taken), COST(taken_call), COST(taken_load), COST(pipelined),
    COST(address_stall), COST(float_mac), COST(float_divide), COST(float_move),
};

/* What an instruction costs, and what its neighbour has to know of it. Registers are bits. */
typedef struct {
    int cycles;
    bool branches, accesses, single, loads; /* single: an access to one register */
    int taken;        /* cycles more if it branches */
    unsigned address; /* registers that the address of an access is computed from */
    unsigned result;  /* registers written by data processing, or by a single load */
} insn_t;

static insn_t computes(int cycles, unsigned registers) {
    return (insn_t){.cycles = cycles, .result = registers};
}

static insn_t branches(int cycles, int taken) {
    return (insn_t){.cycles = cycles, .branches = true, .taken = taken};
}

static insn_t loads(unsigned target, unsigned address) {
    return (insn_t){.cycles = cost.load, .accesses = true, .single = true, .loads = true, .address = address,
                    .result = 1u << target};
}

static insn_t stores(int cycles, unsigned address) {
    return (insn_t){.cycles = cycles, .accesses = true, .single = true, .address = address};
}

static insn_t moves_words(unsigned words, unsigned address) {
    return (insn_t){.cycles = cost.multiple + (int)words * cost.word, .accesses = true, .address = address};
}

/* `insn`, a load, also loads the program counter if `loaded`. */
static insn_t into_pc(insn_t insn, bool loaded) {
    insn.branches = loaded;
    insn.taken = cost.taken_load;
    return insn;
}

static unsigned low(unsigned code, int at) {
    return 1u << (code >> at & 7);
}

static unsigned any(unsigned code, int at) {
    return 1u << (code >> at & 15);
}

static unsigned ones(unsigned bits) {
    return (unsigned)__builtin_popcount(bits);
}

enum { SP = 1u << 13, PC = 1u << 15 };

/* 010000 and 010001: data processing on registers, high registers, BX and BLX. */
static insn_t decode_registers(unsigned a) {
    const unsigned operation = a >> 6 & 15;
    if (a < 0x4400) {
        const bool compares = operation == 8 || operation == 10 || operation == 11;
        return computes(operation == 13 ? cost.multiply : 1, compares ? 0 : low(a, 0));
    }
    const unsigned target = 1u << ((a & 7) | (a >> 4 & 8));
    if (a >= 0x4700 || (target == PC && operation >> 2 != 1)) {
        return branches(1, cost.taken);
    }
    return computes(1, operation >> 2 == 1 ? 0 : target);
}

/* 1011: stack, extensions, CBZ, IT, hints. */
static insn_t decode_miscellaneous(unsigned a) {
    switch (a >> 8 & 15) {
    case 0: return computes(1, SP);
    case 1: case 3: case 9: case 11: return branches(1, cost.taken); /* CBZ, CBNZ */
    case 4: case 5: return moves_words(ones(a & 0x1FF), SP);         /* PUSH */
    case 12: case 13: return into_pc(moves_words(ones(a & 0x1FF), SP), a & 0x100); /* POP */
    case 2: case 10: return computes(1, low(a, 0));
    case 6: return computes(cost.system, 0); /* CPS */
    case 15: return computes(a & 15 ? cost.it : 1, 0);
    default: return computes(1, 0);
    }
}

static insn_t decode_16(unsigned a) {
    const bool load = a & 0x800;
    switch (a >> 12) {
    case 0: case 1: return computes(1, low(a, 0));
    case 2: case 3: return computes(1, (a & 0x1800) == 0x800 ? 0 : low(a, 8)); /* CMP has no result */
    case 4: return load ? loads(a >> 8 & 7, 0) : decode_registers(a);
    case 5: {
        const unsigned address = low(a, 3) | low(a, 6);
        return (a >> 9 & 7) < 3 ? stores(cost.store_register, address) : loads(a & 7, address);
    }
    case 6: case 7: case 8: return load ? loads(a & 7, low(a, 3)) : stores(cost.store, low(a, 3));
    case 9: return load ? loads(a >> 8 & 7, SP) : stores(cost.store, SP);
    case 10: return computes(1, low(a, 8));
    case 11: return decode_miscellaneous(a);
    case 12: return moves_words(ones(a & 0xFF), low(a, 8));
    case 13: return (a & 0xF00) < 0xE00 ? branches(1, cost.taken) : computes(1, 0);
    default: return branches(1, cost.taken);
    }
}

/* 1110100: several registers, two registers, exclusive accesses, table branches. */
static insn_t decode_multiple(unsigned a, unsigned b) {
    if (!(a & 0x40)) {
        return into_pc(moves_words(ones(b), any(a, 0)), (a & 0x10) && (b & PC));
    }
    if (a & 0x120) {
        return moves_words(2, any(a, 0));
    }
    if ((a & 0xFFF0) == 0xE8D0 && (b & 0xFFE0) == 0xF000) {
        return branches(cost.table_branch, cost.taken_load);
    }
    return a & 0x10 ? loads(b >> 12, any(a, 0)) : stores(cost.load, any(a, 0)); /* STREX is timed like a load */
}

static insn_t decode_single(unsigned a, unsigned b) {
    const bool by_register = !(a & 0x80) && (b & 0xFC0) == 0;
    const unsigned address = (any(a, 0) | (by_register ? any(b, 0) : 0)) & ~(unsigned)PC;
    if (!(a & 0x10)) {
        return stores(by_register ? cost.store_register : cost.store, address);
    }
    if (b >> 12 == 15) {
        return (a & 0x60) == 0x40 ? into_pc(loads(15, address), true) : computes(1, 0); /* PLD */
    }
    return loads(b >> 12, address);
}

/* 111x11: the floating-point unit. */
static insn_t decode_float(unsigned a, unsigned b) {
    const bool transfers = (a & 0xF00) == 0xE00 && (b & 0x10);
    if ((a & 0xFFE0) == 0xEC40 || (transfers && (a & 0xFFE0) == 0xEE00 && (b & 0xF00) == 0xA00)) {
        return computes(cost.float_move, (a & 0x10 ? any(b, 12) : 0) | ((a & 0xFFF0) == 0xEC50 ? any(a, 0) : 0));
    }
    if ((a & 0xE00) == 0xC00) {
        const unsigned words = (a & 0x120) != 0x100 ? b & 0xFF : b & 0x100 ? 2 : 1;
        return moves_words(words, any(a, 0) & ~(unsigned)PC);
    }
    if (transfers) {
        return computes(1, a & 0x10 ? any(b, 12) : 0);
    }
    switch (a >> 4 & 0xB) {
    case 0: case 1: case 9: case 10: return computes(cost.float_mac, 0);
    case 8: return computes(cost.float_divide, 0);
    case 11: return computes((a & 15) == 1 && (b & 0xC0) == 0xC0 ? cost.float_divide : 1, 0); /* VSQRT */
    default: return computes(1, 0);
    }
}

static insn_t decode_32(unsigned a, unsigned b) {
    if ((a & 0xEC00) == 0xEC00) {
        return decode_float(a, b);
    }
    if ((a & 0xFE00) == 0xE800) {
        return decode_multiple(a, b);
    }
    if ((a & 0xFE00) == 0xF800) {
        return decode_single(a, b);
    }
    if ((a & 0xF800) == 0xF000 && (b & 0x8000)) {
        if ((b & 0x5000) == 0 && (a & 0x380) == 0x380) {
            return computes(a == 0xF3AF ? 1 : cost.system, 0); /* NOP.W, or MSR, MRS and barriers */
        }
        return branches(1, (b & 0x5000) == 0x5000 ? cost.taken_call : cost.taken);
    }
    if ((a & 0xFF80) == 0xFB80) {
        return computes((a & 0xD0) == 0x90 ? cost.divide : cost.multiply, (any(b, 8) | any(b, 12)) & ~(unsigned)PC);
    }
    return computes((a & 0xFF80) == 0xFB00 ? cost.multiply : 1, any(b, 8) & ~(unsigned)PC);
}

/* The instruction of 2 or 4 bytes. */
static insn_t decode(const uint8_t *bytes, size_t size) {
    const unsigned a = bytes[0] | (unsigned)bytes[1] << 8;
    return size == 2 ? decode_16(a) : decode_32(a, bytes[2] | (unsigned)bytes[3] << 8);
}

/* Cycles that `now` takes more or less because `before` is carried out directly before it. */
static int in_sequence(const insn_t *before, const insn_t *now) {
    const bool depends = before->result & now->address;
    if (!now->accesses) {
        return 0;
    }
    if (before->loads) {
        return now->single && now->cycles > 1 && !depends ? -cost.pipelined : 0;
    }
    return depends ? cost.address_stall : 0;
}

/* Takes `name=cycles`; false if there is no such cost. */
static bool set_cost(const char *argument) {
    const size_t length = strcspn(argument, "=");
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strlen(NAMES[i].name) == length && strncmp(NAMES[i].name, argument, length) == 0 && argument[length]) {
            *NAMES[i].cycles = atoi(argument + length + 1);
            return true;
        }
    }
    return false;
}

#endif
