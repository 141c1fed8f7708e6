"""The table of measured layers: a CSV file in; checked rows with their records out."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from search.hardware.ops import Activation, Op, Padding, explicit_padding, output_hw
from search.hardware.record import Record, Shape
from toolchain.errors import BadInput

KINDS = {
    "conv2d": "CONV_2D", "depthwise_conv2d": "DEPTHWISE_CONV_2D", "fully_connected": "FULLY_CONNECTED", "add": "ADD",
    "average_pool2d": "AVERAGE_POOL_2D", "global_average_pool2d": "MEAN", "max_pool2d": "MAX_POOL_2D",
    "softmax": "SOFTMAX",
}  # fmt: skip
COLUMNS = ("op", "in_hwc", "out_hwc", "kernel", "strides", "padding", "activation")
_WINDOWED = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D")
_PADDINGS, _ACTIVATIONS = ("same", "valid", ""), ("none", "relu", "relu6", "")


@dataclass(frozen=True, slots=True)
class Layer:
    """One row. cells: as in the file, by column. cycles: None where a table without measurements is read."""

    cells: dict[str, str]
    record: Record
    cycles: float | None


def read_layers(path: Path, measured: bool, board: str | None = None) -> list[Layer]:
    """The rows of the table at `path`; measured: cycles are wanted. board: which one's rows, where there are several.

    Raises BadInput that names the line of every kind of fault.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            rows, columns = list(reader), list(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"Cannot read the table of layers {path}: {error}.") from None
    missing = [name for name in (*COLUMNS, *(("cycles",) if measured else ())) if name not in columns]
    if missing:
        raise BadInput(f"{path} lacks the columns {', '.join(missing)}. It needs {', '.join(COLUMNS)}, cycles.")
    if not rows:
        raise BadInput(f"{path} has no rows.")
    chosen = _of_board(path, rows, board)
    return [_layer(path, line, row, measured) for line, row in chosen]


def _of_board(path: Path, rows: Sequence[dict[str, str]], board: str | None) -> list[tuple[int, dict[str, str]]]:
    """(line of the file, row) of the rows of one board. A table of one board is taken whole."""
    numbered = list(enumerate(rows, 2))
    boards = sorted({row.get("board") or "" for row in rows})
    if len(boards) == 1:
        return numbered
    if board not in boards:
        raise BadInput(
            f"{path} has rows of several boards ({', '.join(name or 'unnamed' for name in boards)}), "
            f"{'none was chosen' if board is None else f'none of {board}'}. Choose one with --board."
        )
    return [(line, row) for line, row in numbered if row.get("board") == board]


def _layer(path: Path, line: int, row: dict[str, str], measured: bool) -> Layer:
    try:
        return Layer(row, _record(row), _cycles(row) if measured else None)
    except ValueError as error:
        raise BadInput(f"{path}, line {line}: {error}") from None


def _cycles(row: dict[str, str]) -> float:
    text = (row["cycles"] or "").strip()
    try:
        cycles = float(text)
    except ValueError:
        raise ValueError(
            f"cycles is '{text}', a positive number is needed. Measure the layer or remove the row."
        ) from None
    if not 0 < cycles < float("inf"):
        raise ValueError(f"cycles is {text}, a positive number is needed. Measure the layer or remove the row.")
    return cycles


def _numbers(row: dict[str, str], column: str, count: int, default: str = "") -> tuple[int, ...]:
    text = (row[column] or "").strip() or default
    if not re.fullmatch(r"\d+(x\d+)*", text) or len(found := tuple(map(int, text.split("x")))) != count or 0 in found:
        raise ValueError(f"{column} is '{text}', {count} positive numbers joined by x are needed.")
    return found


def _choice(row: dict[str, str], column: str, choices: Sequence[str], default: str) -> str:
    text = (row[column] or "").strip().lower()
    if text not in choices:
        raise ValueError(f"{column} is '{text}', must be one of {', '.join(filter(None, choices))}.")
    return text or default


def _record(row: dict[str, str]) -> Record:
    op = (row["op"] or "").strip()
    if op not in KINDS:
        near = difflib.get_close_matches(op, KINDS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(f"unknown op '{op}'.{hint} Known: {', '.join(KINDS)}.")
    kind = KINDS[op]
    inputs = [_numbers({"in_hwc": part}, "in_hwc", 3) for part in (row["in_hwc"] or "").split("+")]
    source, target = cast(Shape, inputs[0]), cast(Shape, _numbers(row, "out_hwc", 3))
    if kind == "ADD" and (len(inputs) > 2 or any(shape != target for shape in inputs)):
        raise ValueError(f"impossible shapes: add of {row['in_hwc']} does not give {row['out_hwc']}.")
    if kind != "ADD" and len(inputs) > 1:
        raise ValueError(f"in_hwc is '{row['in_hwc']}', {op} has one input.")
    kernel, stride = _numbers(row, "kernel", 2, "1x1"), _numbers(row, "strides", 2, "1x1")
    padding = cast(Padding, _choice(row, "padding", _PADDINGS, "valid"))
    activation = cast(Activation, _choice(row, "activation", _ACTIVATIONS, "none"))
    window = Op(
        kind, (0,), (1,), kernel=(kernel[0], kernel[1]), stride=(stride[0], stride[1]), padding=padding,
        activation=activation,
    )  # fmt: skip
    _check_shapes(op, window, source, target)
    return _measured_record(window, source, target)


def _check_shapes(op: str, window: Op, source: Shape, target: Shape) -> None:
    """Raises ValueError if the operation does not lead from `source` to `target`."""
    kind = window.kind
    wanted: Shape = target
    if kind in _WINDOWED:
        wanted = (*output_hw(window, source[:2]), target[2] if kind == "CONV_2D" else source[2])
        if kind == "DEPTHWISE_CONV_2D" and target[2] % source[2] == 0:
            wanted = (*wanted[:2], target[2])
    elif kind == "MEAN":
        wanted = (1, 1, source[2])
    elif kind == "SOFTMAX":
        wanted = source
    if wanted != target:
        shapes = ["x".join(map(str, shape)) for shape in (source, wanted, target)]
        raise ValueError(f"impossible shapes: {op} of {shapes[0]} gives {shapes[1]}, not {shapes[2]}.")


def _measured_record(window: Op, source: Shape, target: Shape) -> Record:
    kind, outputs = window.kind, target[0] * target[1] * target[2]
    depth = {
        "CONV_2D": window.kernel[0] * window.kernel[1] * source[2],
        "DEPTHWISE_CONV_2D": window.kernel[0] * window.kernel[1],
        "FULLY_CONNECTED": source[0] * source[1] * source[2] // (target[0] * target[1]),
    }.get(kind, 0)
    is_windowed = kind in _WINDOWED
    return Record(
        kind=kind,
        input=source,
        output=target,
        kernel=window.kernel if is_windowed else (1, 1),
        stride=window.stride if is_windowed else (1, 1),
        pads=explicit_padding(window, source[:2]) if is_windowed else ((0, 0), (0, 0)),
        activation=window.activation,
        macs=outputs * depth,
    )
