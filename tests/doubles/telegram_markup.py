"""What Telegram makes of text and buttons: the HTML it parses, the keyboards it takes."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

STYLES = ("primary", "success", "danger")
TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "s": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-time": "date_time",
}
_TAG = re.compile(r"<(/?)([a-zA-Z-]*)([^<>]*)>?")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


class Refused(Exception):
    """What the real server would answer instead of doing it."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad(description: str, **parameters: Any) -> Refused:
    return Refused(400, f"Bad Request: {description}", **parameters)


def utf16(text: str) -> int:
    """Telegram counts in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(slots=True)
class Parsed:
    """Text without its tags, and what the tags said."""

    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)


def parse_html(source: str) -> Parsed:
    """As `parse_mode=HTML` does: unknown, crossed and unclosed tags are refused."""
    out, opened, at = Parsed(), [], 0
    for tag in _TAG.finditer(source):
        out.text += html.unescape(source[at : tag.start()])
        at = tag.end()
        offset = len(source[: tag.start()].encode())
        closing, name, rest = tag[1], tag[2].lower(), tag[3]
        if not tag[0].endswith(">"):
            raise bad(f"can't parse entities: Unclosed start tag at byte offset {offset}")
        if name not in TAGS:
            raise bad(
                f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {offset}'
            )
        if not closing:
            opened.append((name, utf16(out.text), dict(_ATTRIBUTE.findall(rest))))
            continue
        if not opened or opened[-1][0] != name:
            raise bad(f"can't parse entities: Unmatched end tag at byte offset {offset}")
        _, start, attributes = opened.pop()
        out.entities.append(_entity(name, start, utf16(out.text) - start, attributes))
    if opened:
        raise bad(
            "can't parse entities: Can't find end tag corresponding to start tag "
            f'"{opened[-1][0]}"'
        )
    out.text += html.unescape(source[at:])
    return _stripped(out)


def _entity(name: str, offset: int, length: int, attributes: dict[str, str]) -> dict[str, Any]:
    entity: dict[str, Any] = {"type": TAGS[name], "offset": offset, "length": length}
    if name == "a":
        entity["url"] = html.unescape(attributes.get("href", ""))
    if name == "tg-time":
        if not attributes.get("unix", "").isdecimal():
            raise bad("can't parse entities: Tag tg-time must have attribute unix")
        if not re.fullmatch(r"r|w?[dD]?[tT]?", attributes.get("format", "")):
            raise bad("can't parse entities: Invalid date-time format specified")
        entity["unix_time"] = int(attributes["unix"])
        entity["date_time_format"] = attributes.get("format", "")
    return entity


def _stripped(parsed: Parsed) -> Parsed:
    """The server drops blank space around the text."""
    lead = len(parsed.text) - len(parsed.text.lstrip())
    parsed.text = parsed.text.strip()
    for entity in parsed.entities:
        entity["offset"] -= lead
    return parsed


def body(raw: str, parse_mode: str | None, limit: int, too_long: str) -> Parsed:
    """Text of a message or caption. Raises Refused for what is too long after parsing."""
    if parse_mode not in (None, "HTML"):
        raise bad("unsupported parse_mode")
    parsed = parse_html(raw) if parse_mode else _stripped(Parsed(raw))
    if utf16(parsed.text) > limit:
        raise bad(too_long)
    return parsed


def keyboard(raw: str | None) -> list[list[dict[str, Any]]]:
    """The rows of an inline keyboard; refuses what the real server refuses."""
    if not raw:
        return []
    rows: list[list[dict[str, Any]]] = json.loads(raw).get("inline_keyboard", [])
    if sum(len(row) for row in rows) > 100:
        raise bad("reply markup is too long")
    for row in rows:
        if len(row) > 8:
            raise bad("too many buttons in a row")
        for button in row:
            _check_button(button)
    return [row for row in rows if row]


def _check_button(button: dict[str, Any]) -> None:
    if not str(button.get("text", "")).strip():
        raise bad("inline keyboard button text can't be empty")
    if button.get("style", "primary") not in STYLES:
        raise bad("invalid button style specified")
    data, url = button.get("callback_data"), button.get("url")
    if (data is None) == (url is None):
        raise bad("can't parse inline keyboard button: exactly one action must be given")
    if data is not None and not 1 <= len(data.encode()) <= 64:
        raise bad("BUTTON_DATA_INVALID")
    if url is not None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https", "tg") or ("." not in host and ":" not in host):
            raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a JPEG; None for anything else."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in (0xC0, 0xC1, 0xC2):
            height, width = data[at + 5 : at + 7], data[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        at += 2 + length
    return None
