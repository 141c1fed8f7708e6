"""Models that the engine does not run: each ends in one error that names the operator, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from tests.tflite_builder import TfliteBuilder
from tests.toolchain.tflite.networks import OUTPUT, QUANTIZATION, SCALES, refused, small_network, weights

Add = Callable[[TfliteBuilder, int], int]
Change = Callable[[TfliteBuilder], None]


def test_a_float_model() -> None:
    b = TfliteBuilder()
    out = b.op("SOFTMAX", [b.input((1, 4), None)], (1, 4), None, "SoftmaxOptions", beta=1.0)
    text = refused(b.build(out))
    assert "operator 0 (SOFTMAX) computes in float32: this is a float32 model. Convert again with full-integer" in text


def test_a_float_operation_in_an_int8_model() -> None:
    b = TfliteBuilder()
    x = b.dequantize(b.softmax(b.input((1, 4), QUANTIZATION)))
    text = refused(b.build(b.op("SOFTMAX", [x], (1, 4), None, "SoftmaxOptions", beta=1.0)))
    assert "operator 2 (SOFTMAX) computes in float32" in text


@pytest.mark.parametrize(("code", "word"), [(schema.TensorType.UINT8, "uint8"), (schema.TensorType.INT16, "16-bit")])
def test_other_quantisations(code: int, word: str) -> None:
    b = TfliteBuilder()
    out = b.softmax(b.input((1, 4), QUANTIZATION))
    for tensor in b.tensors:
        tensor.type = code
    assert f"this is a {'model with ' if word == '16-bit' else ''}{word}" in refused(b.build(out))


def test_unsupported_operations_are_named_with_their_indices_and_the_supported_ones() -> None:
    b = TfliteBuilder()
    x = b.softmax(b.input((1, 4), QUANTIZATION))
    x = b.op("ELU", [x], (1, 4), QUANTIZATION)
    x = b.op("COS", [b.op("ELU", [x], (1, 4), QUANTIZATION)], (1, 4), QUANTIZATION)
    text = refused(b.build(x))
    assert "operator 1 is ELU, operator 3 is COS. Supported: CONV_2D, DEPTHWISE_CONV_2D, FULLY" in text


def test_a_custom_operation_is_named() -> None:
    b = TfliteBuilder()
    x = b.op("CUSTOM", [b.softmax(b.input((1, 4), QUANTIZATION))], (1, 4), QUANTIZATION)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(b.build(x)))
    model.operatorCodes[1].customCode = b"Evil\x1b[2JOp"
    assert "operator 1 is custom operation 'Evil\\x1b[2JOp'" in refused(repacked(model))


def repacked(model: Any) -> bytes:
    packer = flatbuffers.Builder(1024)
    packer.Finish(model.Pack(packer), file_identifier=b"TFL3")
    return bytes(packer.Output())


def test_several_subgraphs() -> None:
    b, out = small_network()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(b.build(out)))
    model.subgraphs.append(model.subgraphs[0])
    assert "has 2 subgraphs, must be 1" in refused(repacked(model))


def test_another_schema_version() -> None:
    b, out = small_network()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(b.build(out)))
    model.version = 2
    assert "schema version 2, must be 3" in refused(repacked(model))


def test_no_operators_at_all() -> None:
    b = TfliteBuilder()
    assert "has 0 operators, 1 inputs and 1 outputs" in refused(b.build(b.input((1, 4), QUANTIZATION)))


def tensor(number: int, **fields: object) -> Change:
    def change(b: TfliteBuilder) -> None:
        for name, value in fields.items():
            assert hasattr(b.tensors[number], name)
            setattr(b.tensors[number], name, value)

    return change


def quantization(number: int, **fields: object) -> Change:
    def change(b: TfliteBuilder) -> None:
        for name, value in fields.items():
            assert hasattr(b.tensors[number].quantization, name)
            dtype = np.float32 if name == "scale" else np.int64
            setattr(b.tensors[number].quantization, name, value if isinstance(value, int) else np.asarray(value, dtype))

    return change


def operator(index: int, **fields: object) -> Change:
    def change(b: TfliteBuilder) -> None:
        for name, value in fields.items():
            setattr(b.operators[index], name, np.asarray(value, np.int32))

    return change


def options(index: int, **fields: object) -> Change:
    def change(b: TfliteBuilder) -> None:
        for name, value in fields.items():
            assert hasattr(b.operators[index].builtinOptions, name)
            setattr(b.operators[index].builtinOptions, name, value)

    return change


def no_options(b: TfliteBuilder) -> None:
    b.operators[0].builtinOptionsType = 0
    b.operators[0].builtinOptions = None


# Tensors of small_network: 0 input, 1 weights, 2 bias, 3 conv, 4 weights, 5 bias, 6 depthwise, 7 add, 8 axes, 9 mean,
# 10 weights, 11 bias, 12 dense, 13 softmax.
@pytest.mark.parametrize(
    ("change", "text"),
    [
        (tensor(0, shape=[2, 8, 8, 3]), "the graph has 't0' of shape [2, 8, 8, 3], the first axis (batch) must be 1"),
        (tensor(0, shape=[]), "of shape [], the first axis (batch) must be 1"),
        (tensor(0, shape=[1, 0, 8, 3]), "of shape [1, 0, 8, 3], an axis must be 1 to 65,535"),
        (tensor(0, shape=[1, 70000, 8, 3]), "an axis must be 1 to 65,535"),
        (tensor(0, shape=[1, 60000, 60000, 3]), "an axis must be 1 to 65,535"),
        (tensor(0, shapeSignature=[1, -1, 8, 3]), "of dynamic shape [1, 8, 8, 3]. Export it with a fixed input shape"),
        (tensor(0, buffer=1), "the graph has the constant 't0' where a computed tensor must be"),
        (quantization(0, scale=[]), "the graph has 't0' with 0 scales and 1 zero points, must have one of each"),
        (quantization(3, scale=[0.1, 0.2], zeroPoint=[0, 0]), "operator 0 (CONV_2D) has 't3' with 2 scales"),
        (quantization(3, scale=[np.nan]), "with scale nan and zero point 4, no int8 quantisation"),
        (quantization(3, scale=[0.0]), "with scale 0 and zero point 4"),
        (quantization(3, zeroPoint=[128]), "with scale 0.1 and zero point 128"),
        (tensor(3, shape=[1, 4, 5, 4]), "has an output of shape [1, 4, 5, 4], its attributes give [1, 4, 4, 4]"),
        (tensor(3, type=schema.TensorType.INT16), "has 't3' of type int16: this is a model with 16-bit activations"),
        (no_options, "operator 0 (CONV_2D) has no options"),
        (operator(0, inputs=[0]), "operator 0 (CONV_2D) has 1 inputs and 1 outputs, must have 2 to 3 and 1"),
        (operator(0, inputs=[0, -1, 2]), "operator 0 (CONV_2D) has no weights"),
        (operator(0, inputs=[-1, 1, 2]), "operator 0 (CONV_2D) leaves out a tensor that it must have"),
        (operator(0, inputs=[1, 1, 2]), "computes with the constant 't1', must be a computed tensor"),
        (operator(0, inputs=[0, 0, 2]), "takes its weights from another operation, must be constant"),
        (operator(0, inputs=[0, 99]), "tensor 99 cannot be read (it does not exist, the file has 14 tensors)"),
        (operator(0, inputs=[0] * 65), "operator 0 cannot be read (65 entries, at most 64 can be)"),
        (operator(0, outputs=[]), "has 3 inputs and 0 outputs"),
        (operator(0, outputs=[9]), "(CONV_2D) has an output of shape [1, 4], its attributes give"),
        (operator(2, inputs=[3, 12]), "operator 2 (ADD) reads 't12' before it is written"),
        (operator(1, outputs=[3]), "operator 1 (DEPTHWISE_CONV_2D) writes 't3', which is already written"),
        (options(0, padding=7), "operator 0 cannot be read (padding 7 is not a known value)"),
        (options(0, strideH=0), "has stride 0x2, must be 1 to 255"),
        (options(0, strideW=-1), "has stride 2x-1, must be 1 to 255"),
        (options(0, dilationHFactor=300), "has dilation 300x1, must be 1 to 255"),
        (options(0, fusedActivationFunction=2), "has the fused activation RELU_N1_TO_1, must be NONE, RELU or RELU6"),
        (options(1, depthMultiplier=2), "for 4 channels and depth multiplier 2, must be [1, H, W, 8]"),
        (tensor(1, shape=[4, 3, 3, 2]), "of shape [4, 3, 3, 2] in 108 B, must have 4 axes and 1 B an element"),
        (tensor(1, shape=[6, 3, 3, 2]), "weights over 2 of 3 channels, must be over all or an equal part"),
        (tensor(1, shape=[4, 9, 3, 1]), "has 4 output channels in 3 groups, must be as many in each"),
        (tensor(1, type=schema.TensorType.INT4), "has int4 weights, must be dense int8"),
        (tensor(1, sparsity=schema.SparsityParametersT()), "has sparse int8 weights, must be dense int8"),
        (quantization(1, quantizedDimension=3), "has weight scales along axis 3, must be axis 0"),
        (quantization(1, scale=[0.1, 0.2]), "has 2 weight scales for 4 channels, must have 1 or 4"),
        (quantization(1, zeroPoint=[0, 0, 1, 0]), "has weights with zero points that are not 0"),
        (quantization(1, scale=[0.1, 0.1, np.inf, 0.1]), "has weight scales that are negative or not finite"),
        (quantization(1, scale=[1e30] * 4), "requantises by 5e+29, must be less than 1.07e+09"),
        (quantization(6, scale=[1e-9]), "has RELU6 and an output scale of 1e-09"),
        (tensor(2, type=schema.TensorType.INT64), "has int64 bias, must be dense int32"),
        (tensor(2, buffer=0), "takes its bias from another operation, must be constant"),
        (tensor(5, shape=[2]), "has bias of shape [2] in 16 B, must have 1 axes and 4 B an element"),
        (operator(0, inputs=[0, 1, 8]), "has 2 biases for 4 channels"),
        (tensor(6, shape=[1, 4, 4, 1]), "operator 1 (DEPTHWISE_CONV_2D) has an output of shape [1, 4, 4, 1]"),
        (operator(2, inputs=[3, 0]), "(ADD) computes with shapes [1, 4, 4, 4] and [1, 8, 8, 3], must be equal, or 1"),
        (quantization(7, scale=[1e-9]), "operator 2 (ADD) requantises by 191, must be less than 1"),
        (operator(3, inputs=[7]), "operator 3 (MEAN) has 1 inputs and 1 outputs, must have 2 and 1"),
        (options(3, keepDims=True), "has an output of shape [1, 4], its attributes give [1, 1, 1, 4]"),
        (options(4, weightsFormat=1), "(FULLY_CONNECTED) has shuffled weights, must have the default format"),
        (tensor(10, shape=[2, 8]), "(FULLY_CONNECTED) has weights over 8 inputs, but reads a tensor of shape [1, 4]"),
        (options(5, beta=float("nan")), "operator 5 (SOFTMAX) has beta nan"),
        (options(5, beta=-1.0), "must have beta * scale > 2**-26"),
        (quantization(13, scale=[0.004]), "has output scale 0.004 and zero point -128, must be 1/256 and -128"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(change: Change, text: str) -> None:
    b, out = small_network()
    change(b)
    assert text in refused(b.build(out))


@pytest.mark.parametrize(
    ("add", "text"),
    [
        (
            lambda b, x: b.conv_2d(x, weights(4, 5, 1, 4), SCALES, OUTPUT, dilation=(255, 1), padding="same"),
            "operator 0 (CONV_2D) pads by more than 255",
        ),
        (
            lambda b, x: b.pool("MAX_POOL_2D", x, (2, 2), output=OUTPUT),
            "operator 0 (MAX_POOL_2D) changes scale or zero point from (0.05, -3) to (0.1, 4), must keep them",
        ),
        (lambda b, x: b.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], OUTPUT), "(PAD) changes scale or zero point"),
        (lambda b, x: b.pad(x, [(0, 0), (-1, 2), (0, 0), (0, 0)]), "has paddings [[0, 0], [-1, 2], [0, 0], [0, 0]]"),
        (lambda b, x: b.reshape(x, (1, 251)), "turns shape [1, 9, 7, 4] into [1, 251], which has another number"),
        (lambda b, x: b.reshape(x, (4, 63)), "of shape [4, 63], the first axis (batch) must be 1"),
        (lambda b, x: b.softmax(b.dequantize(x)), "operator 1 (SOFTMAX) computes in float32"),
        (lambda b, x: b.quantize(b.dequantize(x), OUTPUT), "operator 1 (QUANTIZE) reads float32 inside the graph"),
        (lambda b, x: b.op("QUANTIZE", [x], (1, 9, 7, 4), None), "(QUANTIZE) writes float32, must write int8"),
        (lambda b, x: b.op("DEQUANTIZE", [x], (1, 9, 7, 4), OUTPUT), "turns int8 into int8, must be int8 into float32"),
        (lambda b, x: (b.softmax(x), x)[1], "the graph has an output, tensor 0, that no operator writes"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_operation_is_said(add: Add, text: str) -> None:
    b = TfliteBuilder()
    out = add(b, b.input((1, 9, 7, 4), QUANTIZATION))
    assert text in refused(b.build(out))
