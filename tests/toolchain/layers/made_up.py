"""Layers as a board might have run them: costs of loops in the manner of CMSIS-NN, with noise, as rows of a table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

COLUMNS = ("op", "in_hwc", "out_hwc", "kernel", "strides", "padding", "activation", "cycles")
Row = dict[str, str]


def _hwc(*shape: int) -> str:
    return "x".join(map(str, shape))


def conv(rng: np.random.Generator) -> Row:
    size, in_c, out_c = int(rng.integers(4, 33)), int(rng.integers(1, 101)), int(rng.integers(1, 101))
    kernel, stride = int(rng.choice([1, 1, 3, 3, 5, 7, 9])), int(rng.choice([1, 1, 2]))
    out = -(-size // stride)
    positions, depth = out * out, kernel * kernel * in_c
    tile = 2.4 if kernel == 1 and in_c % 4 == 0 else 2.9
    loop = tile * 4 * (depth // 4) + (9.0 if kernel == 1 else 7.0) * (depth % 4)
    per_channel = loop + 38 + 4 * (depth // 16)
    columns = positions * (1.9 * depth + 14 * kernel * kernel + 3 * kernel * kernel * (in_c % 4) + 25)
    odd = (positions % 2) * out_c * depth * 2.1 + (out_c % 2) * positions * depth * 1.3
    cycles = positions * out_c * per_channel + columns * (kernel > 1 or stride > 1) + odd + 900 + 30 * out_c
    shapes = _hwc(size, size, in_c), _hwc(out, out, out_c), _hwc(kernel, kernel), _hwc(stride, stride)
    return _row("conv2d", *shapes, "same", cycles * (1 + 0.01 * rng.standard_normal()))


def add(rng: np.random.Generator) -> Row:
    shape = [int(rng.integers(2, 20)), int(rng.integers(2, 20)), int(rng.integers(1, 65))]
    cycles = 60.0 * np.prod(shape) + 400
    text = _hwc(*shape)
    return _row("add", f"{text}+{text}", text, "1x1", "1x1", "", cycles * (1 + 0.01 * rng.standard_normal()))


def pool(rng: np.random.Generator) -> Row:
    size, channels = int(rng.integers(2, 16)), int(rng.integers(4, 65))
    cycles = 3.0 * size * size * channels + 45 * channels + 500
    return _row("global_average_pool2d", _hwc(size, size, channels), _hwc(1, 1, channels), "", "", "", cycles)


def softmax(rng: np.random.Generator) -> Row:
    classes = int(rng.integers(2, 101))
    return _row("softmax", _hwc(1, 1, classes), _hwc(1, 1, classes), "", "", "", 330.0 * classes + 900)


def _row(op: str, source: str, target: str, kernel: str, strides: str, padding: str, cycles: float) -> Row:
    values = (op, source, target, kernel, strides, padding, "relu" if op == "conv2d" else "none", f"{cycles:.0f}")
    return dict(zip(COLUMNS, values, strict=True))


def rows(count: int, seed: int) -> list[Row]:
    rng = np.random.default_rng(seed)
    makers = [conv, conv, conv, conv, conv, conv, add, pool, softmax, conv]
    return [makers[index % len(makers)](rng) for index in range(count)]


def write(path: Path, table: list[Row], columns: tuple[str, ...] = COLUMNS) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)
    return path
