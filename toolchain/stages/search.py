"""Search: data, limits and the board's hardware model in; pick, Pareto front and candidates out (search/)."""

from __future__ import annotations

from search.data import load_data
from search.find import find_architecture
from search.hardware.estimate import Estimator
from search.hardware.sizes import NoSizeTable, SizeTable, load_size_table
from search.limits import bounds
from toolchain.errors import BadInput
from toolchain.latency_file import latency_model
from toolchain.pipeline import Context


def run(context: Context) -> None:
    """Write the files of search/result.py into the run folder."""
    config, board = context.config, context.board
    limits = bounds(config.limits, board)
    estimate = Estimator(board, _sizes(context), latency_model(board))
    dataset = load_data(config.data, config.seed)
    folder = context.folder.file("search")
    find_architecture(dataset, estimate, limits, config.search, config.seed, folder, context.progress)


def _sizes(context: Context) -> SizeTable | None:
    """The board's size table; only a board without an image of its own (the host port) needs none."""
    if not context.board.firmware.linker_script:
        return None
    try:
        return load_size_table(context.board.name)
    except NoSizeTable as error:
        raise BadInput(str(error)) from None
