"""What Discord refuses, as its API answers it. Limits and codes: discord/discord-api-docs
(developers/resources/message, /channel, interactions/*, topics/opcodes-and-status-codes)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

EPHEMERAL = 1 << 6
LOADING = 1 << 7
QUIET = 1 << 12
_FLAGS_OF_A_BOT = 1 << 2 | EPHEMERAL | QUIET
_COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")
LOCALES = re.findall(
    r"\S+",
    "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg "
    "ru uk hi th zh-CN ja zh-TW ko",
)


class Refused(Exception):
    """An answer other than 2xx."""

    def __init__(self, status: int, code: int, message: str, where: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.where = status, code, message, where

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"message": self.message, "code": self.code}
        if self.where:
            wrong = {"_errors": [{"code": "BASE_TYPE_BAD", "message": self.where}]}
            body["errors"] = {self.where.split(":")[0]: wrong}
        return body


def bad_form(where: str) -> Refused:
    return Refused(400, 50035, "Invalid Form Body", where)


UNKNOWN_CHANNEL = (404, 10003, "Unknown Channel")
UNKNOWN_MESSAGE = (404, 10008, "Unknown Message")
UNKNOWN_WEBHOOK = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = (404, 10062, "Unknown interaction")
TOO_LARGE = (413, 40005, "Request entity too large")
ACKNOWLEDGED = (400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS = (403, 50001, "Missing Access")
NOT_YOURS = (403, 50005, "Cannot edit a message authored by another user")
EMPTY = (400, 50006, "Cannot send an empty message")
CLOSED = (403, 50007, "Cannot send messages to this user")
MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
TOKEN_OVER = (401, 50027, "Invalid Webhook Token")
LOCKED = (403, 160005, "This thread is locked")


def must(holds: object, where: str) -> None:
    if not holds:
        raise bad_form(where)


# ── messages ────────────────────────────────────────────────────────────────────────────────────


def check_message(
    body: Mapping[str, Any], files: Sequence[tuple[str, bytes]], limit_b: int, *, kept: int = 0
) -> None:
    """A new message, or what is changed in one. `kept` counts attachments that stay."""
    content = body.get("content") or ""
    must(len(content) <= 2000, "content: Must be 2000 or fewer in length.")
    check_embeds(body.get("embeds") or ())
    check_components(body.get("components") or ())
    check_files(body, files, limit_b, kept)
    must(len(str(body.get("nonce") or "")) <= 25, "nonce: Must be 25 or fewer in length.")
    flags = body.get("flags") or 0
    must(flags & ~_FLAGS_OF_A_BOT == 0, "flags: not for bots")


def check_embeds(embeds: Sequence[Mapping[str, Any]]) -> None:
    must(len(embeds) <= 10, "embeds: Must be 10 or fewer in length.")
    total = 0
    for embed in embeds:
        title, text = embed.get("title") or "", embed.get("description") or ""
        footer = (embed.get("footer") or {}).get("text") or ""
        must(len(title) <= 256 and len(text) <= 4096 and len(footer) <= 2048, "embeds: too long")
        must(not embed.get("fields"), "embeds: fields are not used here")
        total += len(title) + len(text) + len(footer)
    must(total <= 6000, "embeds: Embed size exceeds maximum size of 6000")


def check_components(rows: Sequence[Mapping[str, Any]]) -> None:
    must(len(rows) <= 5, "components: Must be 5 or fewer in length.")
    seen: set[str] = set()
    for row in rows:
        must(row.get("type") == 1, "components: not an action row")
        buttons = row.get("components") or ()
        must(1 <= len(buttons) <= 5, "components: Must be between 1 and 5 in length.")
        for button in buttons:
            check_button(button, seen)


def check_button(button: Mapping[str, Any], seen: set[str]) -> None:
    must(button.get("type") == 2, "components: not a button")
    label = button.get("label") or ""
    must(label or button.get("emoji"), "components: a button needs a label or an emoji")
    must(len(label) <= 80, "components: label: Must be 80 or fewer in length.")
    style = button.get("style")
    must(style in (1, 2, 3, 4, 5), "components: style")
    if style == 5:
        must("custom_id" not in button, "components: custom_id beside url")
        must(_well_formed(button.get("url") or ""), "components: url: Not a well formed URL.")
        return
    name = button.get("custom_id") or ""
    must(1 <= len(name) <= 100, "components: custom_id: Must be between 1 and 100 in length.")
    must(not button.get("url"), "components: url beside custom_id")
    must(name not in seen, "components: COMPONENT_CUSTOM_ID_DUPLICATED")
    seen.add(name)


def _well_formed(url: str) -> bool:
    parts = urlsplit(url)
    return (
        len(url) <= 512
        and parts.scheme in ("http", "https", "discord")
        and "." in (parts.hostname or "")
    )


def check_files(
    body: Mapping[str, Any], files: Sequence[tuple[str, bytes]], limit_b: int, kept: int
) -> None:
    must(len(files) + kept <= 10, "attachments: Must be 10 or fewer in length.")
    if any(len(data) > limit_b for _, data in files):
        raise Refused(*TOO_LARGE)
    for about in body.get("attachments") or ():
        description = about.get("description") or ""
        must(len(description) <= 1024, "attachments: Must be 1024 or fewer in length.")


# ── interactions ────────────────────────────────────────────────────────────────────────────────

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
_ANSWERS = {
    COMMAND: (4, 5, 9),
    COMPONENT: (4, 5, 6, 7, 9),
    AUTOCOMPLETE: (8,),
    MODAL: (4, 5, 6, 7),
}


def check_answer(kind: int, body: Mapping[str, Any]) -> None:
    """The first answer to an interaction, by its type."""
    answer, data = body.get("type"), body.get("data") or {}
    must(answer in _ANSWERS[kind], "type: not for this interaction")
    if answer == 8:
        choices = data.get("choices") or ()
        must(len(choices) <= 25, "choices: Must be 25 or fewer in length.")
        for choice in choices:
            must(1 <= len(choice["name"]) <= 100, "choices: name")
            must(len(str(choice["value"])) <= 100, "choices: value")
    if answer == 9:
        check_modal(data)


def check_modal(data: Mapping[str, Any]) -> None:
    must(1 <= len(data.get("title") or "") <= 45, "title: Must be between 1 and 45 in length.")
    must(1 <= len(data.get("custom_id") or "") <= 100, "custom_id")
    parts = data.get("components") or ()
    must(1 <= len(parts) <= 5, "components: Must be between 1 and 5 in length.")
    for part in parts:
        inner = part["component"] if part["type"] == 18 else part["components"][0]
        if part["type"] == 18:
            must(1 <= len(part.get("label") or "") <= 45, "components: label")
            must(len(part.get("description") or "") <= 100, "components: description")
        must(inner["type"] == 4, "components: not a text input")
        must((inner.get("max_length") or 0) <= 4000, "components: max_length")
        must(len(inner.get("placeholder") or "") <= 100, "components: placeholder")


# ── commands ────────────────────────────────────────────────────────────────────────────────────


def check_commands(commands: Sequence[Mapping[str, Any]]) -> None:
    """The whole list, as `PUT /applications/…/commands` takes it."""
    names = [(c.get("type", 1), c["name"]) for c in commands]
    must(len(set(names)) == len(names), "name: APPLICATION_COMMANDS_DUPLICATE_NAME")
    must(sum(kind == 1 for kind, _ in names) <= 100, "commands: 100 at most")
    for command in commands:
        check_command(command)


def check_command(command: Mapping[str, Any]) -> None:
    name, kind = command["name"], command.get("type", 1)
    must(1 <= len(name) <= 32, "name: length")
    if kind != 1:
        must(not command.get("description"), "description: only for slash commands")
        return
    must(_COMMAND_NAME.fullmatch(name) and name == name.lower(), "name: invalid")
    must(1 <= len(command.get("description") or "") <= 100, "description: Must be 1 to 100.")
    _check_localised(command)
    options = command.get("options") or ()
    must(len(options) <= 25, "options: 25 at most")
    needed = [bool(o.get("required")) for o in options]
    must(needed == sorted(needed, reverse=True), "options: required ones first")
    total = len(name) + len(command["description"])
    for option in options:
        must(option["type"] in (3, 4, 11), "options: type")
        must(_COMMAND_NAME.fullmatch(option["name"]), "options: name")
        must(1 <= len(option.get("description") or "") <= 100, "options: description")
        must(len(option.get("choices") or ()) <= 25, "options: choices")
        must(not (option.get("choices") and option.get("autocomplete")), "options: autocomplete")
        _check_localised(option)
        total += len(option["name"]) + len(option["description"])
    must(total <= 8000, "command: 8000 characters at most")


def _check_localised(thing: Mapping[str, Any]) -> None:
    for locale, text in (thing.get("description_localizations") or {}).items():
        must(locale in LOCALES and 1 <= len(text) <= 100, f"description_localizations: {locale}")
    for locale, text in (thing.get("name_localizations") or {}).items():
        must(locale in LOCALES and _COMMAND_NAME.fullmatch(text), f"name_localizations: {locale}")
