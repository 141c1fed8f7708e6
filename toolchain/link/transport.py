"""The serial port: a pyserial URL in, bytes both ways out; every way that a port fails ends in its own words."""

from __future__ import annotations

import errno
from typing import Protocol

import serial
from serial.tools import list_ports

from toolchain.errors import EnvironmentFailure

#: Longest silence before read() returns empty-handed, so that its caller can look at the clock.
POLL_S = 0.02
_WRITE_TIMEOUT_S = 5.0


class Transport(Protocol):
    """What the link needs of a port; tests put faults here."""

    name: str  # for messages

    def write(self, data: bytes) -> None:
        """Sends all of `data`."""

    def read(self) -> bytes:
        """The bytes that have arrived; empty after a short silence (POLL_S on a real port)."""

    def close(self) -> None:
        """Gives the port back."""


def known_ports() -> str:
    """The serial ports of this machine, for messages: 'Ports here: /dev/ttyACM0 (STM32 STLink).'."""
    ports = [f"{port.device} ({port.description})" for port in list_ports.comports()]
    return f"Serial ports here: {', '.join(ports)}." if ports else "This machine shows no serial port."


def _cannot_open(url: str, error: OSError) -> EnvironmentFailure:
    what = f"Cannot open serial port {url}: "
    if error.errno in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return EnvironmentFailure(
            f"{what}it is busy, another program holds it. "
            f"Close that program (fuser {url} names it) or wait for the other mcunas to end."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return EnvironmentFailure(
            f"{what}no permission. Add yourself to its group (sudo usermod -aG dialout $USER, then log in again)."
        )
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return EnvironmentFailure(f"{what}it does not exist. Plug the board in and name its port. {known_ports()}")
    return EnvironmentFailure(f"{what}{error}. Name the port with --port. {known_ports()}")


class SerialTransport:
    """A tty (/dev/ttyACM0, /dev/pts/3) or any other pyserial URL (socket://host:port), held exclusively.

    Raises EnvironmentFailure if the port is busy, absent, forbidden or no port, and later if it goes away.
    """

    def __init__(self, url: str, baud: int) -> None:
        self.name = url
        try:
            self._port = serial.serial_for_url(
                url, baudrate=baud, timeout=POLL_S, write_timeout=_WRITE_TIMEOUT_S, exclusive=True
            )
        except ValueError as error:
            raise EnvironmentFailure(f"{url} is not a serial port or pyserial URL: {error}. {known_ports()}") from None
        except OSError as error:
            raise _cannot_open(url, error) from None

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except serial.SerialTimeoutException:
            raise EnvironmentFailure(
                f"{self.name} took no data for {_WRITE_TIMEOUT_S:g} s: the board or emulator behind it hangs. "
                "Reset it, or plug it in again, and repeat the command."
            ) from None
        except OSError as error:
            raise self._gone(error) from None

    def read(self) -> bytes:
        try:
            first = bytes(self._port.read(1))
            return first + bytes(self._port.read(self._port.in_waiting)) if first else b""
        except OSError as error:
            raise self._gone(error) from None

    def close(self) -> None:
        self._port.close()

    def _gone(self, error: OSError) -> EnvironmentFailure:
        return EnvironmentFailure(
            f"{self.name} went away in the middle of the work ({error}): cable pulled, board reset its USB, or the "
            "emulator ended. Check the board and repeat the command."
        )
