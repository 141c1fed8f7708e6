"""What the user or the board did wrong: exceptions that end in one message and an exit code; all else is a bug."""

from __future__ import annotations

PASSED, FAILED, BAD_INPUT, ENVIRONMENT, INVALID, INTERRUPTED = 0, 1, 2, 3, 4, 130


class UserError(Exception):
    """Base of every expected failure. The text says what failed with its values, why, and what to do next."""

    exit_code = BAD_INPUT
    verdict: str | None = None


class BadInput(UserError):
    """A file, an option or a configuration that cannot be used."""


class ProductFailure(UserError):
    """The product is wrong: outputs differ, or latency or memory over the limit."""

    exit_code = FAILED
    verdict = "failed"


class EnvironmentFailure(UserError):
    """No board, port busy, wrong firmware, tool absent."""

    exit_code = ENVIRONMENT
    verdict = "environment"


class InvalidMeasurement(UserError):
    """A measurement that must not be believed: timer frozen or wrapped, reset mid-run, unstable repeats."""

    exit_code = INVALID
    verdict = "invalid"
