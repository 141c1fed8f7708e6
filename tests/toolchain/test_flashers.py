"""Flashers: contracts over every module in the folder, then each with its own faults."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from device_profiles.loader import board_names, load_board
from device_profiles.schema import Board, Flasher
from tests.support import ROOT, require_tool
from tests.toolchain.link.simulator import Simulator, on_pty
from tests.toolchain.link.simulator import board as simulated
from toolchain import flashers
from toolchain.errors import BadInput, EnvironmentFailure
from toolchain.flashers import flasher, flasher_names, qemu
from toolchain.link.device import open_device

ELF = Path("firmware.elf")


def example(name: str) -> Flasher:
    """The TOML example at the end of a flasher's docstring."""
    lines = (flasher(name).__doc__ or "").splitlines()
    return Flasher.model_validate(tomllib.loads("\n".join(lines[lines.index("[flasher]") :]))["flasher"])


def board_with(flasher_: Flasher, **changes: object) -> Board:
    return simulated(flasher=flasher_.model_dump(), **changes)


def program(folder: Path, name: str, script: str) -> Path:
    """A program of the shell."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first in PATH."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.mark.parametrize("name", flasher_names())
class TestEveryFlasher:
    def test_its_docstring_ends_with_an_example_that_it_accepts(self, name: str, tools: Path):
        for binary in ("qemu-system-arm", "openocd"):
            program(tools, binary, "exit 0")
        assert example(name).name == name
        board = board_with(example(name), timing={"kind": "cycles", "source": "dwt", "hz": 1}, emulated=False)
        with flasher(name).start(ELF, board, "/dev/ttyX9", False) as url:
            assert url == "/dev/ttyX9"

    def test_it_refuses_an_option_that_it_does_not_have(self, name: str, tools: Path):
        for binary in ("qemu-system-arm", "openocd"):
            program(tools, binary, "exit 0")
        wrong = {"name": name, "options": {**example(name).options, "wrong_one": 1}}
        with pytest.raises(BadInput, match=f"wrong options of flasher '{name}': wrong_one: Extra inputs") as caught:
            flasher(name).start(ELF, board_with(Flasher.model_validate(wrong)), "/dev/ttyX9", True).__enter__()
        assert "It has these: " in str(caught.value)

    def test_without_a_port_and_without_flashing_it_says_what_to_do(self, name: str):
        with pytest.raises(EnvironmentFailure, match="--port"):
            flasher(name).start(ELF, board_with(example(name)), None, False).__enter__()


@pytest.mark.parametrize("name", board_names())
def test_every_board_has_a_flasher_that_accepts_its_options(name: str, tools: Path):
    board = load_board(name)
    module = flasher(board.flasher.name)
    if hasattr(module, "command_line"):
        program(tools, str(board.flasher.options.get("binary", board.flasher.name)), "exit 0")
        assert module.command_line(ELF, board)[0].startswith(str(tools))


def test_an_unknown_flasher_is_answered_with_the_near_and_the_valid_names():
    with pytest.raises(BadInput) as caught:
        flasher("opencd")
    assert str(caught.value) == "No flasher 'opencd'. Did you mean openocd? Flashers: host, openocd, qemu."


def test_helpers_are_no_flashers():
    assert not [name for name in flasher_names() if name.startswith("_")]
    assert (Path(flashers.__file__).parent / "_process.py").exists()


class TestHost:
    def test_the_port_of_the_program_and_its_end(self, tmp_path: Path):
        with on_pty(Simulator()) as pty:
            elf = program(tmp_path, "firmware.elf", f"echo pty {pty}; echo $$ >{tmp_path}/pid; exec sleep 1000")
            board = board_with(Flasher(name="host"))
            with flasher("host").start(elf, board, None, True) as url, open_device(url, board) as device:
                assert url == pty
                assert device.hello().board == "simulated"
        pid = int((tmp_path / "pid").read_text())
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    def test_it_ends_on_ctrl_c(self, tmp_path: Path):
        elf = program(tmp_path, "firmware.elf", f"trap '' INT TERM; echo $$ >{tmp_path}/pid; echo pty x; exec sleep 9")
        with pytest.raises(KeyboardInterrupt), flasher("host").start(elf, simulated(), None, True):
            raise KeyboardInterrupt
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)

    @pytest.mark.skipif(not shutil.which("setpriv"), reason="no setpriv (util-linux)")
    def test_it_ends_when_mcunas_is_killed(self, tmp_path: Path):
        elf = program(tmp_path, "firmware.elf", "echo pty /dev/pts/x; exec sleep 1000")
        script = (
            "import sys; from pathlib import Path; from toolchain.flashers import flasher\n"
            "from device_profiles.loader import load_board\n"
            f"with flasher('host').start(Path({str(elf)!r}), load_board('host'), None, True):\n"
            "    print('up', flush=True); sys.stdin.read()\n"
        )
        mcunas = subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert mcunas.stdout is not None
        assert mcunas.stdout.readline() == b"up\n"
        children = Path(f"/proc/{mcunas.pid}/task/{mcunas.pid}/children").read_text().split()
        assert len(children) == 1
        mcunas.send_signal(signal.SIGKILL)
        mcunas.communicate()
        for _ in range(500):
            state = Path(f"/proc/{children[0]}/stat")
            if not state.exists() or state.read_text().split()[2] == "Z":
                return
            time.sleep(0.01)
        pytest.fail("the program outlives mcunas")

    def test_a_program_that_dies_at_once_tells_why(self, tmp_path: Path):
        elf = program(tmp_path, "firmware.elf", "echo 'no pty left' >&2; exit 7")
        with pytest.raises(EnvironmentFailure, match=r"did not start: exit status 7. It printed last:\nno pty left"):
            flasher("host").start(elf, simulated(), None, True).__enter__()

    def test_a_program_that_dies_while_it_is_used_tells_why(self, tmp_path: Path):
        elf = program(tmp_path, "firmware.elf", "echo pty /dev/pts/x; echo stack smashed >&2; kill -SEGV $$")
        with pytest.raises(EnvironmentFailure) as caught, flasher("host").start(elf, simulated(), None, True):
            raise EnvironmentFailure("The port went away.")
        assert str(caught.value).startswith("The port went away. ")
        assert "ended by itself (killed by SIGSEGV). It printed last:" in str(caught.value)
        assert "stack smashed" in str(caught.value)

    def test_a_port_and_a_fresh_start_contradict_each_other(self):
        with pytest.raises(BadInput, match="--port /dev/pts/9: simulated is started anew"):
            flasher("host").start(ELF, simulated(), "/dev/pts/9", True).__enter__()


class TestQemu:
    def test_the_command_line(self, tools: Path):
        qemu_ = program(tools, "qemu-system-arm", "exit 0")
        options = {"machine": "mps2-an386", "icount_shift": 7, "semihosting": True, "memory": "16M", "bios": "none",
                   "extra": "-cpu 'cortex-m4'"}  # fmt: skip
        timing = {"kind": "instructions", "source": "cmsdk", "hz": 25_000_000, "ns_per_instruction": 128.0}
        board = board_with(Flasher(name="qemu", options=options), timing=timing)
        assert qemu.command_line(ELF, board) == [
            str(qemu_), "-M", "mps2-an386", "-display", "none", "-monitor", "none", "-kernel", str(ELF.resolve()),
            "-chardev", "pty,id=s0", "-serial", "chardev:s0", "-icount", "shift=7,align=off,sleep=off",
            "-semihosting-config", "enable=on,target=native", "-m", "16M", "-bios", "none", "-cpu", "cortex-m4",
        ]  # fmt: skip

    def test_a_tick_that_contradicts_the_profile(self):
        timing = {"kind": "instructions", "source": "cmsdk", "hz": 25_000_000, "ns_per_instruction": 64.0}
        with pytest.raises(BadInput, match=r"icount_shift = 7 makes an instruction 128 ns long, but .* is 64.0"):
            qemu.command_line(ELF, board_with(example("qemu"), timing=timing))

    def test_without_qemu_the_package_is_named(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("PATH", "/nonexistent")
        with pytest.raises(EnvironmentFailure, match=r"qemu-system-arm is not installed.*install qemu-system-arm"):
            qemu.command_line(ELF, board_with(example("qemu")))
        riscv = Flasher(name="qemu", options={"machine": "virt", "binary": "qemu-system-riscv32"})
        with pytest.raises(EnvironmentFailure, match="apt-get install qemu-system-misc"):
            qemu.command_line(ELF, board_with(riscv))

    @pytest.mark.emulator
    def test_a_real_qemu_that_cannot_load_the_image_is_quoted(self, tmp_path: Path):
        require_tool("qemu-system-arm")
        (tmp_path / "no.elf").write_bytes(b"")
        board = board_with(Flasher(name="qemu", options={"machine": "nonsense"}))
        with pytest.raises(EnvironmentFailure, match=r"did not start: exit status 1. It printed last:\n.*unsupp"):
            flasher("qemu").start(tmp_path / "no.elf", board, None, True).__enter__()

    @pytest.mark.emulator
    def test_a_real_qemu_gives_a_port_and_ends(self, tmp_path: Path):
        require_tool("qemu-system-arm", "arm-none-eabi-gcc")
        source, elf = tmp_path / "idle.S", tmp_path / "idle.elf"
        source.write_text(".syntax unified\n.thumb\n.word 0x20001000, start + 1\nstart: wfi\n b start\n")
        build = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-nostdlib", "-Wl,-Ttext=0", "-o", str(elf), str(source)]
        subprocess.run(build, check=True, stderr=subprocess.DEVNULL)
        board = board_with(example("qemu"))
        with flasher("qemu").start(elf, board, None, True) as url:
            assert Path(url).is_char_device()
            with open_device(url, board) as device, pytest.raises(EnvironmentFailure, match="not one byte came back"):
                device.hello(timeout_s=0.3)
        assert not Path(url).exists()


class TestOpenocd:
    def board(self, **options: str | int) -> Board:
        return board_with(Flasher(name="openocd", options={"config": "board/st_nucleo_f4.cfg", **options}))

    def test_flashes_verifies_and_yields_the_port(self, tools: Path, tmp_path: Path):
        program(tools, "openocd", f'for a in "$@"; do echo "$a" >>{tmp_path}/args; done')
        elf = tmp_path / "a b.elf"
        board = self.board(speed_khz=1800, probe="066F", commands="reset_config none")
        with flasher("openocd").start(elf, board, "/dev/ttyX9", True) as url:
            assert url == "/dev/ttyX9"
        assert (tmp_path / "args").read_text().splitlines() == [
            "-f", "board/st_nucleo_f4.cfg", "-c", "adapter speed 1800", "-c", "adapter serial 066F",
            "-c", "reset_config none", "-c", f"program {{{elf}}} verify reset exit",
        ]  # fmt: skip

    def test_the_port_of_the_profile(self, tools: Path):
        program(tools, "openocd", "exit 0")
        profile = self.board().model_dump()
        profile["serial"]["port"] = "/dev/ttyACM7"
        with flasher("openocd").start(ELF, Board.model_validate(profile), None, True) as url:
            assert url == "/dev/ttyACM7"

    @pytest.mark.parametrize(
        ("printed", "hint"),
        [
            ("Error: open failed", "No debug probe found"),
            ("Error: unable to find a matching CMSIS-DAP device", "No debug probe found"),
            ("embedded:startup.tcl:28: Error: Can't find board/st_nucleo_f4.cfg", "correct `config`"),
            ("Error: something else", "Check the cable"),
        ],
    )
    def test_its_last_words_and_what_helps(self, tools: Path, printed: str, hint: str):
        program(tools, "openocd", f'echo Open On-Chip Debugger 0.12.0; echo "{printed}" >&2; exit 1')
        with pytest.raises(EnvironmentFailure) as caught:
            flasher("openocd").start(ELF, self.board(), "/dev/ttyX9", True).__enter__()
        assert "OpenOCD could not flash simulated (exit status 1)." in str(caught.value)
        assert hint in str(caught.value)
        assert str(caught.value).endswith(f"It printed last:\nOpen On-Chip Debugger 0.12.0\n{printed}")

    def test_without_openocd_the_package_is_named(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("PATH", "/nonexistent")
        with pytest.raises(EnvironmentFailure, match=r"openocd is not installed.*apt-get install openocd"):
            flasher("openocd").start(ELF, self.board(), "/dev/ttyX9", True).__enter__()

    def test_no_port_lists_what_is_there(self):
        with pytest.raises(EnvironmentFailure, match=r"simulated has no serial port: name it with --port .* [Ss]erial"):
            flasher("openocd").start(ELF, self.board(), None, True).__enter__()

    def test_a_path_that_it_cannot_read(self, tools: Path):
        program(tools, "openocd", "exit 0")
        with pytest.raises(BadInput, match="cannot read a path with braces"):
            flasher("openocd").start(Path("a{b}.elf"), self.board(), "/dev/ttyX9", True).__enter__()
