"""What can be wrong with a network that is to be exported."""

from __future__ import annotations

from toolchain.errors import BadInput


class NotExportable(BadInput):
    """The network has an operation that cannot be written as ONNX or TensorFlow Lite, or that the engine lacks."""
