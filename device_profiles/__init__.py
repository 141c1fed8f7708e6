"""Board profiles: one TOML file a board in `boards/`, read into a typed `Board`."""

from device_profiles.loader import UnknownBoard, board_names, load_board
from device_profiles.schema import Board, TimingKind

__all__ = ["Board", "TimingKind", "UnknownBoard", "board_names", "load_board"]
