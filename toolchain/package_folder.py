"""The folder of a package: its files in, the folder whole or not at all out; what is not ours is never overwritten."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from toolchain.errors import BadInput

MANIFEST = "mcunas_package.json"  # names the files of a package, and so tells one from other folders


def check_place(out: Path) -> None:
    """Raise BadInput if a package in `out` would take the place of anything but an earlier package."""
    if not out.exists():
        return
    if not out.is_dir():
        raise BadInput(f"{out} is a file. Give --out a folder for the package.")
    present = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_symlink() or not path.is_dir()}
    if not present:
        return
    try:
        listed = {MANIFEST, *json.loads((out / MANIFEST).read_text())["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise BadInput(
            f"{out} is not empty and holds no package of mcunas, so nothing was written. Give --out a new folder."
        ) from None
    foreign = sorted(present - listed)
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise BadInput(
            f"{out} holds {foreign[0]}{more} besides the package that mcunas would replace, so nothing was written. "
            "Move that away, or give --out a new folder."
        )


def publish(files: Mapping[str, bytes], out: Path) -> None:
    """Write `files` aside and put them in place of `out`, which check_place() has passed. Raises BadInput."""
    out = out.resolve()  # a link stays a link
    fresh, old = (out.with_name(f".{out.name}.{what}") for what in ("mcunas-new", "mcunas-old"))
    try:
        for left in (fresh, old):  # by a run that was killed
            if left.exists():
                shutil.rmtree(left)
        for name, content in files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(content)
        _exchange(fresh, old, out)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise BadInput(f"Cannot write the package to {out}: {error}. Choose another folder with --out.") from None


def _exchange(fresh: Path, old: Path, out: Path) -> None:
    """`out` is the earlier package or the new one, or absent for the moment between two renames."""
    if out.exists():
        out.rename(old)
    try:
        fresh.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise
