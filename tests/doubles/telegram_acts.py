"""What people do on the Telegram of the tests; each becomes an update."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.doubles.telegram_rooms import Person, Room, Shown
from tests.doubles.telegram_world import World


class Acts(World):
    """For the tests to call."""

    def write(
        self,
        person: Person,
        text: str,
        room: Room | None = None,
        *,
        reply_to: Shown | None = None,
        thread: int | None = None,
    ) -> Shown:
        """Words. In a group the bot hears them only where privacy mode lets it."""
        room = room or self.private(person)
        shown = self._add(room, person, text=text, reply_to=reply_to, thread=thread)
        if self._is_heard(room, shown):
            self._push("message", self._message(shown))
        return shown

    def send(
        self,
        person: Person,
        file: Path | int,
        caption: str = "",
        room: Room | None = None,
        *,
        kind: str = "video",
        name: str = "",
        mime: str = "video/mp4",
        thread: int | None = None,
        group: str | None = None,
        heard: bool = True,
    ) -> Shown:
        """A file, or only its size in bytes when nobody will look inside."""
        room = room or self.private(person)
        stored = self._store(file, name or (file.name if isinstance(file, Path) else ""), mime)
        media = {"file_id": stored.id, "file_unique_id": stored.unique_id, "file_size": stored.size}
        if kind == "video":
            media |= {"width": 1280, "height": 720, "duration": 60, "mime_type": mime}
        if kind == "video_note":
            media |= {"length": 240, "duration": 20}
        if kind == "document":
            media |= {"mime_type": mime}
        if stored.name and kind != "video_note":
            media["file_name"] = stored.name
        shown = self._add(room, person, text=caption, thread=thread, kind=kind, media=media)
        shown.group = group
        if heard and self._is_heard(room, shown):
            self._push("message", self._message(shown))
        return shown

    def album(
        self, person: Person, files: list[Path], caption: str = "", room: Room | None = None
    ) -> list[Shown]:
        """As clients send several files at once: one update each, the caption on the first."""
        group = f"1300{next(self._albums)}"
        return [
            self.send(person, file, caption if n == 0 else "", room, group=group)
            for n, file in enumerate(files)
        ]

    def edit(self, person: Person, shown: Shown, text: str) -> None:
        shown.text = text
        self._push("edited_message", self._message(shown) | {"edit_date": int(time.time())})

    def press(self, person: Person, shown: Shown, label: str, *, data: str | None = None) -> str:
        """A button of the bot; gives the id of the press. `data` is for those who tamper."""
        number = f"press{next(self._press_ids)}"
        self._presses[number] = time.monotonic()
        query = {
            "id": number,
            "from": person.json(),
            "chat_instance": "1",
            "message": self._message(shown),
            "data": data if data is not None else shown.data(label),
        }
        self._push("callback_query", query)
        return number

    def forget_press(self, number: str) -> None:
        """It took too long: the press can no longer be answered."""
        self._presses.pop(number, None)

    def set_bot(self, room: Room, status: str, by: Person) -> None:
        """Added, made an administrator, restricted, kicked; blocked in a private chat."""
        old, room.bot = room.bot, status
        room.blocked = status == "kicked"
        rights = {"can_send_messages": room.may_send_text, "is_member": True}
        change = {
            "chat": room.json(),
            "from": by.json(),
            "date": int(time.time()),
            "old_chat_member": self._membership(old, {}),
            "new_chat_member": self._membership(status, rights),
        }
        self._push("my_chat_member", change)

    def _membership(self, status: str, rights: dict[str, Any]) -> dict[str, Any]:
        member: dict[str, Any] = {"user": self.me, "status": status}
        if status == "kicked":
            member["until_date"] = 0
        if status == "restricted":
            every = (
                "can_send_messages can_send_audios can_send_documents can_send_photos "
                "can_send_videos can_send_video_notes can_send_voice_notes can_send_polls "
                "can_send_other_messages can_add_web_page_previews can_change_info "
                "can_invite_users can_pin_messages can_manage_topics can_edit_tag "
                "can_react_to_messages"
            )
            member |= {"until_date": 0, **dict.fromkeys(every.split(), False), **rights}
        if status == "administrator":
            every = (
                "can_be_edited is_anonymous can_manage_chat can_delete_messages "
                "can_manage_video_chats can_restrict_members can_promote_members can_change_info "
                "can_invite_users can_post_stories can_edit_stories can_delete_stories"
            )
            member |= dict.fromkeys(every.split(), False)
        return member

    def migrate(self, room: Room, by: Person) -> Room:
        """A group becomes a supergroup: another id, and the old one is dead."""
        new = self.group(room.title)
        room.migrated_to = new.id
        left = self._add(room, by)
        self._push("message", self._message(left) | {"migrate_to_chat_id": new.id})
        came = self._add(new, by)
        self._push("message", self._message(came) | {"migrate_from_chat_id": room.id})
        return new
