"""What the practice platforms remember: accounts, codes, tokens, uploads, posts. A restart forgets
nothing; the ledger says what became visible, and is what tests and people trust."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections import defaultdict, deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.clock import Clock

_SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE TABLE IF NOT EXISTS post (
    id INTEGER PRIMARY KEY AUTOINCREMENT, platform TEXT NOT NULL, account TEXT NOT NULL,
    remote_id TEXT NOT NULL UNIQUE, made_from TEXT NOT NULL UNIQUE, caption TEXT NOT NULL,
    visible TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, size_b INTEGER NOT NULL,
    at REAL NOT NULL
);
"""


class State:
    """Small documents by kind and key, and the posts. Every write is on disk when it returns."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.media = folder / "media"
        self.media.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self.problems: dict[str, str] = {}
        """What is wrong with files that were looked at before, by their hash."""
        self._db = sqlite3.connect(folder / "practice.db", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @property
    def now_s(self) -> float:
        """Seconds since 1970."""
        return self._clock.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    def too_often(self, call: str, account: str, per_minute: int) -> bool:
        """A sliding window of one minute for each account and call."""
        calls, now = self._calls[f"{call}/{account}"], self.now_s
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= per_minute:
            return True
        calls.append(now)
        return False

    # ── documents ──────────────────────────────────────────────────────────────────────────────

    def put(self, kind: str, key: str, body: Mapping[str, Any]) -> None:
        self._db.execute(
            "INSERT INTO thing VALUES (?, ?, ?, ?) "
            "ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind, key, json.dumps(body), self.now_s),
        )

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        row = self._db.execute(
            "SELECT body FROM thing WHERE kind = ? AND key = ?", (kind, key)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def take(self, kind: str, key: str) -> dict[str, Any] | None:
        """Read and remove in one: codes work once."""
        row = self._db.execute(
            "DELETE FROM thing WHERE kind = ? AND key = ? RETURNING body", (kind, key)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str) -> list[tuple[str, dict[str, Any], float]]:
        rows = self._db.execute(
            "SELECT key, body, at FROM thing WHERE kind = ? ORDER BY at, key", (kind,)
        ).fetchall()
        return [(key, json.loads(body), at) for key, body, at in rows]

    def forget(self, kind: str, **fields: str) -> int:
        """Remove everything of a kind whose body has these values; how many that were."""
        gone = [k for k, body, _ in self.all(kind) if fields.items() <= body.items()]
        for key in gone:
            self.take(kind, key)
        return len(gone)

    def count(self, kind: str, since_s: float, prefix: str = "") -> int:
        """How many of a kind are younger than that."""
        row = self._db.execute(
            "SELECT count(*) FROM thing WHERE kind = ? AND at > ? AND key LIKE ? || '%'",
            (kind, since_s, prefix),
        ).fetchone()
        return int(row[0])

    def once(self, name: str, make: Any) -> str:
        """A value that is made on the first start and stays."""
        kept = self.get("kept", name)
        if kept is None:
            kept = {"value": make()}
            self.put("kept", name, kept)
        return str(kept["value"])

    # ── posts ──────────────────────────────────────────────────────────────────────────────────

    def publish(
        self,
        platform: str,
        account: str,
        made_from: str,
        *,
        remote_id: str,
        caption: str,
        visible: str,
        file: str,
        sha256: str,
        size_b: int,
    ) -> dict[str, Any]:
        """Into the ledger. One upload is one post, however often it is asked for."""
        self._db.execute(
            "INSERT INTO post (platform, account, remote_id, made_from, caption, visible, file, "
            "sha256, size_b, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (made_from) DO NOTHING",
            (
                *(platform, account, remote_id, made_from, caption),
                *(visible, file, sha256, size_b, self.now_s),
            ),
        )
        found = self.post_from(made_from)
        assert found is not None
        return found

    def _posts(self, where: str, *args: object) -> list[dict[str, Any]]:
        # `where` is always one of ours; what comes from outside is in `args`.
        cursor = self._db.execute(f"SELECT * FROM post WHERE {where} ORDER BY id DESC", args)  # noqa: S608
        names = [c[0] for c in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def post_from(self, made_from: str) -> dict[str, Any] | None:
        return next(iter(self._posts("made_from = ?", made_from)), None)

    def post(self, remote_id: str) -> dict[str, Any] | None:
        return next(iter(self._posts("remote_id = ?", remote_id)), None)

    def posts(self, platform: str, account: str | None = None) -> list[dict[str, Any]]:
        """Newest first."""
        if account is None:
            return self._posts("platform = ?", platform)
        return self._posts("platform = ? AND account = ?", platform, account)

    def ledger(self) -> list[dict[str, Any]]:
        """Everything anybody could see, oldest first."""
        return self._posts("1 = 1")[::-1]


def new_id(prefix: str = "") -> str:
    """Nobody can guess it."""
    return prefix + secrets.token_urlsafe(24)


def number_id() -> str:
    """A long number, as both platforms give."""
    return str(7_000_000_000_000_000_000 + secrets.randbelow(999_999_999_999_999_999))
