"""A plot of predicted against measured counts: points in, an SVG out, the same bytes for the same points."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

SIZE, MARGIN = 320, 46
SOLID, DASHED = 'stroke="#333"', 'stroke="#999" stroke-dasharray="3"'


def plot(points: Sequence[tuple[int, int]], title: str, kind: str) -> str:
    """points: (measured, predicted). Both axes are logarithmic; the line is where they are equal, dashed ± 10 %."""
    values = [value for point in points for value in point]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))

    def place(value: float) -> float:
        return MARGIN + (log10(value) - low) / max(high - low, 1) * (SIZE - 2 * MARGIN)

    def line(factor: float, style: str) -> str:
        a, b = place(10**low), place(10**high)
        shift = log10(factor) / max(high - low, 1) * (SIZE - 2 * MARGIN)
        return f'<line x1="{a:.1f}" y1="{SIZE - a - shift:.1f}" x2="{b:.1f}" y2="{SIZE - b - shift:.1f}" {style}/>'

    marks = "".join(
        f'<circle cx="{place(measured):.1f}" cy="{SIZE - place(predicted):.1f}" r="2.5"/>'
        for measured, predicted in points
    )
    ticks = "".join(
        f'<text x="{place(10**power):.1f}" y="{SIZE - MARGIN + 16}" text-anchor="middle">10^{power}</text>'
        f'<text x="{MARGIN - 6}" y="{SIZE - place(10**power) + 4:.1f}" text-anchor="end">10^{power}</text>'
        for power in range(low, high + 1)
    )
    frame = f'x="{MARGIN}" y="{MARGIN}" width="{SIZE - 2 * MARGIN}" height="{SIZE - 2 * MARGIN}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}" '
        'font-family="sans-serif" font-size="11">'
        f'<rect width="{SIZE}" height="{SIZE}" fill="#fff"/><rect {frame} fill="none" stroke="#999"/>'
        f'<text x="{SIZE / 2}" y="20" text-anchor="middle" font-size="13">{title}</text>'
        f'<text x="{SIZE / 2}" y="{SIZE - 8}" text-anchor="middle">measured {kind}</text>'
        f'<text x="12" y="{SIZE / 2}" text-anchor="middle" transform="rotate(-90 12 {SIZE / 2})">predicted</text>'
        f"{ticks}{line(1, SOLID)}{line(1.1, DASHED)}{line(1 / 1.1, DASHED)}"
        f'<g fill="#1769aa" fill-opacity="0.7">{marks}</g></svg>\n'
    )
