"""Packages: the folder alone builds anywhere and is exact; what the user has in its place is not lost."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import firmware
from device_profiles import board_names, load_board
from search.hardware.ops import Graph, GraphBuilder
from tests.kernels.harness import SANITIZERS, WARNINGS
from tests.random_models import random_model
from tests.support import ROOT, require_tool, shared_data
from tests.tflite_builder import TfliteBuilder
from toolchain.build_files import COMMON
from toolchain.cli import main
from toolchain.elf import read_elf
from toolchain.errors import BadInput
from toolchain.oracle import run_oracle
from toolchain.package import FLAGS, check_name, default_name, write_package
from toolchain.samples import default_samples
from toolchain.tflite.reader import read_model

APP = Path(__file__).parent / "package_app"
HOST, M4 = load_board("host"), load_board("qemu_mps2_an386")

CMAKE = """\
cmake_minimum_required(VERSION 3.13)
project(app LANGUAGES C)
add_compile_options(-Wall -Wextra -Werror)
add_subdirectory(../a a)
add_subdirectory(../b b)
add_executable(app {sources})
target_include_directories(app PRIVATE ..)
target_link_libraries(app PRIVATE a b {libraries})
"""
M4_TOOL_CHAIN = f"""\
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "{" ".join(M4.cpu.flags)} -ffreestanding -fno-tree-loop-distribute-patterns")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostdlib -nostartfiles -T {APP}/mps2.ld -Wl,--gc-sections")
"""
QEMU = ("qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none", "-serial", "stdio")


def small() -> Graph:
    build = GraphBuilder((1, 12, 12, 3))
    x = build.conv(build.input, 8, kernel=3, stride=2, activation="relu")
    y = build.conv(build.depthwise(build.conv(x, 24, activation="relu"), activation="relu"), 8)
    x = build.depthwise(build.add(x, y), kernel=5, stride=2, activation="relu")
    return build.build(build.softmax(build.fully_connected(build.global_mean(x), 10)))


def other() -> Graph:
    """Kernels that `small` has too, and some that it has not."""
    build = GraphBuilder((1, 9, 7, 4))
    x = build.depthwise(build.conv(build.input, 16, kernel=3), stride=2)
    return build.build(build.fully_connected(build.global_mean(build.conv(x, 12, activation="relu6")), 5))


def random_models() -> tuple[bytes, bytes]:
    return random_model(small(), seed=3), random_model(other(), seed=4)


def reference_models() -> tuple[bytes, bytes]:
    kws01, ic01 = ((shared_data() / f"{name}_int8.tflite").read_bytes() for name in ("kws01", "ic01"))
    return kws01, ic01


def run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stderr
    return done.stdout


def samples_header(models: dict[str, bytes]) -> str:
    lines = [f'#include "{name}.h"' for name in models]
    for name, raw in models.items():
        rows = [inputs[0].reshape(-1).tolist() for inputs in default_samples(read_model(raw), 0).inputs]
        body = ",\n".join("{" + ", ".join(map(str, row)) + "}" for row in rows)
        lines.append(f"static const int8_t {name}_samples[{len(rows)}][{len(rows[0])}] = {{\n{body}}};")
    return "\n".join(lines) + "\n"


def expected_lines(models: dict[str, bytes]) -> list[str]:
    """What main.c should write: by the oracle."""
    runs = [run_oracle(raw, default_samples(read_model(raw), 0).inputs).outputs for raw in models.values()]
    return [outputs[0].tobytes().hex() for pair in zip(*runs, strict=True) for outputs in pair]


@dataclass(frozen=True)
class Pair:
    """Two packages for a Cortex-M4, folders a and b of `folder`, and what main.c should write."""

    folder: Path
    lines: list[str]


@pytest.fixture(scope="module", params=[random_models, reference_models])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    require_tool("cmake", "make", "arm-none-eabi-gcc")
    models = dict(zip("ab", request.param(), strict=True))
    folder = tmp_path_factory.mktemp("pair")
    for name, raw in models.items():
        write_package(read_model(raw), M4, folder / name, name)
    (folder / "samples.h").write_text(samples_header(models))
    return Pair(folder, expected_lines(models))


def build_app(pair: Pair, port: str, libraries: str, *options: str) -> Path:
    """The app of package_app/ on a port's source files, with both packages, by CMake."""
    folder = pair.folder / "app"
    folder.mkdir(exist_ok=True)
    (folder / "CMakeLists.txt").write_text(CMAKE.format(sources=f"{APP}/main.c {port}", libraries=libraries))
    build = pair.folder / f"build-{Path(port.split()[0]).stem}"
    run("cmake", "-G", "Unix Makefiles", "-S", folder, "-B", build, *options)
    run("cmake", "--build", build, "-j2")
    return build / "app"


