"""The cost model's tables and its decoder, held against the cycles that Arm's manuals tell for each instruction."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from device_profiles import board_names, load_board
from tests.support import require_tool
from toolchain.emulator.cost_plugin import FOLDER, load_table, table_names
from toolchain.errors import BadInput

#: Instructions, one after the other, and the cycles of each; (cycles, more if it branches) where it may.
Expected = list[tuple[str, int | tuple[int, int]]]

#: DDI 0439D, tables 3-1, 3-2 and 7-1.
M4_ONE_BY_ONE: Expected = [
    ("movs r0, #1", 1), ("mov r8, r9", 1), ("movw r0, #4660", 1), ("movt r0, #4660", 1), ("mov pc, r1", (1, 2)),
    ("add pc, r1", (1, 2)), ("add.w r0, r1, r2, lsl #3", 1), ("cmp r0, r1", 1), ("cmp r8, r9", 1), ("tst r0, #3", 1),
    ("muls r0, r1", 1), ("mla r0, r1, r2, r3", 1), ("umull r0, r1, r2, r3", 1), ("smlal r0, r1, r2, r3", 1),
    ("sdiv r0, r1, r2", 7), ("udiv r0, r1, r2", 7),
    ("smlad r0, r1, r2, r3", 1), ("smmlsr r0, r1, r2, r3", 1), ("smlald r0, r1, r2, r3", 1), ("ssat r0, #8, r1", 1),
    ("pkhbt r0, r1, r2, lsl #16", 1), ("sxtb16 r0, r1, ror #8", 1), ("usad8 r0, r1, r2", 1), ("clz r0, r1", 1),
    ("bfi r0, r1, #2, #3", 1), ("sxtab r0, r1, r2", 1), ("rev r0, r1", 1), ("uxth r0, r1", 1),
    ("ldr r0, [r1]", 2), ("nop", 1), ("ldr r0, [r1, r2]", 2), ("nop", 1), ("ldrsb r0, [r1, r2]", 2), ("nop", 1),
    ("ldr.w r0, [r1, #400]", 2), ("nop", 1), ("ldrsh.w r0, [r1], #2", 2), ("nop", 1), ("ldr r0, [sp, #4]", 2),
    ("nop", 1), ("ldr r0, [pc, #4]", 2), ("nop", 1), ("ldr.w r0, [pc, #4]", 2), ("nop", 1),
    ("ldr pc, [r1]", (2, 3)), ("nop", 1), ("ldrex r0, [r1]", 2), ("nop", 1), ("strex r0, r1, [r2]", 2), ("pld [r0]", 1),
    ("str r0, [r1, #4]", 1), ("strb r0, [r1]", 1), ("strh.w r0, [r1, #2]!", 1), ("str r0, [sp, #4]", 1),
    ("str r0, [r1, r2]", 2), ("strb.w r0, [r1, r2, lsl #2]", 2),
    ("ldrd r0, r1, [r2]", 3), ("strd r0, r1, [r2], #8", 3), ("ldm r0!, {r1-r3}", 4), ("ldmdb r0, {r1-r9}", 10),
    ("stm r0!, {r1, r2}", 3), ("stmdb r0!, {r1-r8}", 9), ("push {r4-r7, lr}", 6), ("push.w {r4-r11, lr}", 10),
    ("pop {r4-r7}", 5), ("pop {r4, pc}", (3, 3)), ("pop.w {r4-r11, pc}", (10, 3)), ("ldm r0, {r1, pc}", (3, 3)),
    ("b .", (1, 2)), ("b.w .", (1, 2)), ("beq .", (1, 2)), ("beq.w .", (1, 2)), ("bl .", (1, 2)), ("bx lr", (1, 2)),
    ("blx r3", (1, 2)), ("cbz r0, .+4", (1, 2)), ("cbnz r0, .+6", (1, 2)), ("tbb [pc, r0]", (3, 3)),
    ("tbh [pc, r0, lsl #1]", (3, 3)), ("ite eq", 1), ("moveq r0, #1", 1), ("movne r0, #2", 1),
    ("cpsid i", 2), ("mrs r0, primask", 2), ("msr primask, r0", 2), ("dsb", 2), ("nop.w", 1), ("sev", 1),
    ("vadd.f32 s0, s1, s2", 1), ("vmul.f32 s0, s1, s2", 1), ("vnmul.f32 s0, s1, s2", 1), ("vmla.f32 s0, s1, s2", 3),
    ("vnmls.f32 s0, s1, s2", 3), ("vfma.f32 s0, s1, s2", 3), ("vfnms.f32 s0, s1, s2", 3), ("vdiv.f32 s0, s1, s2", 14),
    ("vsqrt.f32 s0, s1", 14), ("vabs.f32 s0, s1", 1), ("vcvt.s32.f32 s0, s1", 1), ("vcmp.f32 s0, s1", 1),
    ("vmov.f32 s0, s1", 1), ("vmov.f32 s0, #1.0", 1), ("vmrs APSR_nzcv, fpscr", 1), ("vmov s0, r0", 2),
    ("vmov r0, s0", 2), ("vmov d0, r0, r1", 2), ("vmov r2, r3, s0, s1", 2), ("vldr s0, [r1]", 2), ("vldr d0, [r1]", 3),
    ("vstr s0, [r1]", 2), ("vldm r0!, {s0-s3}", 5), ("vpush {d8-d9}", 5), ("vpop {s16}", 2),
]  # fmt: skip

#: DDI 0439D, section 3.3.2: sequences, and the cycles of all their instructions together.
M4_SEQUENCES = [
    (("ldr r0, [r1]", "ldr r1, [r2]"), 3),
    (("ldr r0, [r1, r2]", "str r0, [r3, #20]"), 3),
    (("ldr r0, [r1, r2]", "str r1, [r3, r2]"), 3),
    (("ldr r0, [r1, r5]", "ldr r1, [r2]", "ldr r2, [r3, #4]"), 4),
    (("ldr r0, [r1]", "ldr r2, [r0]"), 4),  # the second needs what the first loads
    (("ldr r0, [r1]", "ldr r2, [r3, r0]"), 4),
    (("ldr.w r8, [r1]", "ldrb.w r2, [r9, r8]"), 4),
    (("str r0, [r1, r2]", "ldr r0, [r1]"), 4),  # nothing can be pipelined after a store
    (("ldr r0, [r1]", "ldrd r2, r3, [r4]"), 5),  # nor with two or more registers
    (("ldm r0!, {r1, r2}", "ldr r3, [r4]"), 5),
    (("adds r0, r0, #4", "ldr r1, [r0]"), 4),  # the address comes from the instruction before
    (("add.w r0, r0, r9", "ldm r0!, {r1, r2}"), 5),
    (("mla r0, r1, r2, r3", "strb r4, [r0]"), 3),
    (("sub sp, #8", "str r0, [sp, #4]"), 3),
    (("umull r0, r1, r2, r3", "ldr r4, [r5, r1]"), 4),
    (("adds r0, r0, #4", "nop", "ldr r1, [r0]"), 4),
    (("cmp r0, #0", "ldr r1, [r0]"), 3),  # which has no result
    (("cmp r8, r9", "ldr.w r1, [r8]"), 3),
    (("tst r0, r1", "ldr r1, [r0]"), 3),
    (("ldm r0!, {r1, r2}", "ldm r0!, {r3, r4}"), 6),
]

#: DDI 0484C, table 3-1.
M0PLUS_ONE_BY_ONE: Expected = [
    ("movs r0, #1", 1), ("mov pc, r1", (1, 1)), ("add r8, r9", 1), ("muls r0, r1", 1), ("adr r0, .+4", 1),
    ("ldr r0, [r1, #4]", 2), ("ldr r2, [r1, #4]", 2), ("adds r1, #4", 1), ("ldrb r2, [r1]", 2), ("ldr r0, [pc, #4]", 2),
    ("str r0, [r1, #4]", 2), ("strb r0, [r1, r2]", 2), ("ldm r0!, {r1-r3}", 4), ("stm r0!, {r1, r2}", 3),
    ("push {r4-r7, lr}", 6), ("pop {r4-r7}", 5), ("pop {r4, r5, pc}", (4, 2)), ("b .", (1, 1)), ("beq .", (1, 1)),
    ("bl .", (1, 2)), ("bx lr", (1, 1)), ("blx r3", (1, 1)), ("sxtb r0, r1", 1), ("rev r0, r1", 1), ("nop", 1),
    ("mrs r0, primask", 3), ("msr primask, r0", 3), ("dsb", 3),
]  # fmt: skip


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The decoder as a program, with gcc's checks for undefined behaviour."""
    require_tool("gcc", "arm-none-eabi-gcc")
    program = tmp_path_factory.mktemp("decoder") / "decode"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", "-fno-sanitize-recover", f"-I{FOLDER}"]
    subprocess.run(["gcc", *flags, str(Path(__file__).with_name("decode.c")), "-o", str(program)], check=True)
    return program


