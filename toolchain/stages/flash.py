"""Flash: the firmware image in; the image on the board, and the proof that it answers, out (flash/)."""

from __future__ import annotations

from toolchain.flashers import flasher
from toolchain.link.device import open_device
from toolchain.pipeline import Context
from toolchain.stages.subject import load_subject
from toolchain.validation import connect


def run(context: Context) -> None:
    """Write flash.json: which build and model answered from the board."""
    subject = load_subject(context, flash=True)
    board = context.board
    context.progress(0, 1, f"{board.flasher.name}: {board.name}")
    start = flasher(board.flasher.name).start
    with start(subject.image.elf, board, context.port, True) as url, open_device(url, board) as device:
        hello = connect(subject, device)
    facts = {
        "board": hello.board,
        "build_id": hello.build_id,
        "model_sha256": hello.model_sha256,
        "engine": hello.engine,
        "kernels": hello.kernels,
        "clock_hz": hello.clock_hz,
    }
    context.folder.write_json("flash/flash.json", facts)
    context.progress(1, 1, "")
