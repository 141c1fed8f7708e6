"""The firmware's C sources, shipped as package data; `ROOT` is the folder that holds them."""

from pathlib import Path

ROOT = Path(__file__).parent
