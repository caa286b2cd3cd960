"""An `Out` as Discord shows it: markdown, embeds for what is too long, buttons.

Everything that becomes markdown goes through `escaped`, the one place that knows how.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import discord

from core.chat.limits import (
    DISCORD_ALT_CHARS,
    DISCORD_CONTENT_CHARS,
    DISCORD_EMBED_CHARS,
    DISCORD_EMBEDS_CHARS,
    DISCORD_LABEL_CHARS,
    DISCORD_ROW,
    DISCORD_ROWS,
    DISCORD_URL_CHARS,
)
from core.chat.message import Button, Out
from core.i18n.catalog import Catalog, Run
from core.say import Say, say

ANSWER_ID: Final = "answer"
"""Of the button that opens a form for the answer to a question."""

_STYLES: Final = {
    "plain": discord.ButtonStyle.secondary,
    "main": discord.ButtonStyle.primary,
    "danger": discord.ButtonStyle.danger,
}
_LINK = re.compile(r"https?://[^\s<>]+")
_MARKS = re.compile(r"([\\*_~|`<\[\]#@])|(?m:^([ \t]*)([->+]|\d+(?=[.)])))")


def escaped(text: str) -> str:
    """Text of somebody else, so that Discord shows it letter by letter. Addresses stay whole: with
    a backslash inside they would lead elsewhere."""
    pieces, at = [], 0
    for link in _LINK.finditer(text):
        pieces += [_escape_marks(text[at : link.start()]), link[0]]
        at = link.end()
    return "".join([*pieces, _escape_marks(text[at:])])


def _escape_marks(text: str) -> str:
    def escape(mark: re.Match[str]) -> str:
        if mark[1]:
            return f"\\{mark[1]}"
        if mark[3].isdigit():  # "1." begins a list; the backslash belongs before the point
            return f"{mark[2]}{mark[3]}\\"
        return f"{mark[2]}\\{mark[3]}"

    return _MARKS.sub(escape, text)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a message is made of."""

    content: str
    embeds: tuple[discord.Embed, ...]
    view: discord.ui.View
    file: discord.File | None = None


class Pen:
    """Draws in one language."""

    def __init__(self, catalog: Catalog, language: str) -> None:
        self._catalog = catalog
        self._language = language

    def draw(self, out: Out, *, extra: Sequence[Say] = (), head: str = "") -> Drawn:
        """`extra` are sentences of the adapter below the text; `head` stands before it as it is."""
        sentences = [*(_our_way(s) for s in out.text), *extra]
        paragraphs = [p for p in map(self.paragraph, sentences) if p]
        rows, homeless = _rows(out.buttons)
        paragraphs += [self._address(button) for button in homeless]
        if head and paragraphs:
            paragraphs[0] = f"{head} {paragraphs[0]}"
        content, embeds = _fitted(paragraphs)
        return Drawn(content, embeds, self._view(rows, asks=out.asks))

    def alt(self, out: Out) -> str:
        """What its file is, for those who do not see it."""
        return self.plain(out.alt)[:DISCORD_ALT_CHARS] if out.alt else ""

    def paragraph(self, sentence: Say) -> str:
        return "".join(_marked(run) for run in self._catalog.runs(sentence, self._language))

    def plain(self, sentence: Say) -> str:
        """Words for places that take no markdown: labels, titles, choices."""
        return self._catalog.text(sentence, self._language)

    def _view(self, rows: tuple[tuple[Button, ...], ...], *, asks: bool) -> discord.ui.View:
        """Its buttons. What they do is in their ids, so nothing has to be remembered of them."""
        view = discord.ui.View(timeout=None)
        for number, row in enumerate(rows):
            for button in row:
                view.add_item(self._button(button, number))
        if asks and len(rows) < DISCORD_ROWS:
            label = self.plain(say("discord.button_answer"))
            view.add_item(discord.ui.Button(label=label, custom_id=ANSWER_ID, row=len(rows)))
        view.stop()  # else the library would keep it for ever, waiting for its presses
        return view

    def _button(self, button: Button, row: int) -> discord.ui.Button[discord.ui.View]:
        label = _cut(self.plain(button.label), DISCORD_LABEL_CHARS)
        if button.url is not None:
            return discord.ui.Button(label=label, url=button.url, row=row)
        assert button.act is not None
        style, act = _STYLES[button.style], button.act.pack()
        return discord.ui.Button(label=label, style=style, custom_id=act, row=row)

    def _address(self, button: Button) -> str:
        return f"{escaped(self.plain(button.label))}: {button.url}"


