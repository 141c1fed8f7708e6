"""What a board profile says: cpu, clock, memories, serial, flasher and timing source, as typed values from TOML."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

TimingKind = Literal["cycles", "instructions", "modelled_cycles"]


def _integer(value: object) -> object:
    """Accept 0x-prefixed strings for addresses, since some TOML writers have no hexadecimal."""
    return int(value, 0) if isinstance(value, str) else value


Address = Annotated[int, BeforeValidator(_integer), Field(ge=0, lt=2**64)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cpu(_Section):
    """The core and how to compile for it."""

    core: str = Field(description="cortex-m4, rv32imac, ... or host")
    compiler: str = Field(description="prefix of the compiler, e.g. arm-none-eabi-; empty for the host's own")
    flags: tuple[str, ...] = Field(description="what selects the core and its ABI, e.g. -mcpu=cortex-m4")
    kernels: tuple[str, ...] = Field(description="kernel folders that may be used, best first; 'ref' is the last")


class Clock(_Section):
    """The core clock that the firmware sets up and must report."""

    hz: int = Field(gt=0)


class Region(_Section):
    """One memory: where it starts and how large it is."""

    origin: Address
    bytes: int = Field(gt=0)


class Memory(_Section):
    """Where code and data go. `reserve_bytes` of RAM are left to the stack and the link's buffers."""

    flash: Region
    ram: Region
    reserve_bytes: int = Field(gt=0)


class Serial(_Section):
    """How the host reaches the firmware. `port` is empty when the flasher makes the port itself (emulators)."""

    baud: int = Field(gt=0)
    port: str = ""
    bytes_per_s: int = Field(gt=0, description="slowest sustained rate seen, for time-outs")


class Timing(_Section):
    """What the firmware's ticks are worth. `ns_per_instruction`: for emulators that advance time by instructions."""

    kind: TimingKind | None = Field(default=None, description="None: the board's ticks mean nothing (the host port)")
    source: Literal["none", "dwt", "systick", "cmsdk", "mcycle"]
    hz: int = Field(gt=0)
    ns_per_instruction: float | None = None
    cost_table: str = Field(default="", description="of toolchain/emulator/, for modelled cycles; empty: none")

    @property
    def counters(self) -> dict[TimingKind, int]:
        """What the firmware can count and the number of its counter (docs/protocol.md), the board's own kind first.

        The first counter is the timer, which counts instructions where modelled cycles come from a table of costs.
        """
        if not self.cost_table:
            return {self.kind: 0} if self.kind else {}
        found: dict[TimingKind, int] = {"modelled_cycles": 1}
        if self.ns_per_instruction is not None:
            found["instructions"] = 0
        return dict(sorted(found.items(), key=lambda item: item[0] != self.kind))


class Flasher(_Section):
    """How the image gets onto the board: a module in toolchain/flashers/ and its options."""

    name: str
    options: dict[str, str | int | bool] = {}


class Firmware(_Section):
    """Which port of the firmware, and the constants that its sources want (written into board.h)."""

    hal: tuple[str, ...] = Field(description="sources below firmware/hal/")
    linker_script: str = Field(description="template below firmware/ld/; empty for the host")
    max_payload: int = Field(default=512, ge=64, le=4096, description="largest payload of a frame; takes RAM twice")
    stack_bytes: int = Field(default=2048, ge=512, multiple_of=16, description="stack at the end of RAM")
    defines: dict[str, Address] = {}


class Board(_Section):
    """A board profile."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    emulated: bool
    cpu: Cpu
    clock: Clock
    memory: Memory
    serial: Serial
    timing: Timing
    flasher: Flasher
    firmware: Firmware

    @model_validator(mode="after")
    def _consistent(self) -> Board:
        if self.timing.kind == "cycles" and self.emulated:
            raise ValueError("an emulated board counts no cycles: timing.kind must be instructions or modelled_cycles")
        if self.timing.kind == "instructions" and self.timing.ns_per_instruction is None:
            raise ValueError("timing.kind = 'instructions' needs timing.ns_per_instruction")
        if self.timing.cost_table and (not self.emulated or self.timing.kind is None):
            raise ValueError("timing.cost_table is for emulated boards that count instructions or modelled_cycles")
        if self.cpu.kernels[-1:] != ("ref",):
            raise ValueError("cpu.kernels must end with 'ref', the kernels that define the result")
        if self.memory.reserve_bytes >= self.memory.ram.bytes:
            raise ValueError("memory.reserve_bytes leaves no RAM for the arena")
        return self

    @property
    def arena_limit_bytes(self) -> int:
        """Most bytes of arena that this board can hold."""
        return self.memory.ram.bytes - self.memory.reserve_bytes
