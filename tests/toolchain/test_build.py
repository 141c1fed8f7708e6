"""Builds: the same inputs give the same bytes, other inputs another id, and every way to fail says what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import firmware
from device_profiles import Board, load_board
from search.errors import FileFailure
from tests.firmware.toy import toy_model
from tests.support import require_tool
from toolchain.build import Image, _build_error, build, load_image
from toolchain.elf import read_elf
from toolchain.errors import BadInput, EnvironmentFailure, ProductFailure

M4 = load_board("qemu_mps2_an386")
HOST = load_board("host")


def changed(board: Board, **sections: dict[str, object]) -> Board:
    """The board with some fields of some sections replaced."""
    data = board.model_dump()
    for section, fields in sections.items():
        data[section] |= fields
    return Board.model_validate(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_tool("gcc", "make", "arm-none-eabi-gcc")
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def image(folder: Path) -> Image:
    return build(M4, toy_model(), ["kernels/ref/add.c"], folder / "first")


def test_the_same_inputs_give_the_same_bytes_anywhere(image: Image, folder: Path):
    again = build(M4, toy_model(), ["kernels/ref/add.c"], folder / "with blanks" / "and deeper")
    for name in ("firmware.elf", "build.json", "board.h", "build.mk", "model.c", "firmware.map"):
        assert (again.elf.parent / name).read_bytes() == (image.elf.parent / name).read_bytes(), name
    assert str(folder).encode() not in again.elf.read_bytes()


def test_nothing_else_is_left_behind(image: Image):
    names = {path.name for path in image.elf.parent.iterdir()}
    assert names == {"firmware.elf", "build.json", "board.h", "build.mk", "model.c", "firmware.map"}


def test_every_input_is_in_the_build_id(image: Image, folder: Path):
    others = [
        build(M4, toy_model(padding_bytes=1), ["kernels/ref/add.c"], folder / "other"),
        build(M4, toy_model(), ["kernels/ref/pad.c"], folder / "other"),
        build(changed(M4, serial={"baud": 9600}), toy_model(), ["kernels/ref/add.c"], folder / "other"),
        build(HOST, toy_model(), ["kernels/ref/add.c"], folder / "other"),
        build(HOST, toy_model(), ["kernels/ref/add.c"], folder / "other", sanitize=True),
    ]
    ids = {image.build_id, *(other.build_id for other in others)}
    assert len(ids) == 6
    assert all(len(bytes.fromhex(name)) == 16 for name in ids)


def test_unused_kernels_are_left_out(image: Image, folder: Path):
    without = build(M4, toy_model(), [], folder / "without")
    assert without.flash_sections == image.flash_sections


def test_padding_is_in_the_models_part_alone(image: Image, folder: Path):
    assert image.flash_sections is not None
    larger = build(M4, toy_model(padding_bytes=100), [], folder / "padded")
    assert larger.flash_sections == image.flash_sections | {"model": image.flash_sections["model"] + 100}


def test_initial_values_count_as_flash_of_the_application(image: Image, folder: Path):
    assert image.flash_sections is not None
    assert image.data_bytes == 0
    counting = toy_model().replace("const multiply_t *m", "static volatile int calls = 5; calls++; const multiply_t *m")
    built = build(M4, counting, [], folder / "data")
    assert built.flash_sections is not None
    assert built.data_bytes == 4
    assert built.flash_sections["app"] == image.flash_sections["app"] + 4
    assert built.flash_bytes == sum(built.flash_sections.values())


def test_an_image_can_be_loaded_again(image: Image):
    assert load_image(image.elf.parent) == image


def test_a_folder_without_an_image(tmp_path: Path):
    with pytest.raises(BadInput, match=r"No built firmware in .*mcunas build"):
        load_image(tmp_path)


def test_an_image_that_was_exchanged(image: Image, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(image.elf.parent, copy)
    with (copy / "firmware.elf").open("ab") as elf:
        elf.write(b"\0")
    with pytest.raises(BadInput, match=r"is not the image that .*build\.json describes"):
        load_image(copy)


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record.pop("flags"),
        lambda record: record.pop("elf_sha256"),
        lambda record: record.update(arena_bytes="many"),
        lambda record: record.update(flash_sections=[1]),
        lambda record: record.update(flags=3),
    ],
)
def test_a_damaged_record(image: Image, tmp_path: Path, damage: Callable[[dict[str, object]], object]):
    copy = tmp_path / "copy"
    shutil.copytree(image.elf.parent, copy)
    record = json.loads((copy / "build.json").read_text())
    damage(record)
    for text in (json.dumps(record), "[1]", "{", "\0"):
        (copy / "build.json").write_text(text)
        with pytest.raises(BadInput, match=r"build\.json is damaged: it describes no image\. .*mcunas build"):
            load_image(copy)


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    require_tool("gcc", "make")
    (tmp_path / "file").touch()
    with pytest.raises(FileFailure, match=rf"^Cannot write {tmp_path / 'file'}: File exists\."):
        build(HOST, toy_model(), [], tmp_path / "file")


def test_a_missing_program_is_named():
    messages = "make: arm-none-eabi-objcopy: No such file or directory\nmake: *** [firmware.mk:3: x] Error 127\n"
    assert "does not compile: make: arm-none-eabi-objcopy: No such file" in str(_build_error(M4, messages))


def test_a_failed_build_leaves_the_old_image_whole(image: Image, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(image.elf.parent, copy)
    with pytest.raises(EnvironmentFailure):
        build(M4, "#error made up", [], copy)
    assert load_image(copy).build_id == image.build_id


def test_what_a_killed_build_left_is_removed(tmp_path: Path):
    require_tool("gcc", "make")
    left = tmp_path / ".build-killed" / "obj"
    left.mkdir(parents=True)
    build(HOST, toy_model(), [], tmp_path)
    assert not left.parent.exists()


def test_the_record_names_no_folder_of_this_machine(image: Image):
    record = json.loads((image.elf.parent / "build.json").read_text())
    assert record["elf"] == "firmware.elf"
    assert "/" not in "".join(record["flags"])
    assert "-O2" in " ".join(image.flags)
    assert image.compiler.startswith("arm-none-eabi-gcc")


def test_crc_is_that_of_the_model_section(image: Image, folder: Path):
    assert build(M4, toy_model(padding_bytes=4), [], folder / "crc").model_crc32 != image.model_crc32
    assert len(read_elf(image.elf).sections[".model"].data) == (image.flash_sections or {})["model"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("#error made up for this test", r"model\.c:1:2: error: #error made up for this test"),
        (toy_model() + "int unused(int a) { int b; return a; }", "unused variable"),
        (toy_model().replace("mcn_profile[2]", "other[2]"), "undefined reference to `mcn_profile'"),
    ],
)
def test_the_compilers_first_complaint_is_told(tmp_path: Path, source: str, words: str):
    require_tool("arm-none-eabi-gcc", "make")
    with pytest.raises(EnvironmentFailure, match=f"(?s)firmware for qemu_mps2_an386 does not compile: .*{words}"):
        build(M4, source, [], tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("board", "tool", "package"),
    [
        ("qemu_mps2_an386", "arm-none-eabi-gcc", "gcc-arm-none-eabi"),
        ("qemu_riscv_virt", "riscv64-unknown-elf-gcc", "gcc-riscv64-unknown-elf"),
        ("host", "gcc", "gcc"),
    ],
)
def test_a_missing_compiler_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, board: str, tool: str, package: str
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailure, match=f": {tool} is not installed. Install it: sudo apt install {package}$"):
        build(load_board(board), toy_model(), [], tmp_path)


def test_a_broken_compiler_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("arm-none-eabi-gcc", "make"):
        (tmp_path / name).write_text("#!/bin/sh\necho no licence >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(EnvironmentFailure, match="arm-none-eabi-gcc --version fails: no licence"):
        build(M4, toy_model(), [], tmp_path)


def test_a_compiler_that_fails_in_silence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("arm-none-eabi-gcc", "make"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 3\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(EnvironmentFailure, match="--version fails: exit code 3, and it says nothing"):
        build(M4, toy_model(), [], tmp_path)


def test_too_large_for_flash(tmp_path: Path):
    require_tool("arm-none-eabi-gcc", "make")
    small = changed(M4, memory={"flash": {"origin": 0, "bytes": 2048}})
    with pytest.raises(
        ProductFailure, match=r"needs 3,\d{3} B of flash \(startup \d+ \+ .*libc \d+\), qemu_mps2_an386 has 2,048 B"
    ):
        build(small, toy_model(), [], tmp_path)


def test_too_large_for_ram(tmp_path: Path):
    require_tool("arm-none-eabi-gcc", "make")
    with pytest.raises(
        ProductFailure, match=r"of RAM \(data 1,\d{3} \+ arena 8,388,608 \+ stack 2,048\), .* has 4,194,304 B\.\nLower"
    ):
        build(M4, toy_model(arena_bytes=8 << 20), [], tmp_path)


def test_an_arena_that_just_fits(folder: Path):
    image = build(M4, toy_model(arena_bytes=M4.arena_limit_bytes), [], folder / "full")
    assert image.arena_bytes == M4.arena_limit_bytes


def test_more_stack_than_there_is(tmp_path: Path):
    require_tool("arm-none-eabi-gcc", "make")
    greedy = toy_model().replace(
        "const multiply_t *m = args;", "const multiply_t *m = args; volatile char b[9000]; b[0] = 1; (void)b[0];"
    )
    with pytest.raises(ProductFailure, match=r"may use 9,\d{3} B of stack, qemu_mps2_an386 gives it 2,048 B"):
        build(M4, greedy, [], tmp_path)


def test_sanitizers_are_for_the_host(tmp_path: Path):
    with pytest.raises(BadInput, match="Sanitizers run on the host only, not on qemu_mps2_an386"):
        build(M4, toy_model(), [], tmp_path, sanitize=True)


def test_a_profile_that_names_a_file_that_is_not_there(tmp_path: Path):
    wrong = changed(M4, firmware={"hal": ("arm/startup.c", "mps9.c")})
    with pytest.raises(BadInput, match=r"firmware/ does not have: hal/mps9\.c\. Correct \[firmware\] hal"):
        build(wrong, toy_model(), [], tmp_path)


def test_the_makefile_can_be_used_by_hand(image: Image, tmp_path: Path):
    """build.mk, board.h and model.c are all that it takes."""
    for name in ("build.mk", "board.h", "model.c"):
        shutil.copy(image.elf.parent / name, tmp_path)
    subprocess.run(["make", "-s", "-f", firmware.ROOT / "firmware.mk"], cwd=tmp_path, check=True)
    by_hand = read_elf(tmp_path / "firmware.elf").sections
    assert by_hand == read_elf(image.elf).sections
