"""What a run configuration may say about data, search, limits and training: typed values, checked when parsed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from search.errors import SearchError
from search.proxies import get_proxy
from search.spaces import load_deployable


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_space(name: str) -> str:
    try:
        load_deployable(name)
    except SearchError as error:
        raise ValueError(str(error)) from None
    return name


def _known_proxies(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("a proxy is named twice")
    for name in names:
        try:
            get_proxy(name)
        except SearchError as error:
            raise ValueError(str(error)) from None
    return names


class DataSettings(_Section):
    """Which labelled images, and how they are split. Without `npz`: scikit-learn's 1,797 handwritten digits."""

    npz: Path | None = Field(None, description="x [N, H, W] or [N, H, W, C], y [N] with classes 0 to K-1")
    validation: float = Field(0.15, gt=0, lt=1, description="share of all images, rounded up")
    test: float = Field(0.2, gt=0, lt=1, description="share of all images, rounded up")

    @model_validator(mode="after")
    def _leaves_training_images(self) -> DataSettings:
        if self.validation + self.test >= 1:
            raise ValueError(f"validation + test = {self.validation + self.test:g} leaves no images for training")
        return self


class SearchSettings(_Section):
    """What is searched and how long."""

    space: Annotated[str, AfterValidator(_known_space)] = Field("mobilenet", description="of `mcunas spaces`")
    proxies: Annotated[tuple[str, ...], AfterValidator(_known_proxies)] = Field(
        ("synflow", "naswot", "zico"),
        min_length=1,
        description="of `mcunas proxies`; the score is the geometric mean of the ranks",
    )
    candidates: int = Field(200, ge=1, description="architectures inside the limits to score, at least")
    population: int = Field(40, ge=4, description="architectures of one NSGA-II generation")
    reference: int = Field(64, ge=2, description="random architectures that ranks are taken against")
    random: int = Field(1000, ge=1, description="random architectures that tell what each limit rejects")
    batch: int = Field(32, ge=2, description="training images of one batch for the proxies")
    device: Literal["cpu", "cuda"] = Field(
        "cpu", description="for the proxies; networks this small are faster on a CPU"
    )
    jobs: int | None = Field(None, ge=1, description="processes, by default one a CPU; the result is the same")


_TIMINGS = ("instructions", "modelled_cycles", "latency_us")


class Limits(_Section):
    """What an architecture must not exceed, by default nothing. At most one of the last three: the board's own kind."""

    arena_bytes: int | None = Field(None, gt=0, description="RAM for activations and scratch")
    flash_bytes: int | None = Field(None, gt=0, description="the whole firmware with its model")
    instructions: int | None = Field(None, gt=0, description="of an inference, on boards that count instructions")
    modelled_cycles: int | None = Field(None, gt=0, description="of an inference, where the core's costs are published")
    latency_us: float | None = Field(None, gt=0, description="of an inference, on boards that count cycles")

    @model_validator(mode="after")
    def _one_kind(self) -> Limits:
        given = [name for name in _TIMINGS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"give one of {' and '.join(given)}, the board's own timing kind")
        return self

    @property
    def timing(self) -> tuple[str, float] | None:
        """Name and value of the limit on an inference, None if there is none."""
        return next(((name, getattr(self, name)) for name in _TIMINGS if getattr(self, name) is not None), None)


class TrainSettings(_Section):
    """How the pick is trained: SGD with Nesterov momentum, cosine schedule, shifted and rotated images."""

    epochs: int = Field(30, ge=1, description="passes over the training images")
    batch: int = Field(64, ge=2, description="images of one step")
    learning_rate: float = Field(0.1, gt=0, description="the largest, from which the cosine falls")
    momentum: float = Field(0.9, ge=0, lt=1, description="Nesterov's")
    weight_decay: float = Field(5e-4, ge=0, description="L2, of all parameters")
    label_smoothing: float = Field(0.05, ge=0, lt=1, description="share of the target spread over all classes")
    max_shift: float = Field(0.1, ge=0, lt=1, description="as a share of the image's side")
    max_rotation_degrees: float = Field(10.0, ge=0, le=180, description="either way")
    checkpoint_epochs: int = Field(5, ge=1, description="epochs between checkpoints")
    threads: int = Field(1, ge=1, description="of torch on a CPU; more rarely help, and the trained bytes depend on it")
