"""The fit: measured operations in, a `LatencyModel` out.

For each family of kernels, non-negative least squares of relative errors: a factor of 1 of each measured count is to
come out. Every coefficient is held, weakly, to what is known beforehand (the prior, or another board's model, brought
to this board's level by one factor), so that few measurements are enough; what they say stands where they say it.

Notation: X features [n, k] of n operations, y their counts, b coefficients known beforehand, s the factor, w the
coefficients wanted. A coefficient's share of a count is w_j mean(X_ij / y_i).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from search.hardware import features
from search.hardware.latency import FamilyModel, LatencyModel
from search.hardware.record import Record

Floats = npt.NDArray[np.float64]

#: Standard deviations of a coefficient's share of a count: of what was known of it, and of what was taken to be 0.
KNOWN_SHARE, ABSENT_SHARE = 0.3, 0.03
LEAST_ERROR = 0.003  # relative; features are never the whole truth
FEW_ERROR = 0.03  # least error of a family without a degree of freedom left
_LEAVE_ONE_OUT, _FOLDS = 60, 20  # rows up to which each is left out alone, else as many parts
_LEVEL_SHARE = 0.25  # by which a coefficient's level may be off where a family was not measured at all


@dataclass(frozen=True, slots=True)
class Sample:
    """A measured operation."""

    variant: str
    record: Record
    count: float

    @property
    def family(self) -> str:
        return features.family_of(self.variant).name


@dataclass(frozen=True, slots=True)
class Fit:
    """residuals[i]: relative error of sample i when it is predicted from all the others of its family."""

    families: Mapping[str, FamilyModel]
    residuals: tuple[float, ...]


def fit(samples: Sequence[Sample], known: Mapping[str, FamilyModel]) -> Fit:
    """Coefficients of every family that `samples` or `known` has."""
    by_family: dict[str, list[int]] = {}
    for index, sample in enumerate(samples):
        by_family.setdefault(sample.family, []).append(index)
    families: dict[str, FamilyModel] = {}
    residuals = np.zeros(len(samples))
    levels = []
    for name, members in by_family.items():
        X = np.array([features.counts(samples[i].variant, samples[i].record) for i in members])
        y = np.array([samples[i].count for i in members])
        base = known[name].weights if name in known else None
        families[name], residuals[members], level = fit_family(X, y, base)
        levels += [] if level is None else [level]
    level = float(np.median(levels)) if levels else 1.0
    unmeasured = {name: _scaled(model, level) for name, model in known.items() if name not in by_family}
    return Fit({**families, **unmeasured}, tuple(residuals.tolist()))


def _scaled(model: FamilyModel, level: float) -> FamilyModel:
    """What is known of a family without measurements."""
    return FamilyModel(tuple(level * value for value in model.coefficients), max(model.error, _LEVEL_SHARE))


def fit_family(X: Floats, y: Floats, base: Floats | None) -> tuple[FamilyModel, Floats, float | None]:
    """(model, residuals of cross-validation, factor s of what was known beforehand); base: b, None if nothing was."""
    level = None if base is None or not np.any(X @ base > 0) else _level(X, y, base)
    target = np.zeros(X.shape[1]) if base is None or level is None else level * base
    relative = X / y[:, None]
    strength, goal = _hold(relative, target, LEAST_ERROR)
    weights, residuals = _cross_validated(relative, strength, goal)
    error = _error(relative, strength, weights)
    strength, goal = _hold(relative, target, error)
    weights, residuals = _cross_validated(relative, strength, goal)
    precision = (relative.T @ relative + np.diag(strength**2)) / error**2
    covariance = np.linalg.pinv(precision, hermitian=True)
    spread = tuple(tuple(float(f"{value:.6g}") for value in row) for row in covariance)
    coefficients = tuple(float(f"{value:.8g}") for value in weights)
    return FamilyModel(coefficients, float(f"{error:.4g}"), spread, len(y)), residuals, level


def _level(X: Floats, y: Floats, base: Floats) -> float:
    """The factor s that makes s X b / y nearest to 1."""
    ratio = X @ base / y
    return float(ratio.sum() / (ratio @ ratio))


def _hold(relative: Floats, target: Floats, error: float) -> tuple[Floats, Floats]:
    """(strength [k], goal [k]) of rows strength_j w_j = goal_j that hold each coefficient to its target."""
    share = relative.mean(axis=0)
    expected = share * target
    deviation = np.maximum(KNOWN_SHARE * expected, ABSENT_SHARE if target.any() else 1.0)
    strength = np.where(share > 0, error * share / deviation, 1e-9)
    return strength, strength * target


def _solve(relative: Floats, strength: Floats, goal: Floats) -> Floats:
    from scipy.optimize import nnls

    rows = np.vstack([relative, np.diag(strength)])
    scale = np.linalg.norm(rows, axis=0)
    solution, _ = nnls(rows / scale, np.concatenate([np.ones(len(relative)), goal]), maxiter=100 * rows.shape[1])
    weights: Floats = solution / scale
    return weights


def _cross_validated(relative: Floats, strength: Floats, goal: Floats) -> tuple[Floats, Floats]:
    """(coefficients from all rows, each row's relative error when it is left out)."""
    residuals = np.empty(len(relative))
    folds = len(relative) if len(relative) <= _LEAVE_ONE_OUT else _FOLDS
    for fold in range(folds):
        left_out = np.arange(len(relative)) % folds == fold
        residuals[left_out] = relative[left_out] @ _solve(relative[~left_out], strength, goal) - 1
    return _solve(relative, strength, goal), residuals


def _error(relative: Floats, strength: Floats, weights: Floats) -> float:
    """Standard deviation of one operation's relative error: of the residuals, by the degrees of freedom left.

    A fit that leaves hardly any says little of its own error: it is not taken to be small.
    """
    used = weights > 0
    rows = relative[:, used]
    inverse = np.linalg.pinv(rows.T @ rows + np.diag(strength[used] ** 2), hermitian=True)
    left = len(rows) - float(np.trace(rows @ inverse @ rows.T))
    residuals = relative @ weights - 1
    seen = sqrt(float(residuals @ residuals) / max(left, 1.0))
    return max(seen, LEAST_ERROR, FEW_ERROR / (1 + max(left, 0.0)))


def model_of(kind: str, found: Fit, source: str, invoke: float, step: float) -> LatencyModel:
    """The latency model of a fit. invoke, step: the engine's own share."""
    return LatencyModel(kind, found.families, source, invoke, step)
