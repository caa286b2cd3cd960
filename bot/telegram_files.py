"""Files on their way to Telegram: uploaded once, then sent by the id Telegram gave them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telegram import Bot, InputFile, Message, PhotoSize

from bot.deliverable import Fitted
from core.chat.limits import TELEGRAM_PHOTO_B, TELEGRAM_THUMBNAIL_B, TELEGRAM_THUMBNAIL_PX
from core.chat.message import MediaOut
from core.db import remote_files
from core.services import Services

Sendable = InputFile | Path | str
JPEG_QUALITIES = (90, 75, 60, 40)


@dataclass(frozen=True, slots=True)
class Names:
    """What Telegram calls a file it has. Ids hold for this bot only, and for good."""

    file: str
    cover: str | None = None


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What goes along with a message, if anything."""

    media: MediaOut | None = None
    fitted: Fitted | None = None
    """In the size that can be sent; None when the file is gone."""

    @property
    def is_sent(self) -> bool:
        """Else there is nothing, or only a link to it."""
        return self.fitted is not None and self.fitted.path is not None

    @property
    def shape(self) -> MediaOut:
        """What is really sent: a preview has a size and a shape of its own."""
        assert self.media is not None and self.fitted is not None
        fit = self.fitted
        size = (fit.size_b, fit.width, fit.height, fit.duration_s)
        return MediaOut(
            self.media.kind, self.media.key, self.media.name, *size, self.media.cover_key
        )


@dataclass(frozen=True, slots=True)
class Load:
    """A file ready to be handed over, with everything a player needs to know before it plays:
    above ~10 MB Telegram does not look for itself and shows a black square."""

    kind: str
    """video, photo or document"""
    file: Sendable
    cover: Sendable | None = None
    thumbnail: InputFile | None = None
    width: int = 0
    height: int = 0
    duration_s: float = 0.0
    is_upload: bool = False


class SentFiles:
    """The ids of what was uploaded before, in the database."""

    def __init__(self, svc: Services, bot: Bot) -> None:
        self._svc = svc
        self._bot = bot

    @property
    def _owner(self) -> str:
        return owner(self._bot)

    async def find(self, media: MediaOut) -> Names | None:
        async with self._svc.db.read() as tx:
            found = await remote_files.find(tx, self._owner, _name(media))
        return Names(found["file"], found["cover"]) if found else None

    async def keep(self, media: MediaOut, names: Names) -> None:
        kept = {"file": names.file, "cover": names.cover}
        async with self._svc.db.write() as tx:
            now = self._svc.clock.now()
            await remote_files.keep(tx, self._owner, _name(media), kept, now)

    async def forget(self, media: MediaOut) -> None:
        async with self._svc.db.write() as tx:
            await remote_files.forget(tx, self._owner, _name(media))


def owner(bot: Bot) -> str:
    """The bot as rows name it: what Telegram tells one bot means nothing to another. The number
    in front of a token is the bot's."""
    return f"telegram:{bot.token.partition(':')[0]}"


def _name(media: MediaOut) -> str:
    """A key may be put again with other content; its size tells those apart. And a file may be sent
    again with another cover."""
    cover = Path(media.cover_key or "").stem[-12:]
    return f"{media.kind}:{media.key}:{media.size_b}:{cover}"


def kind_of(media: MediaOut) -> str:
    """How Telegram shows it. A picture above its limit for photos still goes as a file."""
    if media.kind == "video":
        return "video"
    return "photo" if media.kind == "picture" and media.size_b <= TELEGRAM_PHOTO_B else "document"


def known(media: MediaOut, names: Names) -> Load:
    """Something Telegram has already."""
    shape = (media.width, media.height, media.duration_s)
    return Load(kind_of(media), names.file, names.cover, None, *shape)


@asynccontextmanager
async def upload(enclosed: Enclosed, *, local: bool) -> AsyncIterator[Load]:
    """The file itself, open for as long as the call takes and never held in memory. A server on
    this machine takes it by its path."""
    assert enclosed.fitted is not None and enclosed.fitted.path is not None
    media, cover = enclosed.shape, enclosed.fitted.cover_path
    with ExitStack() as files:

        def handed(file: Path, name: str) -> Sendable:
            if local:
                return file.absolute()
            opened = files.enter_context(file.open("rb"))
            return InputFile(opened, filename=name, attach=True, read_file_handle=False)

        small = await asyncio.to_thread(thumbnail, cover) if cover else None
        yield Load(
            kind_of(media),
            await asyncio.to_thread(handed, enclosed.fitted.path, media.name),
            await asyncio.to_thread(handed, cover, "cover.jpg") if cover else None,
            InputFile(small, filename="thumbnail.jpg", attach=True) if small else None,
            media.width,
            media.height,
            media.duration_s,
            is_upload=True,
        )


def thumbnail(cover: Path) -> bytes | None:
    """A cover of ours as the small JPEG Telegram takes; None when it cannot be read."""
    import cv2

    picture = cv2.imread(str(cover))
    if picture is None:
        return None
    height, width = picture.shape[:2]
    scale = min(1.0, TELEGRAM_THUMBNAIL_PX / max(width, height))
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    for quality in JPEG_QUALITIES:
        done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if done and len(data) <= TELEGRAM_THUMBNAIL_B:
            return bytes(data)
    return None


def names_in(message: Message) -> Names | None:
    """What the file of a message of ours is called from now on."""
    found: Any = message.video or message.document or (message.photo[-1] if message.photo else None)
    if found is None:
        return None
    covers: tuple[PhotoSize, ...] = tuple(getattr(found, "cover", None) or ())
    return Names(found.file_id, covers[-1].file_id if covers else None)
