"""A run configuration: TOML in, one typed `RunConfig` out; everything that can be wrong with it is said here."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from search.settings import DataSettings, Limits, SearchSettings, TrainSettings
from toolchain.errors import BadInput

Model = TypeVar("Model", bound=BaseModel)


class ExportSettings(BaseModel):
    """How the trained network becomes an int8 .tflite."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calibration_samples: int = Field(200, gt=0, description="training images that set the activation ranges")


class ValidateSettings(BaseModel):
    """What the device must show for the verdict to be 'passed'."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: int | None = Field(None, gt=0, description="test images to run on the device; all by default")
    repeats: int = Field(3, ge=1, description="timed inferences")
    min_accuracy: float = Field(0.0, ge=0, le=1, description="of the device, on the test split")
    max_int8_loss: float = Field(0.01, ge=0, le=1, description="float accuracy minus device accuracy, as a share")


class RunConfig(BaseModel):
    """One run, from data to verdict."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    seed: int = Field(0, ge=0, lt=2**32)
    board: str = "qemu_mps2_an386"
    data: DataSettings = DataSettings()
    search: SearchSettings = SearchSettings()
    limits: Limits = Limits()
    train: TrainSettings = TrainSettings()
    export: ExportSettings = ExportSettings()
    validation: ValidateSettings = Field(ValidateSettings(), alias="validate")


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a dict; raises BadInput if it is missing or is not TOML."""
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist. Start from examples/digits.toml.") from None
    except (IsADirectoryError, PermissionError) as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is not valid TOML: {error}.") from None


def load_config(path: Path, board: str | None = None) -> RunConfig:
    """The run configuration in `path`; `board` replaces the file's own. Raises BadInput naming every wrong key."""
    raw = read_toml(path)
    if board is not None:
        raw["board"] = board
    config = parse(RunConfig, raw, path)
    npz = config.data.npz
    if npz is None:
        return config
    npz = (path.parent / npz).resolve()
    if not npz.is_file():
        raise BadInput(f"data.npz: {npz} is no file. Write it with numpy.savez(path, x=images, y=labels).")
    return config.model_copy(update={"data": config.data.model_copy(update={"npz": npz})})


def parse(model: type[Model], raw: dict[str, Any], origin: Path) -> Model:
    """`raw` as `model`, or BadInput that names each key of `origin` that is wrong, with the near valid name."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        faults = [_fault(model, fault["loc"], fault["msg"], fault.get("input")) for fault in error.errors()]
        raise BadInput(f"{origin} is not usable:\n" + "\n".join(f"  {fault}" for fault in faults)) from None


def _fault(model: type[BaseModel], location: tuple[int | str, ...], message: str, value: object) -> str:
    key = ".".join(str(part) for part in location)
    if message.startswith("Extra inputs"):
        names = _names(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), names, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{key}: unknown key.{hint} Known here: {', '.join(names)}."
    shown = f" (got {value!r})" if isinstance(value, str | int | float | bool) else ""
    return f"{key or 'the file'}: {message.removeprefix('Value error, ')}{shown}"


def _names(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    for part in location:
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return []
        model = field.annotation
    return sorted(f.alias or n for n, f in model.model_fields.items())
