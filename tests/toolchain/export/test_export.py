"""The whole export of small networks: files, figures, equal bytes, silence, and what does not export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from search.hardware.ops import GraphBuilder
from search.network import GraphNetwork
from toolchain.errors import BadInput
from toolchain.export import NotExportable, export
from toolchain.tflite.reader import read_model

SHAPE = (1, 8, 8, 3)


def images(count: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).random((count, *SHAPE[1:]), dtype=np.float32)


def graph_builder() -> tuple[GraphBuilder, int]:
    """Eight channels of 8 x 8, so that no converter can tell the axes apart by their sizes."""
    builder = GraphBuilder(SHAPE)
    x = builder.conv(builder.input, 8, kernel=3, activation="relu")
    y = builder.conv(builder.depthwise(x, kernel=5, activation="relu6"), 8)
    y = builder.add(x, y)
    return builder, builder.depthwise(y, kernel=3, stride=2, activation="relu")


def network() -> nn.Module:
    torch.manual_seed(0)
    builder, x = graph_builder()
    made = GraphNetwork(builder.build(builder.fully_connected(builder.global_mean(x), 4)))
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
    return made


@pytest.mark.slow
def test_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing answers there: no step may need the network
    torch_network, steps = network().train(), []
    weights = {name: value.clone() for name, value in torch_network.state_dict().items()}
    state = np.random.get_state()[1].copy()  # the global generator must not be touched
    results = [
        export(
            torch_network, SHAPE, images(16), images(8, 1), tmp_path / name, lambda *step: steps.append(step),
            labels=np.zeros(8, np.int64),
        )
        for name in ("a", "b")
    ]  # fmt: skip

    result = results[0]
    for path in (result.onnx, result.tflite, result.checks):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), f"{path.name} differs between runs"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["checks.json", "model.onnx", "model.tflite"]
    assert capfd.readouterr() == ("", "")
    assert steps[:3] == [(0, 3, "torch to ONNX"), (1, 3, "ONNX to int8 TensorFlow Lite"), (2, 3, "checks")]

    builder, x = graph_builder()
    expected = builder.build(builder.fully_connected(builder.global_mean(x), 4))
    assert result.model.graph == expected
    assert read_model(result.tflite).sha256 == result.model.sha256

    figures = json.loads(result.checks.read_text())
    assert figures == result.figures
    assert figures["onnx"]["max_abs_diff"] < figures["onnx"]["max_abs_diff_limit"]
    assert figures["tensorflow"]["max_abs_diff"] < figures["tensorflow"]["max_abs_diff_limit"]
    assert figures["int8"]["sqnr_db"] > 25
    assert set(figures["int8"]["accuracy"]) == {"float", "int8"}
    assert figures["ops"] == [op.kind for op in expected.ops]
    assert figures["tflite"] == {"bytes": result.tflite.stat().st_size, "sha256": result.model.sha256}

    assert torch_network.training
    assert all(torch.equal(value, weights[name]) for name, value in torch_network.state_dict().items())
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.slow
class Exponential(nn.Module):
    """Something that TensorFlow Lite has and the engine does not."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.exp(x)


def test_an_operation_that_the_engine_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotExportable) as caught:
        export(nn.Sequential(network(), Exponential()), SHAPE, images(4), images(4), tmp_path)
    assert "cannot run on the engine" in str(caught.value)
    assert "operator 7 is EXP. Supported: CONV_2D, " in str(caught.value)
    assert list(tmp_path.iterdir()) == []


class Spectrum(nn.Module):
    """Something that ONNX cannot say."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.fft.rfft(x).abs().mean((2, 3))


def test_an_operation_that_onnx_lacks_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotExportable, match="cannot be written as ONNX: Exporting the operator 'aten::fft_rfft'"):
        export(Spectrum(), SHAPE, images(4), images(4), tmp_path)
    assert capfd.readouterr() == ("", "")


def test_outputs_that_are_no_scores_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotExportable, match=r"output has shape \[4, 2, 6, 6\], must be \[n, classes\]"):
        export(nn.Conv2d(3, 2, 3), SHAPE, images(4), images(4), tmp_path)


@pytest.mark.parametrize(
    ("calibration", "check", "labels", "text"),
    [
        (images(4)[:0], images(4), None, r"calibration images have shape \[0, 8, 8, 3\]"),
        (
            images(4)[..., :1],
            images(4),
            None,
            r"\[4, 8, 8, 1\] and type float32, must be at least one of shape \[8, 8, 3\]",
        ),
        (images(4), images(4).astype(np.float64), None, "check images have .* type float64"),
        (images(4), images(4) * np.float32(np.inf), None, "check images hold values that are not finite"),
        (images(4), images(4), np.zeros(3, np.int64), "3 labels for 4 check images"),
    ],
)
def test_images_that_do_not_fit(tmp_path: Path, calibration: Any, check: Any, labels: Any, text: str) -> None:
    with pytest.raises(BadInput, match=text):
        export(network(), SHAPE, calibration, check, tmp_path, labels=labels)
