"""Operations beside those of the search spaces: the same networks on the host port and on every emulated board."""

import json

import numpy as np
import pytest

from device_profiles import board_names, load_board
from tests.kernels.networks_branches import branching_network
from tests.support import require_tool
from tests.toolchain.tflite.networks import network_of_the_other_operations
from toolchain.cli import main

BOARDS = [name for name in board_names() if load_board(name).emulated]


def validate(model, name, tmp_path, capsys):
    board = load_board(name)
    require_tool(f"{board.cpu.compiler}gcc", "make")
    if "binary" in board.flasher.options:
        require_tool(str(board.flasher.options["binary"]))
    path = tmp_path / "model.tflite"
    path.write_bytes(model)
    code = main(["validate", str(path), "--board", name, "--samples", "3", "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.emulator
@pytest.mark.parametrize("name", BOARDS)
def test_every_other_operation_is_bit_exact(name, tmp_path, capsys):
    b, out = network_of_the_other_operations()
    code, report = validate(b.build(out), name, tmp_path, capsys)
    assert (code, report["verdict"], report["bit_exact"]["mismatches"]) == (0, "passed", 0)
    stack = report["memory"]
    assert stack["stack_bytes"] is None or stack["stack_bytes"] <= stack["stack_bound_bytes"]


@pytest.mark.parametrize("seed", range(4))
def test_networks_with_branches_on_the_host_port(seed, tmp_path, capsys):
    model = branching_network(np.random.default_rng([17, seed])).model
    code, report = validate(model, "host", tmp_path, capsys)
    assert (code, report["verdict"], report["bit_exact"]["mismatches"]) == (0, "passed", 0)
