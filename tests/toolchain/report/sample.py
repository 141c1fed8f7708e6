"""A made-up but realistic run, for the tests of reports."""

from __future__ import annotations

import numpy as np

from device_profiles import load_board
from device_profiles.schema import Memory as Memories
from device_profiles.schema import Region
from toolchain.report.details import Candidate, Check, Details, Limit, Search
from toolchain.report.schema import (
    Accuracy,
    BitExact,
    Counts,
    FlashSections,
    Memory,
    OpCount,
    Predicted,
    Report,
    Total,
)

_HOST = load_board("host")
BOARD = _HOST.model_copy(
    update={
        "name": "sample_m4",
        "title": "A made-up Cortex-M4 in an emulator",
        "cpu": _HOST.cpu.model_copy(update={"core": "cortex-m4"}),
        "memory": Memories(
            flash=Region(origin=0, bytes=524_288), ram=Region(origin=0x20000000, bytes=131_072), reserve_bytes=12_288
        ),
    }
)


def ops() -> tuple[OpCount, ...]:
    steps = [("CONV_2D", "conv3x3_c1", 10_368)]
    for block in range(7):
        macs = 36_864 + 9_216 * block
        steps += [
            ("CONV_2D", "conv1x1", macs),
            ("DEPTHWISE_CONV_2D", "dw3x3", macs // 4),
            ("CONV_2D", "conv1x1", macs),
        ]
        if block % 2:
            steps.append(("ADD", "add", 0))
    steps += [("MEAN", "mean", 0), ("FULLY_CONNECTED", "fc", 640), ("SOFTMAX", "softmax", 0)]
    rate = {"CONV_2D": 2.4, "DEPTHWISE_CONV_2D": 4.1}
    return tuple(
        OpCount(index=i, op=op, tflite_ops=(i,), variant=variant, macs=macs, count=int(macs * rate.get(op, 1)) + 2_400)
        for i, (op, variant, macs) in enumerate(steps)
    )


def report(**changes: object) -> Report:
    counts = ops()
    total = sum(op.count or 0 for op in counts) + 912
    sections = FlashSections(startup=412, engine=1_180, kernels=14_320, model=48_964, app=6_204, libc=1_024)
    values: dict[str, object] = {
        "verdict": "passed",
        "reasons": (),
        "board": BOARD.name,
        "model_sha256": "9f" * 32,
        "bit_exact": BitExact(samples=360, mismatches=0),
        "accuracy": Accuracy(float_=0.9889, int8=0.9861, device=0.9861),
        "counts": Counts(kind="instructions", total=total, ops=counts),
        "predicted": Predicted(
            kind="instructions",
            total=round(total * 0.963),
            low=round(total * 0.9),
            high=round(total * 1.02),
            source="a test",
            calibrated=True,
        ),
        "clock_hz": 25_000_000,
        "startup": Total(kind="instructions", total=1_204),
        "memory": Memory(
            arena_bytes=14_400,
            ram_bytes=22_736,
            stack_bytes=1_312,
            stack_bound_bytes=1_640,
            flash_bytes=sum(size for _, size in sections),
            flash_sections=sections,
        ),
    }
    return Report.model_validate(values | changes)


def search(kind: str | None = "instructions") -> Search:
    rng = np.random.default_rng(3)
    counts = rng.uniform(3e5, 2.6e6, 220)
    arenas = np.clip(counts / 110 * rng.uniform(0.5, 1.5, 220), 3_000, 24_000)
    scores = 0.25 + 0.6 * (1 - np.exp(-counts / 9e5)) + 0.05 * arenas / 24_000 - rng.exponential(0.09, 220)
    candidates = [
        Candidate(f"r16_c12s2_w16.k3e4_n{i}", float(s), int(c) if kind else None, int(a))
        for i, (s, c, a) in enumerate(zip(scores, counts, arenas, strict=True))
    ]

    def dominated(one: Candidate) -> bool:
        return any(
            other.score > one.score and (other.count or 0) <= (one.count or 0) and other.arena_bytes <= one.arena_bytes
            for other in candidates
        )

    front = sorted((c for c in candidates if not dominated(c)), key=lambda c: c.arena_bytes)
    pick = front[len(front) // 2]
    return Search(
        space="mobilenet",
        strategy="nsga2",
        proxies=("synflow", "naswot", "zico"),
        kind=kind,
        candidates=tuple(candidates),
        front=tuple(c.name for c in front),
        pick=pick.name,
        description="16 x 16 input, stem 12 channels at stride 2, three stages of inverted residuals, no head.",
        explanation="Of the front, it has the highest aggregate score within the limits; the next cheaper one saves "
        "6 % of the instructions and ranks 9 % lower.",
        limits=(
            Limit("arena_bytes", 24_000, 0.412),
            Limit("flash_bytes", 96_000, 0.288),
            Limit("instructions", 2_800_000, 0.533),
        ),
        random=1_000,
    )


def details() -> Details:
    return Details(
        title="digits",
        search=search(),
        training=(("parameters", "21,402"), ("epochs", "60"), ("validation accuracy", "99.3 %")),
        checks=(
            Check("torch against ONNX", "largest difference 2.1e-06"),
            Check("ONNX against float TFLite", "largest difference 4.8e-06"),
            Check("float against int8", "accuracy 98.9 % to 98.6 %"),
        ),
        facts=(
            ("seed", "0"),
            ("timing kind", "instructions (-icount)"),
            ("compiler", "arm-none-eabi-gcc 12.2.1 -O2 -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16"),
            ("mcunas", "0.1.0"),
        ),
    )