def test_two_packages_in_one_host_program(pair: Pair):
    require_tool("gcc")
    assert run(build_app(pair, f"{APP}/host.c", "")).splitlines() == pair.lines


@pytest.mark.emulator
def test_two_packages_in_one_firmware(pair: Pair):
    require_tool("qemu-system-arm")
    (pair.folder / "m4.cmake").write_text(M4_TOOL_CHAIN)
    port, tool_chain = f"{APP}/mps2.c {firmware.ROOT}/libc/string.c", pair.folder / "m4.cmake"
    app = build_app(pair, port, "gcc", f"-DCMAKE_TOOLCHAIN_FILE={tool_chain}")
    printed = run(*QEMU, "-semihosting-config", "enable=on,target=native", "-kernel", app)
    assert printed.splitlines() == pair.lines
    assert "smlad" in run("arm-none-eabi-objdump", "-d", app)
    symbols = read_elf(app).symbols
    assert "a_model" in symbols
    assert "a_arena" not in symbols, "an arena that nobody names takes no room"


@pytest.fixture(scope="module")
def models() -> tuple[bytes, bytes]:
    require_tool("gcc", "make")
    return random_models()


@pytest.fixture(scope="module")
def package(models: tuple[bytes, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_tool("arm-none-eabi-gcc")
    folder = tmp_path_factory.mktemp("package") / "net"
    write_package(read_model(models[0]), M4, folder, "net")
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_a_package_holds(package: Path, models: tuple[bytes, bytes]):
    files = files_of(package)
    manifest = json.loads(files.pop("mcunas_package.json"))
    assert sorted(files) == manifest["files"]
    assert {"include/net.h", "src/model.c", "src/engine/engine.c", "CMakeLists.txt", "README.md"} < files.keys()
    assert files["LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert not [name for name in files if re.search(r"board\.h|hal|link|placement|app/", name)]
    kernels = {name for name in files if re.search(r"src/kernels/.*\.[cS]$", name)}
    assert "src/kernels/ref/softmax.c" in kernels
    assert "src/kernels/ref/conv_2d.c" not in kernels, "only what is in use"
    model = read_model(models[0])
    readme = files["README.md"].decode()
    for fact in (model.sha256, "cortex-m4", "qemu_mps2_an386", f"{manifest['arena_bytes']:,}", *M4.cpu.flags):
        assert fact in readme
    header = files["include/net.h"].decode()
    assert "#define NET_INPUT_SHAPE {1, 12, 12, 3}\n" in header
    assert "#define NET_INPUT_BYTES 432\n" in header
    assert "#define NET_INPUT_ZERO_POINT (-5)\n" in header
    assert "#define NET_OUTPUT_SCALE 0.00390625f\n" in header
    assert f"#define NET_ARENA_BYTES {manifest['arena_bytes']}\n" in header
    scale = re.search(r"NET_INPUT_SCALE (\S+)f\n", header)
    assert scale is not None
    assert np.float32(scale[1]) == np.float32(0.05)


def test_the_same_inputs_give_the_same_bytes_anywhere(package: Path, models: tuple[bytes, bytes], tmp_path: Path):
    write_package(read_model(models[0]), M4, tmp_path / "with blanks" / "net", "net")
    files = files_of(tmp_path / "with blanks" / "net")
    assert files == files_of(package)
    assert not [name for name, data in files.items() if str(tmp_path).encode() in data or str(ROOT).encode() in data]


def test_without_cmake_as_the_readme_says_and_under_sanitizers(
    package: Path, models: tuple[bytes, bytes], tmp_path: Path
):
    folder = tmp_path / "copy"
    shutil.copytree(package, folder)
    (example,) = re.findall(r"```c\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    text = samples_header({"net": models[0]}) + example
    text += """#include <stdio.h>
int main(void)
{
    int8_t output[NET_OUTPUT_BYTES];
    for (size_t i = 0; i < sizeof net_samples / sizeof net_samples[0]; i++) {
        if (!infer(net_samples[i], output)) {
            return 1;
        }
        for (int k = 0; k < NET_OUTPUT_BYTES; k++) {
            printf("%02x", (uint8_t)output[k]);
        }
        puts("");
    }
}
"""
    (folder / "main.c").write_text(text)
    sources = ["main.c", *(path.relative_to(folder) for path in folder.rglob("src/**/*.[cS]"))]
    flags = ["-std=c11", *WARNINGS, *SANITIZERS, "-Iinclude", "-Isrc/include", *FLAGS]
    run("gcc", *flags, "-Wa,--noexecstack", *sources, "-o", "app", cwd=folder)
    outputs = run_oracle(models[0], default_samples(read_model(models[0]), 0).inputs).outputs
    assert run(folder / "app").splitlines() == [sample[0].tobytes().hex() for sample in outputs]


def test_the_flags_are_those_of_the_firmware():
    assert {flag for flag in FLAGS if flag.startswith("-f")} <= set(COMMON)


@pytest.mark.parametrize("source", sorted(firmware.ROOT.glob("kernels/cortex_m_dsp/*.S")), ids=lambda path: path.name)
def test_assembler_is_empty_where_the_same_folder_has_c_instead(source: Path, tmp_path: Path):
    require_tool("gcc")
    run("gcc", "-c", source, "-o", tmp_path / "empty.o")
    assert run("nm", tmp_path / "empty.o") == ""


@pytest.mark.parametrize("name", [name for name in board_names() if load_board(name).emulated and name != M4.name])
def test_the_folder_alone_compiles_for_every_core(name: str, models: tuple[bytes, bytes], tmp_path: Path):
    board = load_board(name)
    compiler = f"{board.cpu.compiler}gcc"
    require_tool(compiler, "make")
    write_package(read_model(models[0]), board, tmp_path / "net", "net")
    sources = [path.relative_to(tmp_path / "net") for path in (tmp_path / "net").rglob("src/**/*.[cS]")]
    flags = [*board.cpu.flags, "-std=c11", "-ffreestanding", "-Wall", "-Wextra", "-Werror", *FLAGS]
    run(compiler, *flags, "-Iinclude", "-Isrc/include", "-c", *sources, cwd=tmp_path / "net")


def test_arena_and_constants_can_be_placed(package: Path, tmp_path: Path):
    places = [f'-D{name}=__attribute__((section("{name}")))' for name in ("MCN_ARENA_PLACE", "MCN_MODEL_PLACE")]
    flags = ["-std=c11", "-Iinclude", "-Isrc/include", "-c"]
    for file, section in (("arena", "MCN_ARENA_PLACE"), ("model", "MCN_MODEL_PLACE")):
        run("gcc", *flags, *places, f"src/{file}.c", "-o", tmp_path / "placed.o", cwd=package)
        run("gcc", *flags, f"src/{file}.c", "-o", tmp_path / "plain.o", cwd=package)
        listing = run("objdump", "-h", tmp_path / "placed.o")
        assert section in listing
        assert file == "model" or re.search(section + r"(\s+\w+){4}\s+2\*\*[4-9]", listing), "aligned wherever it lies"
        assert section not in run("objdump", "-h", tmp_path / "plain.o")


def test_packages_of_different_versions_do_not_link(package: Path, models: tuple[bytes, bytes], tmp_path: Path):
    """They would share kernels that may differ."""
    folders = {"net": tmp_path / "net", "late": tmp_path / "late"}
    shutil.copytree(package, folders["net"])
    write_package(read_model(models[1]), M4, folders["late"], "late")
    for file in ("api.c", "sources.c"):
        path = folders["late"] / "src" / file
        path.write_text(re.sub(r"mcn_sources_\w+", "mcn_sources_123456789abc", path.read_text()))
    program = "void net_invoke(void), late_invoke(void); int main(void) { net_invoke(); late_invoke(); }"
    (tmp_path / "main.c").write_text(program)
    for name, folder in folders.items():
        sources = [path.relative_to(folder) for path in folder.rglob("*.c")]
        run("gcc", "-std=c11", "-Iinclude", "-Isrc/include", "-c", *sources, cwd=folder)
        run("ar", "rcs", tmp_path / f"lib{name}.a", *sorted(folder.glob("*.o")))
    command = ["gcc", "main.c", "-L.", "-lnet", "-llate", "-o", "app"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "mcn_packages_of_one_firmware_must_be_made_by_the_same_mcunas" in done.stderr


def test_several_inputs_float_tensors_and_hostile_names(tmp_path: Path):
    require_tool("gcc", "make")
    b = TfliteBuilder()
    first, second = b.input((1, 4), (0.5, 3)), b.input((1, 4), (1.0, 0))
    raw = b.build(b.dequantize(b.add(first, second, (1.0, 0))))
    model = replace(read_model(raw), input_names=('*/ #error "\\', "serving_default:0"))
    write_package(model, HOST, tmp_path / "net", "Net2")
    header = (tmp_path / "net" / "include" / "Net2.h").read_text()
    assert '/* Input0, "_/ _error __": int8 [1, 4]. */' in header
    assert '/* Input1, "serving_default:0": int8 [1, 4]. */' in header
    assert "#define NET2_INPUT1_SCALE 1.0f\n" in header
    assert "int8_t *Net2_input1(void);" in header
    assert "const float *Net2_output(void);" in header
    assert "#define NET2_OUTPUT_BYTES 16\n" in header
    assert "NET2_OUTPUT_SCALE" not in header
    sources = [path.relative_to(tmp_path / "net") for path in (tmp_path / "net").rglob("*.c")]
    flags = ["-std=c11", *WARNINGS, "-Iinclude", "-Isrc/include", "-c"]
    run("gcc", *flags, *sources, cwd=tmp_path / "net")


def test_a_package_is_replaced_and_nothing_else(models: tuple[bytes, bytes], tmp_path: Path):
    first, second = (read_model(raw) for raw in models)
    out = tmp_path / "net"
    out.mkdir()
    write_package(first, HOST, out, "net")
    assert (out / "src/kernels/ref/softmax.c").exists()
    write_package(second, HOST, out, "late")
    assert not (out / "src/kernels/ref/softmax.c").exists()
    assert not (out / "include/net.h").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["net"]
    (out / "notes.txt").write_text("mine")
    before = files_of(out)
    with pytest.raises(BadInput, match=r"holds notes\.txt besides the package that mcunas would replace"):
        write_package(first, HOST, out, "net")
    assert files_of(out) == before


def test_what_is_no_package_is_left_as_it_is(models: tuple[bytes, bytes], tmp_path: Path):
    model = read_model(models[1])
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "main.c").write_text("mine")
    before = files_of(tmp_path)
    with pytest.raises(BadInput, match="is not empty and holds no package of mcunas, so nothing was written"):
        write_package(model, HOST, tmp_path / "folder", "net")
    with pytest.raises(BadInput, match=r"is a file\. Give --out a folder"):
        write_package(model, HOST, tmp_path / "file", "net")
    with pytest.raises(BadInput, match=r"Cannot write the package to .*Not a directory"):
        write_package(model, HOST, tmp_path / "file" / "net", "net")
    assert files_of(tmp_path) == before


def test_a_replacement_that_fails_leaves_the_earlier_package(models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out = tmp_path / "net"
    write_package(read_model(models[0]), HOST, out, "net")
    before = files_of(out)
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name == ".net.mcunas-new":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(BadInput, match="No space left on device"):
        write_package(read_model(models[1]), HOST, out, "net")
    assert files_of(out) == before
    monkeypatch.undo()
    write_package(read_model(models[1]), HOST, out, "net")
    assert [path.name for path in tmp_path.iterdir()] == ["net"], "what the failed one left is gone"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("1net", "is no C identifier"),
        ("my-net", "is no C identifier"),
        ("", "is no C identifier"),
        ("n" * 41, "at most 40 letters"),
        ("string", "is taken by the C library or CMake"),
        ("Test", "is taken by the C library or CMake"),
        ("mcn", "begins with mcn"),
    ],
)
def test_names_that_cannot_be_used(name: str, problem: str):
    with pytest.raises(BadInput, match=problem):
        check_name(name)


def test_the_command(models: tuple[bytes, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "my-net.v2.tflite").write_bytes(models[1])
    arguments = ["package", str(tmp_path / "my-net.v2.tflite"), "--board", "host", "--out", str(tmp_path / "out")]
    assert default_name(Path("my-net.v2.tflite")) == "my_net_v2"
    assert main(arguments) == 0
    assert "network my_net_v2 for host" in capsys.readouterr().out
    assert (tmp_path / "out" / "include" / "my_net_v2.h").exists()
    assert main([*arguments, "--name", "int main"]) == 2
    assert "A package cannot be called 'int main'" in capsys.readouterr().err
