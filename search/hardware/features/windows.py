"""How the windows of a convolution or pool lie over its input: a record in, counts of taps and of whole windows out."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from search.hardware.record import Record


class Axis(NamedTuple):
    """Windows along height or width. taps: kernel elements inside the input, all windows together.

    whole: windows that lie inside with all their elements. first, last: the first and last of those; -1 if none does.
    """

    taps: int
    whole: int
    first: int
    last: int


class Windows(NamedTuple):
    """Along height and along width."""

    rows: Axis
    columns: Axis

    @property
    def taps(self) -> int:
        """Elements inside the input, one channel, all windows."""
        return self.rows.taps * self.columns.taps

    @property
    def whole(self) -> int:
        return self.rows.whole * self.columns.whole


@lru_cache(maxsize=4096)
def _axis(size: int, out: int, kernel: int, stride: int, dilation: int, pad: int) -> Axis:
    taps, whole = 0, []
    for index in range(out):
        start = index * stride - pad
        before = -(-max(-start, 0) // dilation)
        after = -(-max(start + (kernel - 1) * dilation + 1 - size, 0) // dilation)
        taps += max(kernel - before - after, 0)
        if before == after == 0:
            whole.append(index)
    return Axis(taps, len(whole), whole[0] if whole else -1, whole[-1] if whole else -1)


def windows(record: Record) -> Windows:
    """The windows of `record`."""
    rows, columns = (
        _axis(*sizes, pads[0])
        for sizes, pads in zip(
            zip(record.input, record.output, record.kernel, record.stride, record.dilation, strict=False),
            record.pads,
            strict=True,
        )
    )
    return Windows(rows, columns)
