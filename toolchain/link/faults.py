"""Words for a crashed core: the status register of a FAULT frame in, what went wrong out."""

from __future__ import annotations

import signal

#: Bits of CFSR: Armv7-M Architecture Reference Manual B3.2.15; STKOF: Armv8-M D1.2.9.
_CFSR = {
    0: "instruction fetch from a forbidden address (IACCVIOL)",
    1: "data access to a forbidden address (DACCVIOL)",
    3: "memory fault on return from an exception (MUNSTKERR)",
    4: "memory fault on entry to an exception (MSTKERR): stack overflow?",
    5: "memory fault while saving floating-point state (MLSPERR)",
    8: "bus error on an instruction fetch (IBUSERR)",
    9: "bus error on a data access (PRECISERR)",
    10: "bus error on an earlier data access (IMPRECISERR)",
    11: "bus error on return from an exception (UNSTKERR)",
    12: "bus error on entry to an exception (STKERR): stack overflow?",
    13: "bus error while saving floating-point state (LSPERR)",
    16: "undefined instruction (UNDEFINSTR): built for another core?",
    17: "not in Thumb state (INVSTATE)",
    18: "bad exception return (INVPC)",
    19: "coprocessor or FPU not enabled (NOCP)",
    20: "stack overflow (STKOF)",
    24: "unaligned access (UNALIGNED)",
    25: "division by zero (DIVBYZERO)",
}

#: RISC-V Privileged Architecture, table of mcause values after a trap.
_MCAUSE = {
    0: "misaligned instruction address",
    1: "instruction fetch from a forbidden address",
    2: "illegal instruction: built for another core?",
    3: "breakpoint",
    4: "misaligned load",
    5: "load from a forbidden address",
    6: "misaligned store",
    7: "store to a forbidden address",
    11: "environment call",
}


def fault_words(core: str, status: int) -> str:
    """What `status` (Arm: CFSR; RISC-V: mcause; this computer: signal) says; `core` is the profile's cpu.core."""
    if core == "host":
        return f"{signal.strsignal(status) if 0 < status < signal.NSIG else 'unknown cause'} (signal {status})"
    if core.startswith("rv"):
        return f"{_MCAUSE.get(status, 'unknown cause')} (mcause {status})"
    causes = [words for bit, words in _CFSR.items() if status >> bit & 1]
    return f"{', '.join(causes) or 'hard fault, no cause recorded'} (CFSR 0x{status:08x})"
