"""Resumable uploads to practice YouTube: announced with their words, sent in parts, videos with
their last byte."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from core.practice.faults import drop
from core.practice.media import Upload, problem_of
from core.practice.state import new_id
from core.practice.youtube_sign_in import YouTubeSignIn
from core.practice.youtube_wire import GoogleError, resource_of
from core.publish.quotas import window_start

STEP_B = 262_144
SESSION_S = 7 * 86400
PER_DAY = 100
MAX_B = 256_000_000_000
PRIVACY = ("public", "unlisted", "private")
CATEGORIES = {
    "1",
    "2",
    "10",
    "15",
    "17",
    "19",
    "20",
    "22",
    "23",
    "24",
    "25",
    "26",
    "27",
    "28",
    "29",
}
_PROBLEMS = {"file_format_check_failed": "codec", "picture_size_check_failed": "tooSmall"}
"""What we find by ffprobe, in YouTube's words."""


class YouTubeUploads(YouTubeSignIn):
    """`videos.insert`."""

    async def insert(self, request: web.Request) -> web.Response:
        account = self.who(request, "upload")
        self._count()  # wrong requests cost too
        if self.fault("insert", "channel_full", account):
            raise GoogleError("uploadLimitExceeded", "The user has exceeded the number of videos.")
        q = request.query
        if q.get("uploadType") != "resumable":
            raise GoogleError("mediaBodyRequired", "uploadType")
        if not {"snippet", "status"} <= set(q.get("part", "").split(",")):
            raise GoogleError("invalidVideoMetadata", "part")
        body = await resource_of(request)
        length = request.headers.get("X-Upload-Content-Length", "")
        kind = request.headers.get("X-Upload-Content-Type", "")
        if not length.isdigit() or not 0 < int(length) <= MAX_B:
            raise GoogleError("mediaBodyRequired", "X-Upload-Content-Length")
        if not (kind.startswith("video/") or kind == "application/octet-stream"):
            raise GoogleError("mediaBodyRequired", "X-Upload-Content-Type")
        session = new_id("AHmUCY")
        self._s.put(
            "youtube.session",
            session,
            {
                "account": account,
                "video": _video(body),
                "size": int(length),
                "have": 0,
                "until": self._s.now_s + SESSION_S,
                "id": "",
            },
        )
        where = f"{self._base}/youtube/upload?uploadType=resumable&upload_id={session}"
        return web.Response(headers={"Location": where, "X-GUploader-UploadID": session[:12]})

    def _count(self) -> None:
        """100 a day for the project, until midnight in California."""
        now = datetime.fromtimestamp(self._s.now_s, UTC)
        today_s = window_start("pacific day", now).timestamp()
        if self._s.count("youtube.inserted", today_s) >= PER_DAY:
            raise GoogleError("quotaExceeded", "The request cannot be completed: quota.")
        self._s.put("youtube.inserted", new_id(), {})

    async def upload(self, request: web.Request) -> web.Response:
        session = request.query.get("upload_id", "")
        held = self._s.get("youtube.session", session)
        account = self.who(request, "upload")
        if held is not None and self.fault("upload", "gone_404", account):
            self._s.take("youtube.session", session)
            held = None
        if held is None or held["account"] != account or held["until"] < self._s.now_s:
            return web.Response(status=404)
        if held["id"]:
            return web.json_response({"kind": "youtube#video", "id": held["id"]})
        named = request.headers.get("Content-Range", "")
        if named == f"bytes */{held['size']}":
            return _so_far(held)
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", named)
        first, last, total = (int(n) for n in found.groups()) if found else (0, -1, -1)
        size = last - first + 1
        whole = last == held["size"] - 1
        if total != held["size"] or size <= 0 or first != held["have"] or last >= total:
            raise GoogleError("badRequest", "Content-Range")
        if (size % STEP_B and not whole) or request.content_length != size:
            raise GoogleError("badRequest", "parts are multiples of 262144 bytes")
        return await self._taken(request, session, held, first, size)

    async def _taken(
        self, request: web.Request, session: str, held: dict[str, Any], first: int, size: int
    ) -> web.Response:
        account = held["account"]
        if self.fault("upload", "no_range", account):
            return web.Response(status=308)  # nothing of it is kept
        half = self.fault("upload", "short_308", account) or self.fault("upload", "cut", account)
        keep = size // 2 // STEP_B * STEP_B if half else None
        file = Upload(self._s.media / f"yt-{session}.mp4")
        taken = await file.write(request, first, size, keep=keep)
        if half is None and taken != size:  # it broke off by itself: whole steps stay
            taken = taken // STEP_B * STEP_B
        held["have"] = first + taken
        self._s.put("youtube.session", session, held)
        if half is not None and half.name == "cut":
            await drop(request)
        if held["have"] < held["size"]:
            return _so_far(held)
        await self._arrived(session, held, file)
        if self.fault("upload", "forgotten", account):
            self._s.take("youtube.session", session)
            await drop(request)
        return web.json_response({"kind": "youtube#video", "id": held["id"]}, status=201)

    async def _arrived(self, session: str, held: dict[str, Any], file: Upload) -> None:
        """The last byte: a video from here on."""
        account, video = held["account"], held["video"]
        held["id"] = secrets.token_urlsafe(8)[:11]
        self._s.put("youtube.session", session, held)
        problem = await problem_of(
            file.path, self._s.problems, longest_s=12 * 3600, smallest=100, largest=8192
        )
        found = {"failed": _PROBLEMS.get(problem, "conversion")} if problem else {}
        for name in ("fail", "reject", "stuck"):
            if (fault := self.fault("processing", name, account)) is not None:
                found = {{"fail": "failed", "reject": "rejected"}.get(name, name): fault.value}
        if self.fault("insert", "locked", account):
            found["locked"] = "1"
        made = {
            "account": account,
            **video,
            **found,
            "file": file.path.name,
            "sha256": await file.sha256(),
            "size": held["size"],
            "done_at": self._s.now_s,
        }
        if "locked" in found:
            made |= {"privacy": "private", "public_at": 0.0}
        self._s.put("youtube.video", held["id"], made)
        if not ({"failed", "rejected"} & set(found)):
            self.show(held["id"], made)

    def show(self, video_id: str, video: dict[str, Any]) -> None:
        """Into the ledger, once it is to be seen; one that waits for its time is not yet."""
        if video["public_at"] > self._s.now_s:
            return
        self._s.publish(
            "youtube",
            video["account"],
            video_id,
            remote_id=video_id,
            caption=video["description"],
            visible="public" if video["public_at"] else video["privacy"],
            file=video["file"],
            sha256=video["sha256"],
            size_b=video["size"],
        )


