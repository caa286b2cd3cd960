"""What a recogniser has understood so far, line by line in a file: a crash loses the last line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Journal:
    """Lines of an earlier try, and a place for new ones. Without a file nothing outlives it."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.lines: list[dict[str, Any]] = []
        if path is not None and path.is_file():
            whole, _, torn = path.read_bytes().rpartition(b"\n")
            self.lines = [json.loads(line) for line in whole.splitlines()]
            if torn:
                path.write_bytes(whole + b"\n" if whole else b"")

    def note(self, line: dict[str, Any]) -> None:
        self.lines.append(line)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