def costs(decoder: Path, table: str, core: str, instructions: list[str]) -> list[tuple[int, int]]:
    """(cycles, more if it branches) of each of `instructions`, which are carried out one after the other."""
    folder = decoder.parent
    lines = [
        ".syntax unified",
        ".thumb",
        ".balign 4",
        *(".fpu fpv4-sp-d16" for _ in range(core == "cortex-m4")),
        *instructions,
    ]
    (folder / "code.s").write_text("\n".join([*lines, ".pool", ""]))
    compiler = ["arm-none-eabi-gcc", f"-mcpu={core}", "-mthumb", "-c", "code.s", "-o", "code.o"]
    subprocess.run(compiler, cwd=folder, check=True)
    copy = ["arm-none-eabi-objcopy", "-O", "binary", "-j", ".text", "code.o", "code.bin"]
    subprocess.run(copy, cwd=folder, check=True)
    arguments = [f"{name}={cycles}" for name, cycles in load_table(table).cycles]
    code = (folder / "code.bin").read_bytes()
    done = subprocess.run([str(decoder), *arguments], input=code, capture_output=True, check=True)
    pairs = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    return [(cycles, taken) for cycles, taken in pairs][: len(instructions)]


@pytest.mark.parametrize(
    ("table", "core", "expected"),
    [("cortex_m4", "cortex-m4", M4_ONE_BY_ONE), ("cortex_m0plus", "cortex-m0plus", M0PLUS_ONE_BY_ONE)],
)
def test_every_instruction_costs_what_the_manual_says(decoder: Path, table: str, core: str, expected: Expected):
    got = costs(decoder, table, core, [text for text, _ in expected])
    assert len(got) == len(expected)
    for (text, want), cost in zip(expected, got, strict=True):
        assert cost == (want if isinstance(want, tuple) else (want, 0)), text


