"""What answers at the port: the response to HELLO as typed values, and the proof that it is what we want to measure."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from toolchain.errors import EnvironmentFailure
from toolchain.link.frames import VERSION

#: By number; a board profile's timing.source is one of the first five.
TIMERS = ("none", "dwt", "systick", "cmsdk", "mcycle", "cost_cycles", "cost_instructions")

_FIXED = struct.Struct("<BBHBBHIIIII16s32sBB")


@dataclass(frozen=True, slots=True)
class Hello:
    """The response to HELLO (docs/protocol.md)."""

    window: int
    max_payload: int
    timer: str
    timer_ok: bool
    steps: int
    clock_hz: int
    timer_hz: int
    timer_overhead: int  # ticks
    startup: int  # ticks
    arena_bytes: int
    build_id: str  # hexadecimal, 32 digits
    model_sha256: str  # hexadecimal, 64 digits
    inputs: int
    outputs: int
    board: str
    engine: str
    kernels: str


def timer_name(number: int) -> str:
    """What a counter is called (hal_timer_t of the firmware)."""
    return TIMERS[number] if number < len(TIMERS) else f"timer {number}"


def parse_hello(payload: bytes, port: str) -> Hello:
    """The payload of a HELLO response. Raises EnvironmentFailure if it is another version or malformed."""
    if payload[:1] and payload[0] != VERSION:
        raise EnvironmentFailure(
            f"The firmware at {port} speaks protocol version {payload[0]}, this mcunas speaks {VERSION}. "
            "Run without --no-flash to flash firmware of this version."
        )
    try:
        (_, window, max_payload, timer, timer_ok, steps, clock_hz, timer_hz, overhead, startup, arena, build_id,
         sha256, inputs, outputs) = _FIXED.unpack_from(payload)  # fmt: skip
        board, engine, kernels = _strings(payload[_FIXED.size :], count=3)
    except (struct.error, IndexError, UnicodeDecodeError):
        raise EnvironmentFailure(
            f"The firmware at {port} answers HELLO with {len(payload)} bytes that do not follow docs/protocol.md. "
            "Run without --no-flash to flash this project's firmware."
        ) from None
    return Hello(
        window, max_payload, timer_name(timer), bool(timer_ok), steps,
        clock_hz, timer_hz, overhead, startup, arena, build_id.hex(), sha256.hex(), inputs, outputs, board, engine,
        kernels,
    )  # fmt: skip


def _strings(data: bytes, count: int) -> list[str]:
    """`count` strings, each a length byte and its bytes."""
    strings, at = [], 0
    for _ in range(count):
        end = at + 1 + data[at]
        if end > len(data):
            raise IndexError
        strings.append(data[at + 1 : end].decode("ascii"))
        at = end
    return strings


def expect(
    hello: Hello,
    port: str,
    *,
    board: str | None = None,
    build_id: str | None = None,
    model_sha256: str | None = None,
) -> None:
    """Raises EnvironmentFailure unless `hello` came from this board, build and model; None is not compared."""
    wanted = {"board": (hello.board, board), "model": (hello.model_sha256, model_sha256)}
    wanted["build"] = (hello.build_id, build_id)
    wrong = {what: (got, want) for what, (got, want) in wanted.items() if want is not None and got != want}
    if wrong:
        faults = "; ".join(f"{what} is {got[:32]}, not {want[:32]}" for what, (got, want) in wrong.items())
        raise EnvironmentFailure(
            f"Another firmware answers at {port}: {faults}. Nothing was measured. Run without --no-flash to flash "
            "the right firmware, or name the board's own port with --port."
        )
