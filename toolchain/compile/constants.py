"""Constants of a step: what the .tflite holds in; the kernel that fits them, and the arrays that it reads, out."""

from __future__ import annotations

import numpy as np

from search.hardware.lowering import Step
from search.hardware.packing import Constants
from search.hardware.variants import Variant, settle
from toolchain.compile.args import Arguments, arguments
from toolchain.tflite.model import Model

#: Fields of an args record that point to constant arrays, in the order in which packers return them.
POINTERS = ("weights", "bias", "multiplier", "shift")


def plain_constants(model: Model, step: Step, args: Arguments) -> Constants | None:
    """The constants of a step as packers want them, None if it has no weights."""
    weights = model.constants[step.op_index].weights
    if weights is None:
        return None
    source, target = model.quantization[step.inputs[0]], model.quantization[step.output]
    if source is None or target is None:
        raise AssertionError(f"the reader let op {step.op_index} pass without quantisation")
    if step.record.kind == "DEPTHWISE_CONV_2D":  # of one channel it is a convolution
        weights = weights.transpose(3, 1, 2, 0) if step.record.form == "CONV_2D" else weights[0]
    return Constants(
        weights,
        np.asarray(args.arrays["bias"], np.int32),
        np.asarray(args.arrays["multiplier"], np.int32),
        np.asarray(args.arrays["shift"], np.int8),
        source.zero_point,
        target.zero_point,
    )


def settle_step(model: Model, step: Step) -> Variant:
    """The step's variant, or its fallback if the weights or scales do not fit it."""
    constants = plain_constants(model, step, arguments(model, step, inputs=(0,) * len(step.inputs), output=0))
    return step.variant if constants is None else settle(step.variant, step.record, constants)


def packed(model: Model, step: Step, args: Arguments) -> Arguments:
    """`args` with its arrays as the step's variant reads them; pointers without an array are NULL."""
    constants = plain_constants(model, step, args)
    if constants is not None:
        arrays = dict(zip(POINTERS, step.variant.pack(step.record, constants), strict=False))
        args = Arguments(args.struct, args.fields | {name: name if name in arrays else 0 for name in POINTERS}, arrays)
    sizes, told = tuple(a.nbytes for a in args.arrays.values()), step.variant.array_bytes(step.record)
    if sizes != tuple(told):
        raise AssertionError(f"{step.variant.name} packs {sizes} B, its row says {told} B for {step.record}")
    return args
