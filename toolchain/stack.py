"""The static bound of the stack: the compiler's call graph and an image in, bytes of the deepest chain of calls out.

Frames of C functions come from gcc (-fcallgraph-info=su), those of the compiler's library from its disassembly.
An assembler function states its own and its callees' use in an absolute symbol:
`.global mcn_stack_NAME` and `.set mcn_stack_NAME, BYTES`. `mcn_stack_interrupts` is what interrupts put on top.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from toolchain.elf import Elf
from toolchain.errors import BadInput

STATED = "mcn_stack_"
_INTERRUPTS = "mcn_stack_interrupts"
_INDIRECT = "__indirect_call"

_NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "[^"]*?(?:\\n(\d+) bytes \(([^)]*)\))?"')
_EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')

_LABEL = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
_INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\s+(\S+)\s*(.*)$")
_TARGET = re.compile(r"<([^>+]+)(?:\+0x[0-9a-f]+)?>")
_BRANCHES = ("b", "cb", "j", "call", "tail")
_ENDS = ("bx", "b", "b.n", "b.w", "j", "jr", "ret", "tail")


@dataclass
class Function:
    """Bytes of its own frame, and the functions that it calls."""

    frame: int
    callees: set[str] = field(default_factory=set)


def stack_bound(reports: Mapping[str, str], kernel_reports: Iterable[str], elf: Elf, library: str) -> int:
    """Most bytes of stack that the image can use.

    reports: texts of gcc's .ci files by name; kernel_reports: names of those whose functions the engine calls through
    pointers; library: `objdump -d` of the section .libc.
    Raises BadInput if a function's use is unknown or has no bound (recursion, variable-length arrays).
    """
    functions = _library_functions(library, elf)
    kernels: set[str] = set()
    for name, text in reports.items():
        found = _reported_functions(text, elf)
        functions |= found
        if name in kernel_reports:
            kernels |= found.keys()
    for symbol, stated in elf.symbols.items():
        if symbol.startswith(STATED) and symbol != _INTERRUPTS:
            functions[symbol.removeprefix(STATED)] = Function(stated.value)
            kernels.add(symbol.removeprefix(STATED))
    functions[_INDIRECT] = Function(0, kernels)
    interrupts = elf.symbols[_INTERRUPTS].value if _INTERRUPTS in elf.symbols else 0
    depths: dict[str, int] = {}
    return max(_depth(name, functions, depths, ()) for name in functions) + interrupts


def _depth(name: str, functions: Mapping[str, Function], depths: dict[str, int], callers: tuple[str, ...]) -> int:
    """Bytes of stack from the entry of function `name` down its deepest calls; `depths` holds those known."""
    if name in callers:
        chain = " -> ".join((*callers[callers.index(name) :], name))
        raise BadInput(f"The stack has no bound: the firmware calls itself: {chain}. Replace the recursion by a loop.")
    if name not in functions:
        raise BadInput(
            f"The stack use of '{name}' (called by {callers[-1]}) is unknown. An assembler function states it: "
            f"`.global {STATED}{name}` and `.set {STATED}{name}, BYTES`."
        )
    if name not in depths:
        function = functions[name]
        below = (_depth(callee, functions, depths, (*callers, name)) for callee in sorted(function.callees))
        depths[name] = function.frame + max(below, default=0)
    return depths[name]


def _reported_functions(text: str, elf: Elf) -> dict[str, Function]:
    """The functions that one compiled file defines and the linker has kept, from its .ci report."""
    functions: dict[str, Function] = {}
    for line in text.splitlines():
        if (node := _NODE.match(line)) and node[2] is not None and _is_linked(node[1], elf):
            if "dynamic" in node[3] and "bounded" not in node[3]:
                raise BadInput(f"The stack has no bound: {node[1]} has a frame of variable size. Give it a fixed one.")
            functions[node[1]] = Function(int(node[2]))
        elif (edge := _EDGE.match(line)) and edge[1] in functions:
            functions[edge[1]].callees.add(edge[2])
    return functions


def _is_linked(title: str, elf: Elf) -> bool:
    """A title is the symbol, or file:symbol of a static function. (Inlined ones are no symbols and have no callers.)"""
    return title.rpartition(":")[2] in elf.symbols


def _library_functions(disassembly: str, elf: Elf) -> dict[str, Function]:
    """Functions of the compiler's library; a frame is the sum of all that its code puts on the stack."""
    functions: dict[str, Function] = {}
    places: dict[int, Function] = {}
    current, name, operation, operands = Function(0), "", "", ""
    for line in disassembly.splitlines():
        if label := _LABEL.match(line):
            if name and not _leaves(operation, operands):
                current.callees.add(label[2])  # runs on into the next function
            name, current = label[2], Function(0)
            functions[name] = places[int(label[1], 16)] = current
        elif (found := _INSTRUCTION.match(line)) and found[1] != "nop":  # which fills up to the next function
            operation, operands = found[1], found[2]
            current.frame += _pushed_bytes(operation, operands)
            if operation.startswith(_BRANCHES) and (target := _TARGET.search(operands)) and target[1] != name:
                current.callees.add(target[1])
    # The disassembly shows one name a place. Bit 0 of an Arm function's address says Thumb.
    names = {name: places.get(symbol.value & ~1) for name, symbol in elf.symbols.items() if symbol.is_function}
    return functions | {name: function for name, function in names.items() if function is not None}


def _leaves(operation: str, operands: str) -> bool:
    """Whether control never passes on to the instruction behind."""
    return operation in _ENDS or "pc}" in operands or operands.startswith("pc,") or operation == ".word"


def _pushed_bytes(operation: str, operands: str) -> int:
    """Bytes that one Arm or RISC-V instruction moves the stack pointer down."""
    if operation.startswith(("push", "vpush")) or re.match(r"v?stmdb.* sp!", f"{operation} {operands}"):
        return _register_bytes(operands[operands.index("{") + 1 : operands.index("}")])
    if down := re.search(r"\[sp, #-(\d+)\]!", operands):
        return int(down[1])
    if operation.startswith("sub") and (down := re.match(r"sp, (?:sp, )?#(\d+)", operands)):
        return int(down[1])
    if operation.startswith("add") and (down := re.match(r"sp,\s*sp,\s*-(\d+)", operands)):
        return int(down[1])
    return 0


def _register_bytes(registers: str) -> int:
    """Bytes of a register list, e.g. `r4, r5, lr` or `d8-d11`."""
    total = 0
    for item in registers.split(","):
        first, _, last = item.strip().partition("-")
        count = int(last[1:]) - int(first[1:]) + 1 if last else 1
        total += count * (8 if first.startswith("d") else 4)
    return total
