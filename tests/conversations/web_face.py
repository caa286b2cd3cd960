"""Somebody in front of the web page, without the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conversations.face import Heard, Teller
from tests.doubles.newcomer import Newcomer, words


class WebFace(Teller):
    """The page's own protocol (bot/web_socket.py)."""

    name = "web"

    def __init__(self, person: Newcomer) -> None:
        self._person = person

    async def write(self, text: str) -> None:
        await self._person.send(text)

    async def send(self, text: str, *files: Path) -> None:
        await self._person.send(text, *files)

    async def come_back(self) -> None:
        await self._person.connect()

    async def press(self, label: str) -> None:
        await self.sees(self.having(label), why=f"[{label}]")
        await self._person.press(label)

    @property
    def messages(self) -> list[Heard]:
        ordered = sorted(self._person.messages.values(), key=lambda m: int(m["id"]))
        return [_heard(m) for m in ordered if m.get("from") == "bot" and not m.get("removed")]


def _heard(m: dict[str, Any]) -> Heard:
    buttons = [b for row in m.get("buttons") or [] for b in row]
    links = [r["href"] for p in m.get("text", []) for r in p if r.get("href")]
    media = m.get("media") or {}
    return Heard(
        str(m["id"]),
        words(m),
        tuple(b["label"] for b in buttons if b.get("act")),
        (*(b["url"] for b in buttons if b.get("url")), *links),
        media.get("kind"),
        m.get("alt", ""),
        bool(m.get("quiet")),
    )