@pytest.mark.parametrize(("sequence", "cycles"), M4_SEQUENCES, ids=str)
def test_neighbours_share_and_stall_as_the_manual_says(decoder: Path, sequence: tuple[str, ...], cycles: int):
    assert sum(cost for cost, _ in costs(decoder, "cortex_m4", "cortex-m4", list(sequence))) == cycles


@pytest.mark.parametrize("name", table_names())
def test_every_table_tells_its_document(name: str):
    assert "Technical Reference Manual, DDI 0" in load_table(name).source


def test_every_board_names_a_table_that_exists():
    tables = {name: load_board(name).timing.cost_table for name in board_names()}
    assert {table for table in tables.values() if table} <= set(table_names())
    assert {name for name, table in tables.items() if table} >= {"qemu_mps2_an386", "qemu_netduinoplus2"}


def test_an_unknown_table_is_answered_with_the_near_and_the_valid_names():
    with pytest.raises(BadInput) as caught:
        load_table("cortex_m5")
    assert str(caught.value).startswith("No table of costs 'cortex_m5' (timing.cost_table). Did you mean cortex_m4? ")
    assert "Tables: cortex_m0plus, cortex_m4." in str(caught.value)


def test_a_table_that_lacks_a_cost_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine.toml").write_text('source = "none"\n[cycles]\nload = -2\n')
    monkeypatch.setattr("toolchain.emulator.cost_plugin.FOLDER", tmp_path)
    with pytest.raises(
        BadInput, match=r"mine\.toml is not a table of costs: (.|\n)*cycles\.multiply\n  Field required"
    ):
        load_table("mine")
