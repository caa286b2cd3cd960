"""How a bot changes on the Telegram of the tests what it said, and answers presses."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.doubles.telegram_markup import bad, body, keyboard
from tests.doubles.telegram_rooms import Shown
from tests.doubles.telegram_sending import CAPTION, TEXT, Sending, Upload

ACTIONS = {"typing", "upload_video", "upload_photo", "upload_document"}


class Changing(Sending):
    """The methods that edit, delete and answer."""

    def _to_edit(self, params: dict[str, Any]) -> Shown:
        room = self._room(params)
        shown = room.messages.get(int(params["message_id"]))
        if shown is None:
            raise bad("message to edit not found")
        if not shown.from_bot:
            raise bad("message can't be edited")
        return shown

    def _changed(self, shown: Shown, text: str, entities: list[Any], params: Any) -> Any:
        rows = keyboard(params.get("reply_markup"))
        if (text, entities, rows) == (shown.text, shown.entities, shown.rows):
            raise bad(
                "message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message"
            )
        shown.text, shown.entities, shown.rows = text, entities, rows
        shown.states.append(text)
        return self._message(shown)

    def do_edit_message_text(self, params: dict[str, Any], _: Any) -> Any:
        shown = self._to_edit(params)
        if shown.kind:
            raise bad("there is no text in the message to edit")
        found = body(params.get("text", ""), params.get("parse_mode"), TEXT, "MESSAGE_TOO_LONG")
        if not found.text:
            raise bad("message text is empty")
        return self._changed(shown, found.text, found.entities, params)

    def do_edit_message_caption(self, params: dict[str, Any], _: Any) -> Any:
        shown = self._to_edit(params)
        if not shown.kind:
            raise bad("there is no caption in the message to edit")
        found = body(
            params.get("caption", ""), params.get("parse_mode"), CAPTION, "MEDIA_CAPTION_TOO_LONG"
        )
        return self._changed(shown, found.text, found.entities, params)

    def do_edit_message_reply_markup(self, params: dict[str, Any], _: Any) -> Any:
        shown = self._to_edit(params)
        return self._changed(shown, shown.text, shown.entities, params)

    def do_edit_message_media(self, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        shown = self._to_edit(params)
        asked = json.loads(params["media"])
        kind = asked["type"]
        found = body(
            asked.get("caption", ""),
            asked.get("parse_mode"),
            CAPTION,
            "MEDIA_CAPTION_TOO_LONG",
        )
        given = {k: str(v) for k, v in asked.items() if k != "media"} | {kind: asked["media"]}
        media = self._media(kind, given, uploads)
        if media["file_id"] != shown.media.get("file_id"):
            shown.kind, shown.media, shown.rows = kind, media, [[{"text": "?"}]]
        return self._changed(shown, found.text, found.entities, params)

    def do_delete_message(self, params: dict[str, Any], _: Any) -> Any:
        room = self._room(params)
        number = int(params["message_id"])
        if number not in room.messages:
            raise bad("message to delete not found")
        if time.time() - room.messages[number].date > 48 * 3600:
            raise bad("message can't be deleted for everyone")
        del room.messages[number]
        room.deleted.add(number)
        return True

    def do_answer_callback_query(self, params: dict[str, Any], _: Any) -> Any:
        number = params["callback_query_id"]
        if number not in self._presses:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(params.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.answered[number] = params.get("text", "")
        return True

    def do_send_chat_action(self, params: dict[str, Any], _: Any) -> Any:
        room = self._room(params)
        self._thread(room, params)
        if params.get("action") not in ACTIONS:
            raise bad("wrong parameter action in request")
        return True
