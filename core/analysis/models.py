"""Models that can be fetched, each file with its checksum where one is published.

`clipdesk models pull` fetches all of them; the speech model also when it is first needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from core.errors import Told
from core.settings import Settings
from core.tell import Tell

_ZOO = "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models"
_WHISPER = "https://huggingface.co/Systran/faster-whisper-{size}/resolve/main"
_CHUNK_B = 1 << 20
CONNECT_S = 8.0


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model. Without `sha256` the server's own checksum header is held against it."""

    name: str
    url: str
    sha256: str | None = None
    optional: bool = False


def _whisper(size: str) -> tuple[ModelFile, ...]:
    root = _WHISPER.format(size=size)
    return (
        ModelFile("config.json", f"{root}/config.json"),
        ModelFile("tokenizer.json", f"{root}/tokenizer.json"),
        # One of the two is there, depending on the age of the conversion.
        ModelFile("vocabulary.txt", f"{root}/vocabulary.txt", optional=True),
        ModelFile("vocabulary.json", f"{root}/vocabulary.json", optional=True),
        ModelFile("preprocessor_config.json", f"{root}/preprocessor_config.json", optional=True),
        ModelFile("model.bin", f"{root}/model.bin"),  # last: its presence means all is there
    )


MODELS: Mapping[str, tuple[ModelFile, ...]] = {
    "yunet": (
        ModelFile(
            "face_detection_yunet_2026may.onnx",
            f"{_ZOO}/face_detection_yunet/face_detection_yunet_2026may.onnx",
            "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
        ),
    ),
    "whisper-small": _whisper("small"),
}


async def pull(name: str, settings: Settings, tell: Tell) -> Path:
    """Fetch one model; gives its file or folder. Raises Told in words; nothing half is left."""
    files = MODELS.get(name) or (
        _whisper(name.removeprefix("whisper-")) if name.startswith("whisper-") else ()
    )
    if not files:
        raise Told("models.unknown", name=name)
    folder = settings.models / name if len(files) > 1 else settings.models
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=60)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
            for file in files:
                if not (folder / file.name).exists():
                    await _fetch(session, file, folder / file.name, name, tell)
    except (aiohttp.ClientError, TimeoutError) as wrong:
        raise Told("models.unreachable", name=name, why=type(wrong).__name__) from wrong
    except OSError as wrong:
        raise Told("models.unwritable", name=name, why=wrong.strerror or str(wrong)) from wrong
    finally:
        if folder != settings.models:
            with contextlib.suppress(OSError):  # it holds something, or was never made
                folder.rmdir()
    return folder if len(files) > 1 else folder / files[0].name


async def _fetch(
    session: aiohttp.ClientSession, file: ModelFile, into: Path, name: str, tell: Tell
) -> None:
    part = into.with_name(f".{into.name}.part")
    try:
        async with session.get(file.url) as answer:
            if answer.status == 404 and file.optional:
                return
            if answer.status != 200:
                raise Told("models.refused", name=name, status=answer.status)
            wanted = file.sha256 or _promised(answer)
            found = await _save(answer, part, tell)
        if wanted is not None and found != wanted:
            raise Told("models.checksum", name=name)
        part.replace(into)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _promised(answer: aiohttp.ClientResponse) -> str | None:
    """Large files carry their SHA-256 as the ETag of the store behind the hub."""
    for response in (*answer.history, answer):
        etag = response.headers.get("X-Linked-Etag", "").strip('"')
        if len(etag) == 64 and not etag.strip("0123456789abcdef"):
            return etag
    return None


async def _save(answer: aiohttp.ClientResponse, part: Path, tell: Tell) -> str:
    digest, total, done = hashlib.sha256(), answer.content_length or 0, 0
    with part.open("wb") as out:
        async for chunk in answer.content.iter_chunked(_CHUNK_B):
            await asyncio.to_thread(out.write, chunk)
            digest.update(chunk)
            done += len(chunk)
            if total:
                tell("download", done / total)
    return digest.hexdigest()
