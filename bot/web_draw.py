"""A stored message as the page gets it: plain JSON, never HTML."""

from __future__ import annotations

from typing import Any

from bot.media_links import MediaLinks
from core.chat.message import Button, MediaOut, Out
from core.db.web_messages import WebMessage
from core.i18n.catalog import Catalog, Run, direction
from core.say import Say


class Drawing:
    """Turns messages into JSON, with fresh links."""

    def __init__(self, catalog: Catalog, links: MediaLinks) -> None:
        self._catalog = catalog
        self._links = links

    def message(self, message: WebMessage) -> dict[str, Any]:
        """Everything the page shows of it."""
        drawn: dict[str, Any] = {
            "id": message.id,
            "version": message.version,
            "from": "bot" if message.from_us else "me",
            "at": message.at.isoformat(),
            "changed": message.changed_at.isoformat() if message.changed_at else None,
        }
        if message.removed:
            return drawn | {"removed": True}
        if not message.from_us:
            return drawn | {
                "key": message.body["key"],
                "text": [[_plain(message.body["text"])]] if message.body["text"] else [],
                "files": message.body["files"],
            }
        out = Out.from_json(message.body["out"])
        return drawn | self._out(out, message.body["language"])

    def _out(self, out: Out, language: str) -> dict[str, Any]:
        text = [self._paragraph(s, language) for s in out.text]
        return {
            "language": self._catalog.known(language),
            "dir": direction(self._catalog.known(language)),
            "text": [runs for runs in text if runs],
            "progress": _progress(out),
            "buttons": [[self._button(b, language) for b in row] for row in out.buttons],
            "media": self._media(out.media) if out.media else None,
            "alt": self._catalog.text(out.alt, language) if out.alt else "",
            "quiet": out.quiet,
        }

    def _paragraph(self, sentence: Say, language: str) -> list[dict[str, Any]]:
        return [_run(run) for run in self._catalog.runs(sentence, language)]

    def _button(self, button: Button, language: str) -> dict[str, Any]:
        return {
            "label": self._catalog.text(button.label, language),
            "act": button.act.pack() if button.act else None,
            "url": button.url,
            "style": button.style,
        }

    def _media(self, media: MediaOut) -> dict[str, Any]:
        return {
            "kind": media.kind,
            "url": self._links.link(media.key, name=media.name),
            "download": self._links.link(media.key, name=media.name, download=True),
            "cover": self._links.link(media.cover_key) if media.cover_key else None,
            "width": media.width,
            "height": media.height,
            "duration": media.duration_s,
            "name": media.name,
            "size": media.size_b,
        }


def _plain(text: str) -> dict[str, Any]:
    return {"text": text, "style": "", "href": None, "when": None}


def _run(run: Run) -> dict[str, Any]:
    when = run.when.isoformat() if run.when else None
    return {"text": run.text, "style": run.style, "href": run.href, "when": when}


def _progress(out: Out) -> int | None:
    """Whole percents, when a sentence tells how far something is."""
    for sentence in out.text:
        percent = sentence.facts.get("percent")
        if isinstance(percent, int | float):
            return round(min(100, max(0, percent)))
    return None
