"""Messages as Telegram draws them: HTML in pieces it takes, and keyboards.

    drawn = draw(out, catalog, language, captioned=True)
    drawn.pieces[0].html        # ≤ 1024 UTF-16 units after parsing: the caption of the file
    drawn.keyboard              # belongs under the last piece

User text is escaped in `_escaped`, and nowhere else. No word is lost: what does not fit into one
message goes on in the next.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import KeyboardButtonStyle, MessageEntityDateTimeFormats, MessageLimit

from core.chat.message import Button, Out, Rows
from core.i18n.catalog import Catalog, Run

TEXT_UNITS = int(MessageLimit.MAX_TEXT_LENGTH)
CAPTION_UNITS = int(MessageLimit.CAPTION_LENGTH)
ROW_CHARS = 34
"""Of all labels in a row on a narrow phone, before Telegram shortens them with dots."""
ROW_BUTTONS = 8
WHEN = MessageEntityDateTimeFormats.LOCALIZED_WEEKDAY_LONG_DATE_SHORT_TIME
STYLES = {"main": KeyboardButtonStyle.PRIMARY, "danger": KeyboardButtonStyle.DANGER}


@dataclass(frozen=True, slots=True)
class Piece:
    """One message's worth of text."""

    html: str
    plain: str
    """The same for a server that refuses the markup."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Everything of one `Out` but its file. There is always a piece; it may be empty."""

    pieces: tuple[Piece, ...]
    keyboard: InlineKeyboardMarkup | None


def draw(
    out: Out, catalog: Catalog, language: str, *, captioned: bool = False, more: Sequence[Run] = ()
) -> Drawn:
    """`captioned`: the first piece goes under a file. `more` is said below the text."""
    runs = [*_lines(out, catalog, language), *_addresses(out.buttons, catalog, language), *more]
    if captioned and out.alt and out.media and out.media.kind == "picture":
        # Telegram has no alternative text; under a picture it is the words of the caption.
        runs += [Run("\n"), *catalog.runs(out.alt, language)]
    first = CAPTION_UNITS if captioned else TEXT_UNITS
    pieces = tuple(_piece(part) for part in _split(runs, first))
    return Drawn(pieces, _keyboard(out.buttons, catalog, language))


def units(text: str) -> int:
    """Telegram counts lengths in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# ── text ────────────────────────────────────────────────────────────────────────────────────────


def _lines(out: Out, catalog: Catalog, language: str) -> Iterator[Run]:
    """The paragraphs, one below the other."""
    paragraphs = (catalog.runs(sentence, language) for sentence in out.text)
    for number, runs in enumerate(r for r in paragraphs if any(run.text.strip() for run in r)):
        yield from ((Run("\n"),) if number else ())
        yield from runs


def _addresses(rows: Rows, catalog: Catalog, language: str) -> Iterator[Run]:
    """Buttons Telegram would refuse the whole message for, as words: `http://localhost/…`."""
    for button in (b for row in rows for b in row):
        if button.url and not _is_address(button.url):
            yield Run(f"\n{catalog.text(button.label, language)}: {button.url}")


def _is_address(url: str) -> bool:
    """What Telegram takes as the address of a button or a link."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme in ("http", "https", "tg") and ("." in host or ":" in host)


def _split(runs: Sequence[Run], first: int) -> list[list[Run]]:
    """Runs in portions: the first of at most `first` units, the others of a message's length."""
    portions: list[list[Run]] = [[]]
    room = first
    for run in runs:
        rest = run
        while units(rest.text) > room:
            head, tail = _cut(rest.text, room, fresh=not portions[-1])
            if head:
                portions[-1].append(replace(rest, text=head))
            rest = replace(rest, text=tail)
            portions.append([])
            room = TEXT_UNITS
        if rest.text:
            portions[-1].append(rest)
            room -= units(rest.text)
    said = [p for p in portions if "".join(run.text for run in p).strip()]
    return said or [[]]


def _cut(text: str, room: int, *, fresh: bool) -> tuple[str, str]:
    """As much of a text as fits: to the end of a line or a word; inside one only where a whole
    message is not enough for it."""
    head = text.encode("utf-16-le", "surrogatepass")[: 2 * room].decode("utf-16-le", "ignore")
    for end in (head.rfind("\n"), head.rfind(" ")):
        if end > 0:
            return text[:end], text[end + 1 :]
    return (head, text[len(head) :]) if fresh else ("", text)


def _piece(runs: Sequence[Run]) -> Piece:
    marked = "".join(_marked(run) for run in runs).strip()
    return Piece(marked, "".join(_bare(run) for run in runs).strip())


def _marked(run: Run) -> str:
    text = _escaped(run.text)
    if run.when is not None:
        text = f'<tg-time unix="{int(run.when.timestamp())}" format="{WHEN}">{text}</tg-time>'
    if run.href is not None:
        link = f'<a href="{_escaped(run.href)}">{text}</a>'
        text = link if _is_address(run.href) else _escaped(_bare(run))
    tag = {"bold": "b", "code": "code"}.get(run.style)
    return f"<{tag}>{text}</{tag}>" if tag else text


def _bare(run: Run) -> str:
    return f"{run.text} ({run.href})" if run.href and run.href != run.text else run.text


def _escaped(text: str) -> str:
    """The one place where text becomes HTML."""
    return html.escape(text, quote=True)


# ── buttons ─────────────────────────────────────────────────────────────────────────────────────


def _keyboard(rows: Rows, catalog: Catalog, language: str) -> InlineKeyboardMarkup | None:
    drawn = [
        part for row in rows for part in _fitting([_button(b, catalog, language) for b in row if b])
    ]
    return InlineKeyboardMarkup(drawn) if drawn else None


def _fitting(row: list[InlineKeyboardButton | None]) -> Iterator[list[InlineKeyboardButton]]:
    """A row as it is, or in parts that a narrow phone can show whole. All buttons of a row have
    the width of the longest."""
    left = [b for b in row if b is not None]
    if not left:
        return
    longest = max(len(b.text) for b in left)
    fits = max(1, min(ROW_BUTTONS, ROW_CHARS // longest))
    parts = -(-len(left) // fits)
    size = -(-len(left) // parts)
    yield from (left[at : at + size] for at in range(0, len(left), size))


def _button(button: Button, catalog: Catalog, language: str) -> InlineKeyboardButton | None:
    label = catalog.text(button.label, language)
    style = STYLES.get(button.style)
    if button.url is not None:
        if not _is_address(button.url):
            return None
        return InlineKeyboardButton(label, url=button.url, style=style)
    if button.act is None:
        raise ValueError(f"button {button.label.key!r} does nothing")
    return InlineKeyboardButton(label, callback_data=button.act.pack(), style=style)
