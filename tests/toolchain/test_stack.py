"""The static stack bound on made-up call graphs; on real firmware it is held against the measured use."""

from __future__ import annotations

import pytest

from toolchain.elf import Elf, Symbol
from toolchain.errors import BadInput
from toolchain.stack import stack_bound


def report(frames: dict[str, int | str], calls: list[tuple[str, str]]) -> str:
    """A .ci file: frames of the functions defined in it, and who calls whom."""

    def use(frame: int | str) -> str:
        return frame if isinstance(frame, str) else f"{frame} bytes (static)"

    nodes = [
        f'node: {{ title: "{name}" label: "{name}\\nfile.c:1:2\\n{use(frame)}" }}' for name, frame in frames.items()
    ]
    edges = [f'edge: {{ sourcename: "{a}" targetname: "{b}" label: "file.c:3:4" }}' for a, b in calls]
    outside = [
        f'node: {{ title: "{b}" label: "{b}\\nfile.h:1:2" shape : ellipse }}' for _, b in calls if b not in frames
    ]
    return "\n".join(['graph: { title: "file.c"', *nodes, *outside, *edges, "}"])


def linked(*names: str, **values: int) -> Elf:
    """An image that has these functions, and absolute symbols."""
    functions = {name: Symbol(0x100, 4, True) for name in names}
    return Elf({}, functions | {name: Symbol(value, 0, False) for name, value in values.items()})


def bound(*reports: str, elf: Elf, kernels: str = "", library: str = "") -> int:
    named = {str(index): text for index, text in enumerate(reports)}
    return stack_bound(named | {"kernels": kernels}, ["kernels"], elf, library)


def test_the_deepest_chain_counts():
    main = report({"main": 16, "file.c:short": 100, "long": 8}, [("main", "file.c:short"), ("main", "long")])
    other = report({"tail": 96}, [])
    calls = report({"long": 8}, [("long", "tail")])
    assert bound(main, other, calls, elf=linked("main", "short", "long", "tail")) == 16 + 8 + 96


def test_functions_that_the_linker_dropped_do_not_count():
    assert bound(report({"main": 16, "unused": 500}, []), elf=linked("main")) == 16


def test_a_call_through_a_pointer_may_reach_every_kernel():
    engine = report({"invoke": 24}, [("invoke", "__indirect_call")])
    kernels = report({"conv": 48, "pool": 80, "helper": 8}, [("pool", "helper")])
    assert bound(engine, elf=linked("invoke", "conv", "pool", "helper"), kernels=kernels) == 24 + 80 + 8


def test_assembler_states_its_use():
    engine = report({"invoke": 24}, [("invoke", "__indirect_call")])
    kernels = report({"conv": 8}, [("conv", "inner")])
    elf = linked("invoke", "conv", "inner", mcn_stack_inner=36)
    assert bound(engine, elf=elf, kernels=kernels) == 24 + 8 + 36


def test_interrupts_come_on_top():
    assert bound(report({"main": 16}, []), elf=linked("main", mcn_stack_interrupts=36)) == 52


def test_an_unknown_function_is_named_with_what_to_write():
    with pytest.raises(
        BadInput, match=r"stack use of 'inner' \(called by main\) is unknown.*\.set mcn_stack_inner, BYTES"
    ):
        bound(report({"main": 16}, [("main", "inner")]), elf=linked("main", "inner"))


def test_recursion_is_named():
    text = report({"main": 8, "walk": 8, "visit": 8}, [("main", "walk"), ("walk", "visit"), ("visit", "walk")])
    with pytest.raises(BadInput, match=r"calls itself: walk -> visit -> walk\. Replace"):
        bound(text, elf=linked("main", "walk", "visit"))


def test_a_frame_of_variable_size_is_named():
    with pytest.raises(BadInput, match="main has a frame of variable size"):
        bound(report({"main": "16 bytes (dynamic)"}, []), elf=linked("main"))
    assert bound(report({"main": "16 bytes (dynamic,bounded)"}, []), elf=linked("main")) == 16


ARM_LIBRARY = """
00000b40 <__aeabi_fsub>:
     b40:\teor.w\tr1, r1, #2147483648\t@ 0x80000000

00000b44 <__aeabi_fadd>:
     b44:\tpush\t{r4, r5, lr}
     b46:\tsub\tsp, #8
     b48:\tbl\tc00 <__clzsi2>
     b4c:\tbeq.n\tb46 <__aeabi_fadd+0x2>
     b4e:\tadd\tsp, #8
     b50:\tpop\t{r4, r5, pc}
     b52:\tnop

00000c00 <__clzsi2>:
     c00:\tstr.w\tlr, [sp, #-8]!
     c04:\tvpush\t{d8-d9}
     c08:\tbx\tlr

00000c10 <alone>:
     c10:\tstmdb\tsp!, {r4, r5, r6, r7}
     c14:\tstmdb\tr0!, {r4, r5, r6, r7}
     c18:\tb.n\tc00 <__clzsi2>
"""

RISCV_LIBRARY = """
80001000 <__mulsf3>:
80001000:\taddi\tsp,sp,-32
80001002:\tsw\ts0,24(sp)
80001003:\tlui\ta5,0x4000 <Reset_Handler-0x7c00007f>
80001004:\tjal\tra,80001100 <__clzsi2>
80001008:\taddi\tsp,sp,32
8000100a:\tret

80001100 <__clzsi2>:
80001100:\tadd\tsp,sp,-16
80001102:\tret
"""


@pytest.mark.parametrize(
    ("library", "called", "want"),
    [
        (ARM_LIBRARY, "__aeabi_fsub", 12 + 8 + 8 + 16),  # runs on into the function behind it
        (ARM_LIBRARY, "__aeabi_fadd", 12 + 8 + 8 + 16),
        (ARM_LIBRARY, "alone", 16 + 8 + 16),
        (ARM_LIBRARY, "__addsf3", 12 + 8 + 8 + 16),  # another name of __aeabi_fadd
        (RISCV_LIBRARY, "__mulsf3", 32 + 16),
    ],
)
def test_library_functions_are_read_from_their_code(library: str, called: str, want: int):
    text = report({"main": 1000}, [("main", called)])
    elf = linked("main")
    elf = Elf({}, {**elf.symbols, "__addsf3": Symbol(0xB45, 0, True)})
    assert bound(text, elf=elf, library=library) == 1000 + want
