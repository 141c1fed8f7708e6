"""Validate: the image on the board and the test split in; the verdict with its figures out (validate/result.json)."""

from __future__ import annotations

import numpy as np

from toolchain.pipeline import Context
from toolchain.report.schema import Report
from toolchain.samples import Samples, quantised
from toolchain.stages.picked import load_picked
from toolchain.stages.subject import load_subject
from toolchain.tflite.model import Model
from toolchain.validation import validate


def run(context: Context) -> bool:
    """Write result.json, the keys of report.json; True if the verdict is 'passed'."""
    settings = context.config.validation
    subject = load_subject(context, flash=context.flash and context.board.emulated)
    samples = _samples(context, subject.compiled.model)
    float_accuracy = context.folder.read_json("train/metrics.json")["accuracy"]["test"]
    report = validate(subject, samples, settings.repeats, context.config.limits, context.progress, float_accuracy)
    report = _judged(report, settings.min_accuracy, settings.max_int8_loss)
    context.folder.write_json("validate/result.json", report.to_json())
    return report.verdict == "passed"


def _samples(context: Context, model: Model) -> Samples:
    images, labels = load_picked(context).images("test")
    keep = context.config.validation.samples or len(images)
    quantization = model.quantization[model.graph.inputs[0]]
    assert quantization is not None, "the exporter makes int8 inputs"
    inputs = quantised(images[:keep], quantization)
    return Samples(tuple((inputs[i : i + 1],) for i in range(len(inputs))), np.asarray(labels[:keep]))


def _judged(report: Report, min_accuracy: float, max_int8_loss: float) -> Report:
    """`report` failed if the device is not accurate enough."""
    device, floating = report.accuracy.device, report.accuracy.float_
    if report.verdict not in ("passed", "failed") or device is None:
        return report
    reasons: list[str] = []
    if device < min_accuracy:
        reasons.append(f"The device is right on {device:.2%} of the test images, {min_accuracy:.2%} are required.")
    if floating is not None and floating - device > max_int8_loss:
        reasons.append(
            f"int8 costs {floating - device:.2%} of accuracy ({floating:.2%} in float, {device:.2%} on the device), "
            f"{max_int8_loss:.2%} are allowed."
        )
    verdict = "failed" if reasons else report.verdict
    return report.model_copy(update={"verdict": verdict, "reasons": (*report.reasons, *reasons)})
