"""Where the practice platforms are: they write their addresses and keys into the data folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.settings import Settings

FILE = "practice.json"


def read_practice(settings: Settings) -> Mapping[str, Any]:
    """Addresses and client credentials by platform; empty where no practice server was started."""
    try:
        found = json.loads((settings.data_dir / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_practice(settings: Settings, content: Mapping[str, Any]) -> None:
    """Replaced in one step: a reader never finds half of it."""
    part = settings.data_dir / f".{FILE}.part"
    part.write_text(json.dumps(content, indent=1))
    Path(part).chmod(0o600)
    part.replace(settings.data_dir / FILE)
