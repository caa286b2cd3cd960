"""Room on the disk: asked for before work, and told in words when it is gone."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from core.errors import Told
from core.say import Bytes

SPARE_B = 200 << 20
"""Kept free for the database and the clips: a disk filled to the last byte stops everything."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def check_space(folder: Path, need_b: int) -> None:
    """Raises Told when `need_b` does not fit into what is free there."""
    free_b = shutil.disk_usage(folder).free
    if free_b < need_b + SPARE_B:
        raise Told("media.disk_short", need=Bytes(need_b + SPARE_B), free=Bytes(free_b))


def tell_if_full(wrong: OSError) -> None:
    """Raises Told when a write failed for want of room; any other error is the caller's."""
    if wrong.errno in _FULL:
        raise Told("media.disk_full") from wrong
