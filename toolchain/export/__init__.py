"""Export: a trained torch network in; model.onnx, an int8 model.tflite and every step's figures (checks.json) out."""

from toolchain.export.chain import ExportResult, export
from toolchain.export.errors import NotExportable

__all__ = ["ExportResult", "NotExportable", "export"]
