"""The folder `clipdesk clip` leaves its clips in: nothing half made, nothing of killed runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Told
from core.media.disk import tell_if_full

SCRATCH = "clipdesk-"


def shown(path: object) -> str:
    """A path on one line, whatever characters it holds."""
    return "".join(c if c.isprintable() else " " for c in str(path))


def refuse_overwriting(path: Path, out: Path) -> None:
    """A clip of an earlier run, cut again into the same folder, would be replaced by its clip."""
    if path.resolve().parent == out.resolve() and re.fullmatch(r"clip-\d+\.mp4", path.name):
        raise Told("clip_command.same_file", path=shown(path))


@contextmanager
def out_folder(out: Path) -> Iterator[Path]:
    """A hidden folder inside `out` to work in. Where no clip came of it, `out` vanishes again."""
    new = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        try:
            out.mkdir(parents=True, exist_ok=True)
            _clear_killed(out)
            scratch = tempfile.TemporaryDirectory(dir=out, prefix=f".{SCRATCH}")
        except OSError as wrong:
            tell_if_full(wrong)
            why = wrong.strerror or ""
            raise Told("clip_command.out", path=shown(out), why=why) from wrong
        with scratch as making, _held(Path(making)):
            yield Path(making)
    finally:
        for folder in new:
            with contextlib.suppress(OSError):  # it holds clips, or was never made
                folder.rmdir()


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """A lock on a folder that ends with this process, however it ends; False: another has it."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            free = True
        except BlockingIOError:
            free = False
        yield free
    finally:
        os.close(fd)


def _clear_killed(out: Path) -> None:
    """Throw away the working folders of runs that were killed; those of running ones are held."""
    for left in out.glob(f".{SCRATCH}*"):
        with contextlib.suppress(OSError), _held(left) as free:
            if free:
                shutil.rmtree(left)
