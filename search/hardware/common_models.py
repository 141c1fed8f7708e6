"""Networks that microcontrollers commonly run, as op records: the models of MLPerf Tiny, and relatives of them.

Source: Banbury et al., "MLPerf Tiny Benchmark" (arXiv 2106.07597). Strides, widths and pools as published there.
"""

from __future__ import annotations

from search.hardware.ops import Graph, GraphBuilder


def ds_cnn(filters: int = 64, classes: int = 12) -> Graph:
    """Keyword spotting: 49x10 features, a 10x4 convolution, four depthwise-separable blocks."""
    builder = GraphBuilder((1, 49, 10, 1))
    x = builder.conv(builder.input, filters, kernel=4, stride=2, activation="relu")
    for _ in range(4):
        x = builder.depthwise(x, activation="relu")
        x = builder.conv(x, filters, activation="relu")
    return builder.build(_classified(builder, x, classes))


def _classified(builder: GraphBuilder, x: int, classes: int) -> int:
    """One average pool over all of height and width, and the classes' shares."""
    _, height, width, channels = builder.shape(x)
    pooled = builder.reshape(builder.average_pool(x, (height, width)), (1, channels))
    return builder.softmax(builder.fully_connected(pooled, classes))


def mobilenet_v1(width: float = 0.25, resolution: int = 96, classes: int = 2) -> Graph:
    """Visual wake words: MobileNetV1 (arXiv 1704.04861)."""
    builder = GraphBuilder((1, resolution, resolution, 3))
    x = builder.conv(builder.input, round(32 * width), kernel=3, stride=2, activation="relu6")
    for channels, stride in ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2)):
        x = builder.depthwise(x, stride=stride, activation="relu6")
        x = builder.conv(x, round(channels * width), activation="relu6")
    return builder.build(_classified(builder, x, classes))


def resnet_8(width: int = 16, classes: int = 10) -> Graph:
    """Image classification: 32x32x3, three residual stages."""
    builder = GraphBuilder((1, 32, 32, 3))
    x = builder.conv(builder.input, width, kernel=3, activation="relu")
    for stage in range(3):
        channels, stride = width << stage, 1 if stage == 0 else 2
        y = builder.conv(x, channels, kernel=3, stride=stride, activation="relu")
        y = builder.conv(y, channels, kernel=3)
        shortcut = x if stride == 1 else builder.conv(x, channels, stride=stride)
        x = builder.add(shortcut, y, activation="relu")
    return builder.build(_classified(builder, x, classes))


def pooled_cnn(width: int = 8, resolution: int = 28, classes: int = 10) -> Graph:
    """Digits: two convolutions, each with a 2x2 pool behind it, then two fully connected layers (LeNet-5's form)."""
    builder = GraphBuilder((1, resolution, resolution, 1))
    x = builder.max_pool(builder.conv(builder.input, width, kernel=5, activation="relu"), (2, 2))
    x = builder.average_pool(builder.conv(x, 2 * width, kernel=3, activation="relu"), (2, 2))
    x = builder.max_pool(builder.conv(x, 2 * width, kernel=3, activation="relu"), (3, 3), (2, 2))
    _, height, columns, channels = builder.shape(x)
    x = builder.fully_connected(builder.reshape(x, (1, height * columns * channels)), 32, activation="relu")
    return builder.build(builder.softmax(builder.fully_connected(x, classes)))


def autoencoder(inputs: int = 640, width: int = 128) -> Graph:
    """Anomaly detection: fully connected layers."""
    builder = GraphBuilder((1, inputs))
    x = builder.input
    for features in (*[width] * 4, 8, *[width] * 4):
        x = builder.fully_connected(x, features, activation="relu")
    return builder.build(builder.fully_connected(x, inputs))


def common_models() -> dict[str, Graph]:
    """All of them by name, some in a second size."""
    return {
        "ds_cnn": ds_cnn(),
        "ds_cnn_small": ds_cnn(filters=28),
        "mobilenet_v1_0.25": mobilenet_v1(),
        "mobilenet_v1_0.2_64": mobilenet_v1(0.2, 64),
        "resnet_8": resnet_8(),
        "resnet_8_narrow": resnet_8(width=10),
        "pooled_cnn": pooled_cnn(),
        "pooled_cnn_wide": pooled_cnn(width=18, resolution=32),
        "autoencoder": autoencoder(),
        "autoencoder_small": autoencoder(256, 72),
    }
