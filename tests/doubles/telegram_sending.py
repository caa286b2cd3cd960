"""How a bot speaks on the Telegram of the tests: words and files, with what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.doubles.telegram_markup import Refused, bad, body, jpeg_size, keyboard
from tests.doubles.telegram_rooms import Room, StoredFile
from tests.doubles.telegram_world import World

TEXT, CAPTION = 4096, 1024
CLOUD_OUT_B, LOCAL_OUT_B, PHOTO_B = 50 * 1000 * 1000, 2000 * 1000 * 1000, 10 * 1000 * 1000


@dataclass(slots=True)
class Upload:
    filename: str
    content: bytes


class Sending(World):
    """The methods that send."""

    def _room(self, params: dict[str, Any], *, media: bool = False) -> Room:
        room = self.rooms.get(int(params.get("chat_id") or 0))
        if room is None:
            raise bad("chat not found")
        if room.migrated_to:
            raise bad(
                "group chat was upgraded to a supergroup chat", migrate_to_chat_id=room.migrated_to
            )
        if room.deactivated:
            raise Refused(403, "Forbidden: user is deactivated")
        if room.blocked and room.type == "private":
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if room.bot in ("kicked", "left"):
            raise Refused(403, f"Forbidden: bot was kicked from the {room.type} chat")
        if not room.may_send_text:
            raise bad("not enough rights to send text messages to the chat")
        if media and not room.may_send_media:
            raise bad("not enough rights to send videos to the chat")
        return room

    def _thread(self, room: Room, params: dict[str, Any]) -> int | None:
        if "message_thread_id" not in params:
            return None
        thread = int(params["message_thread_id"])
        if thread not in room.topics:
            raise bad("message thread not found")
        return thread

    def _reply(self, room: Room, params: dict[str, Any]) -> int | None:
        if "reply_parameters" not in params:
            return None
        asked = json.loads(params["reply_parameters"])
        number = int(asked["message_id"])
        if number in room.messages:
            return number
        if asked.get("allow_sending_without_reply"):
            return None
        raise bad("message to be replied not found")

    def _shown(self, room: Room, params: dict[str, Any], **facts: Any) -> Any:
        shown = self._add(room, None, thread=self._thread(room, params), **facts)
        shown.reply_to = self._reply(room, params)
        shown.quiet = params.get("disable_notification") == "true"
        shown.rows = keyboard(params.get("reply_markup"))
        shown.states.append(shown.text)
        options = json.loads(params.get("link_preview_options", "{}"))
        shown.preview_off = bool(options.get("is_disabled"))
        return self._message(shown)

    def do_send_message(self, params: dict[str, Any], _: Any) -> Any:
        room = self._room(params)
        found = body(params.get("text", ""), params.get("parse_mode"), TEXT, "message is too long")
        if not found.text:
            raise bad("message text is empty")
        keyboard(params.get("reply_markup"))
        self._thread(room, params), self._reply(room, params)
        return self._shown(room, params, text=found.text, entities=found.entities)

    def do_send_video(self, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        return self._send_file("video", params, uploads)

    def do_send_photo(self, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        return self._send_file("photo", params, uploads)

    def do_send_document(self, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        return self._send_file("document", params, uploads)

    def _send_file(self, kind: str, params: dict[str, Any], uploads: dict[str, Upload]) -> Any:
        room = self._room(params, media=True)
        found = body(
            params.get("caption", ""),
            params.get("parse_mode"),
            CAPTION,
            "message caption is too long",
        )
        keyboard(params.get("reply_markup"))
        self._thread(room, params), self._reply(room, params)
        media = self._media(kind, params, uploads)
        return self._shown(
            room, params, text=found.text, entities=found.entities, kind=kind, media=media
        )

    def _media(
        self, kind: str, params: dict[str, Any], uploads: dict[str, Upload]
    ) -> dict[str, Any]:
        stored = self._given(params.get(kind, ""), uploads.get(kind), uploads)
        if kind == "photo" and stored.size > PHOTO_B:
            raise bad(
                f"file of size {stored.size} bytes is too big for a photo; the maximum size is "
                f"{PHOTO_B} bytes"
            )
        media: dict[str, Any] = {
            "file_id": stored.id,
            "file_unique_id": stored.unique_id,
            "file_size": stored.size,
        }
        if kind == "photo":
            return media | {"width": 1280, "height": 720}
        media |= {"file_name": stored.name, "mime_type": stored.mime}
        thumbnail = self._attached(params.get("thumbnail"), uploads)
        if thumbnail is not None:
            size = jpeg_size(thumbnail)
            if size and max(size) <= 320 and len(thumbnail) <= 200_000:
                picture = {"file_id": "THUMB", "file_unique_id": "T", "file_size": len(thumbnail)}
                media["thumbnail"] = picture | {"width": size[0], "height": size[1]}
        if kind == "video":
            # Without these a file above ~10 MB is shown as a black square of 320x320.
            media["width"] = int(params.get("width", 320))
            media["height"] = int(params.get("height", 320))
            media["duration"] = int(float(params.get("duration", 0)))
            if self._attached(params.get("cover"), uploads) is not None:
                cover = {"file_id": "COVER", "file_unique_id": "C", "width": 1080, "height": 1920}
                media["cover"] = [cover]
        return media

    def _given(self, value: str, upload: Upload | None, uploads: dict[str, Upload]) -> StoredFile:
        """A file by upload, by `attach://`, by path on this machine, or by its id."""
        if upload is None and value.startswith("attach://"):
            upload = uploads.get(value.removeprefix("attach://"))
            if upload is None:
                raise bad("there is no such attached file")
        if upload is not None:
            if len(upload.content) > (LOCAL_OUT_B if self.local else CLOUD_OUT_B):
                raise Refused(413, "Request Entity Too Large")
            if not upload.content:
                raise bad("file must be non-empty")
            stored = self._store(len(upload.content), upload.filename, "video/mp4")
            stored.content = upload.content
            return stored
        if value.startswith("file://"):
            path = Path(value.removeprefix("file://"))
            if not self.local:
                raise bad("wrong file identifier/HTTP URL specified")
            if not path.is_file():
                raise bad("file not found")
            return self._store(path, path.name, "video/mp4")
        if value not in self.files:
            raise bad("wrong file identifier/HTTP URL specified")
        return self.files[value]

    def _attached(self, value: str | None, uploads: dict[str, Upload]) -> bytes | None:
        if not value:
            return None
        if value.startswith("file://") and self.local:
            return Path(value.removeprefix("file://")).read_bytes()
        upload = uploads.get(value.removeprefix("attach://"))
        return upload.content if upload else None
