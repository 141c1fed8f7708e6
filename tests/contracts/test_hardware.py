"""Every board: what op records predict is what the built image of a model has, to the byte."""

import numpy as np
import pytest

from device_profiles import board_names, load_board
from search.hardware.lowering import lower
from search.hardware.sizes import load_size_table
from search.spaces import deployable_names, load_deployable
from tests.random_models import random_model
from tests.support import require_tool
from toolchain.prediction import predict
from toolchain.tflite.reader import read_model
from toolchain.workspace import compile_and_build

BOARDS = [name for name in board_names() if load_board(name).firmware.linker_script]
MEMBERS = 2
CLASSES = 10


@pytest.mark.parametrize("space_name", deployable_names())
def test_records_survive_the_file_format(space_name):
    space = load_deployable(space_name)
    for seed in range(20):
        graph = space.graph(space.sample(np.random.default_rng(seed)), CLASSES)
        assert read_model(random_model(graph, seed)).graph == graph


@pytest.mark.parametrize("board_name", BOARDS)
def test_predicted_memory_is_that_of_the_image(board_name, tmp_path):
    board, table = load_board(board_name), load_size_table(board_name)
    require_tool(f"{board.cpu.compiler}gcc", "make")
    for space_name in deployable_names():
        space = load_deployable(space_name)
        for seed in range(MEMBERS):
            graph = space.graph(space.sample(np.random.default_rng(100 + seed)), CLASSES)
            predicted = lower(graph, board.cpu.kernels)
            compiled, image = compile_and_build(read_model(random_model(graph, seed)), board, tmp_path / "build")
            assert compiled.program.steps == predicted.steps
            assert predict(compiled.program, board) == predict(predicted, board)
            assert image.arena_bytes == predicted.arena_bytes
            assert image.flash_sections == table.flash_sections(predicted)
            assert image.stack_bound_bytes == table.stack_bound_bytes(predicted)
            assert image.ram_bytes == table.firmware_ram_bytes(predicted)
