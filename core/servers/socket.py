"""Where the embedded Redis listens."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from core.settings import Settings


def socket_path(settings: Settings) -> str:
    """Where the embedded Redis listens. A socket path has about 100 bytes in all, so a deep data
    folder gets a short name in the temporary folder instead (sun_path is 108 bytes on Linux)."""
    wanted = settings.data_dir.resolve() / "redis.sock"
    if len(str(wanted).encode()) < 100:
        return str(wanted)
    short = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    return str(Path(tempfile.gettempdir()) / f"clipdesk-{short}.sock")