def _our_way(sentence: Say) -> Say:
    """How one answers a question where others talk, too: plain words are hidden from us there."""
    return say("discord.how_to_answer") if sentence.key == "door.reply_here" else sentence


def _marked(run: Run) -> str:
    if run.when is not None:
        return discord.utils.format_dt(run.when, "F")
    text = escaped(run.text)
    if run.href is not None:
        return run.href if run.href == run.text else f"[{text}](<{run.href}>)"
    if run.style == "bold":
        return f"**{text}**"
    if run.style == "code":
        return f"`{run.text.replace('`', 'ˋ')}`"
    return text


# ── buttons ─────────────────────────────────────────────────────────────────────────────────────


def _rows(
    rows: Iterable[Sequence[Button]],
) -> tuple[tuple[tuple[Button, ...], ...], tuple[Button, ...]]:
    """At most five rows of five, each act once; and the links that no button can lead to."""
    kept: list[tuple[Button, ...]] = []
    homeless: list[Button] = []
    seen: set[str] = set()
    for row in rows:
        good: list[Button] = []
        for button in row:
            key = button.act.pack() if button.act else button.url or ""
            if button.act is None and not _can_lead(key):
                homeless.append(button)
            elif key not in seen:
                seen.add(key)
                good.append(button)
        kept += [tuple(good[i : i + DISCORD_ROW]) for i in range(0, len(good), DISCORD_ROW)]
    if len(kept) > DISCORD_ROWS:
        every = [button for row in kept for button in row][: DISCORD_ROWS * DISCORD_ROW]
        kept = [tuple(every[i : i + DISCORD_ROW]) for i in range(0, len(every), DISCORD_ROW)]
    return tuple(kept), tuple(homeless)


def _can_lead(url: str) -> bool:
    """Discord takes no host without a point in it, such as `localhost`."""
    parts = urlsplit(url)
    named = "." in (parts.hostname or "")
    return parts.scheme in ("http", "https") and named and len(url) <= DISCORD_URL_CHARS


# ── lengths ─────────────────────────────────────────────────────────────────────────────────────


def _units(text: str) -> int:
    """UTF-16 units: never fewer than what Discord counts."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, most: int) -> str:
    """The text, or as much of it as fits, at a word's end."""
    if _units(text) <= most:
        return text
    short = text[: most - 1]
    while _units(short) > most - 1:
        short = short[:-1]
    word = short.rsplit(maxsplit=1)[0] if " " in short[-40:] else short
    return f"{word.rstrip(chr(92))}…"


def _fitted(paragraphs: Sequence[str]) -> tuple[str, tuple[discord.Embed, ...]]:
    """Message text, and embeds for what is beyond it; never more than Discord takes."""
    content, rest = _split("\n".join(paragraphs), DISCORD_CONTENT_CHARS)
    embeds, left = [], DISCORD_EMBEDS_CHARS
    while rest and left > 0:
        if left < DISCORD_EMBED_CHARS:
            piece, rest = _cut(rest, left), ""
        else:
            piece, rest = _split(rest, DISCORD_EMBED_CHARS)
        embeds.append(discord.Embed(description=piece))
        left -= _units(piece)
    return content, tuple(embeds)


def _split(text: str, most: int) -> tuple[str, str]:
    """As much as fits, and the rest; between two lines or two words where there is one."""
    if _units(text) <= most:
        return text, ""
    end = most
    while _units(text[:end]) > most:
        end -= 1
    for mark in ("\n", " "):
        if (found := text.rfind(mark, end // 2, end)) > 0:
            end = found
            break
    if text[end - 1] == "\\" and text[end - 2 : end] != "\\\\":
        end -= 1  # never between a backslash and what it protects
    return text[:end].rstrip(), text[end:].lstrip()
