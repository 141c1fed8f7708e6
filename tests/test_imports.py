"""Imports run one way: toolchain -> search -> device_profiles; what measures needs neither torch nor tensorflow."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

ALLOWED = {  # our packages that each may import
    "device_profiles": {"device_profiles"},
    "search": {"search", "device_profiles"},
    "toolchain": {"toolchain", "search", "device_profiles", "firmware"},  # firmware: only to find its sources
}
OURS = {*ALLOWED, "firmware", "tests"}
FILES = [path.relative_to(ROOT) for package in ALLOWED for path in sorted((ROOT / package).rglob("*.py"))]
TRAINING = {"scipy", "torch", "tensorflow", "tf_keras", "keras", "onnx", "onnx2tf", "onnxruntime", "sklearn", "pymoo"}


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.add(node.module)
    return names


def at_import_time(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when a module is imported: not function bodies, not what only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_import_time(child)


def packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_run_one_way(path: Path) -> None:
    used = packages(imported(ast.walk(ast.parse((ROOT / path).read_text()))))
    assert used & OURS <= ALLOWED[path.parts[0]]


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[:2] == ("search", "hardware")], ids=str)
def test_the_hardware_model_is_numpy_only(path: Path) -> None:
    used = imported(ast.walk(ast.parse((ROOT / path).read_text())))
    assert packages(used) <= {*sys.stdlib_module_names, "numpy", "search", "device_profiles"}
    ours = {module for module in used if module.startswith("search")}
    assert all(module.startswith("search.hardware") for module in ours)


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "device_profiles"], ids=str)
def test_device_profiles_need_only_pydantic(path: Path) -> None:
    used = packages(imported(ast.walk(ast.parse((ROOT / path).read_text()))))
    assert used <= {*sys.stdlib_module_names, "pydantic", "pydantic_core", "device_profiles"}


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "toolchain"], ids=str)
def test_the_toolchain_imports_training_libraries_only_when_it_trains(path: Path) -> None:
    """torch and tensorflow may stand at the top of toolchain/export/ modules, which the export stage imports late."""
    if path.parts[:2] == ("toolchain", "export"):
        return
    assert packages(imported(at_import_time(ast.parse((ROOT / path).read_text())))) & TRAINING == set()