def _so_far(held: dict[str, Any]) -> web.Response:
    """308, with the last byte that is there."""
    last = {"Range": f"bytes=0-{held['have'] - 1}"} if held["have"] else {}
    return web.Response(status=308, headers=last)


def _video(body: dict[str, Any]) -> dict[str, Any]:
    """What was said of it, or the reason why not."""
    about, status = body.get("snippet") or {}, body.get("status") or {}
    title, description = str(about.get("title", "")), str(about.get("description", ""))
    if not 0 < len(title.strip()) <= len(title) <= 100 or set("<>") & set(title):
        raise GoogleError("invalidTitle")
    if len(description.encode()) > 5000 or set("<>") & set(description):
        raise GoogleError("invalidDescription")
    if len(",".join(map(str, about.get("tags") or ()))) > 500:
        raise GoogleError("invalidTags")
    if about.get("categoryId", "22") not in CATEGORIES:
        raise GoogleError("invalidCategoryId")
    if (privacy := status.get("privacyStatus", "public")) not in PRIVACY:
        raise GoogleError("invalidVideoMetadata", "privacyStatus")
    for name in ("selfDeclaredMadeForKids", "containsSyntheticMedia"):
        if not isinstance(status.get(name, False), bool):
            raise GoogleError("invalidVideoMetadata", name)
    # With anything but `private` the time is ignored without a word.
    at = _time(status["publishAt"]) if status.get("publishAt") and privacy == "private" else 0.0
    kids = bool(status.get("selfDeclaredMadeForKids", False))
    synthetic = bool(status.get("containsSyntheticMedia", False))
    return {
        "title": title,
        "description": description,
        "privacy": privacy,
        "public_at": at,
        "kids": kids,
        "synthetic": synthetic,
    }


def _time(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        raise GoogleError("invalidPublishAt") from None
