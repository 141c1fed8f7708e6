"""Whether one step of the export does what the step before it did: two sets of outputs in, figures or a failure out.

All outputs are [n, classes]: torch's, the ONNX file's, the float TensorFlow network's, the int8 file's as real values.
Figures are rounded, so that checks.json is the same for the same network.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolchain.errors import ProductFailure

Array = npt.NDArray[np.floating]

#: Largest difference of two float steps, as a part of the largest output. A step that works stays below 1e-5.
FLOAT_LIMIT = 1e-4
#: Least signal-to-quantisation-noise ratio of the int8 outputs. Trained networks reach 20 to 35 dB.
SQNR_LIMIT_DB = 10.0


def rounded(value: float) -> float:
    """`value` to 4 significant digits."""
    return float(f"{value:.4g}")


def argmax_agreement(reference: Array, other: Array) -> float:
    """Part of the samples for which both name the same class."""
    return float(np.mean(reference.argmax(axis=1) == other.argmax(axis=1)))


def sqnr_db(reference: Array, other: Array) -> float:
    """Signal-to-quantisation-noise ratio 10 log10(sum x^2 / sum (x - y)^2) in dB, at most 120 (equal outputs)."""
    signal, noise = float(np.sum(reference**2)), float(np.sum((reference - other) ** 2))
    return min(120.0, 10 * float(np.log10(signal / noise))) if noise > 0 and signal > 0 else 120.0


def compare_floats(reference: Array, other: Array, names: tuple[str, str]) -> dict[str, object]:
    """Figures of a step between floats; raises ProductFailure if the outputs differ by more than rounding."""
    difference, peak = float(np.max(np.abs(reference - other))), float(np.max(np.abs(reference)))
    if not difference <= FLOAT_LIMIT * peak:
        raise ProductFailure(
            f"The {names[1]} network's outputs differ from the {names[0]} network's by up to {difference:.3g}, at most "
            f"{FLOAT_LIMIT * peak:.3g} is rounding. A layer was converted wrongly: export with fewer kinds of layers "
            "to find it, and report it."
        )
    return {
        "reference": names[0],
        "max_abs_diff": rounded(difference),
        "max_abs_diff_limit": rounded(FLOAT_LIMIT * peak),
        "argmax_agreement": rounded(argmax_agreement(reference, other)),
    }


def compare_int8(
    reference: Array, other: Array, labels: npt.NDArray[np.integer] | None, calibration_samples: int
) -> dict[str, object]:
    """Figures of the quantisation, accuracies if there are labels; raises ProductFailure below SQNR_LIMIT_DB."""
    ratio_db = sqnr_db(reference, other)
    if not ratio_db >= SQNR_LIMIT_DB:
        raise ProductFailure(
            f"The int8 outputs stand {ratio_db:.1f} dB above their quantisation noise, must be {SQNR_LIMIT_DB:.0f} dB. "
            f"The ranges come from {calibration_samples} images: give more of them, or more typical ones "
            "([export] calibration_samples), or train the network longer."
        )
    return {
        "reference": "tensorflow",
        "sqnr_db": rounded(ratio_db),
        "sqnr_db_limit": SQNR_LIMIT_DB,
        "argmax_agreement": rounded(argmax_agreement(reference, other)),
        "accuracy": _accuracies(reference, other, labels),
    }


def _accuracies(reference: Array, other: Array, labels: npt.NDArray[np.integer] | None) -> dict[str, float] | None:
    if labels is None:
        return None
    float_accuracy, int8_accuracy = (float(np.mean(out.argmax(axis=1) == labels)) for out in (reference, other))
    return {"float": rounded(float_accuracy), "int8": rounded(int8_accuracy)}
