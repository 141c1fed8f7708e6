"""Settings: what a configuration may say, and what is said when it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from search.settings import DataSettings, Limits, SearchSettings, TrainSettings


@pytest.mark.parametrize(
    ("model", "values", "message"),
    [
        (DataSettings, {"csv": "a"}, "Extra inputs are not permitted"),
        (DataSettings, {"validation": 0.5, "test": 0.5}, "validation + test = 1 leaves no images for training"),
        (DataSettings, {"test": 0}, "greater than 0"),
        (SearchSettings, {"space": "mobilnet"}, "There is no search space 'mobilnet'. Did you mean mobilenet?"),
        (SearchSettings, {"proxies": ["sinflow"]}, "There is no proxy 'sinflow'. Did you mean synflow?"),
        (SearchSettings, {"proxies": ["zico", "zico"]}, "a proxy is named twice"),
        (SearchSettings, {"proxies": []}, "at least 1 item"),
        (SearchSettings, {"jobs": 0}, "greater than or equal to 1"),
        (Limits, {"arena_bytes": -1}, "greater than 0"),
        (Limits, {"instructions": 5, "latency_us": 5.0}, "give one of instructions and latency_us, the board's own"),
        (TrainSettings, {"epochs": 0}, "greater than or equal to 1"),
        (TrainSettings, {"lr": 0.1}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_used_is_refused(model: type[BaseModel], values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        model.model_validate(values)
    assert message in str(error.value)


def test_sections_may_be_empty_and_do_not_change() -> None:
    assert SearchSettings().candidates >= 200
    assert set(SearchSettings().proxies) == {"synflow", "naswot", "zico"}
    assert Limits().timing is None
    assert Limits(latency_us=12.5).timing == ("latency_us", 12.5)
    with pytest.raises(ValidationError, match="frozen"):
        TrainSettings().epochs = 3  # type: ignore[misc]
