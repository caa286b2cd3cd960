"""How YouTube is spoken to: JSON calls, token calls, and the resumable upload."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp
from yarl import URL

from core.publish.errors import Unknown, Wait
from core.publish.hand import Call, Stopwatch, Tell
from core.publish.wire import Answer, NoAnswer, Part, call, nobody, unanswered
from core.publish.youtube.errors import error_of, oauth_error, reason_of
from core.say import say

UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=1800, sock_connect=10, sock_read=300)
GONE = 404


@dataclass(frozen=True, slots=True)
class Stored:
    """What a session says of itself: `have` bytes are there, None when it did not answer;
    `video_id` when it is complete; `gone` when it is not known any more."""

    have: int | None
    video_id: str = ""
    gone: bool = False


class Wire:
    """Calls with one token; each is written down through `tell`."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        root: str,
        access: str,
        tell: Tell | None,
        now: Callable[[], datetime],
    ) -> None:
        self._http, self._root, self._access = http, root, access
        self._tell, self._now = tell or nobody, now

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._access}"}

    async def list(self, what: str, query: Mapping[str, str]) -> list[Mapping[str, Any]]:
        """`items` of a list call. Costs one unit of 10,000 a day."""
        url = f"{self._root}/youtube/v3/{what}"
        answer = await self._ask("GET", what, url, params=query, headers=self._bearer)
        items = answer.body.get("items")
        return [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []

    async def begin(self, resource: Mapping[str, Any], size_b: int) -> str:
        """A session for one video; nothing is there before its last byte. Gives its address."""
        parts = ",".join(resource)
        answer = await self._ask(
            "POST",
            "videos.insert",
            f"{self._root}/upload/youtube/v3/videos",
            params={"uploadType": "resumable", "part": parts},
            body=resource,
            headers={
                **self._bearer,
                "X-Upload-Content-Length": str(size_b),
                "X-Upload-Content-Type": "video/mp4",
            },
        )
        if not (address := answer.headers.get("Location")):
            raise Unknown(say("publish.strange_answer", call="videos.insert"))
        return address

    async def _ask(self, method: str, name: str, url: str, **how: Any) -> Answer:
        watch = Stopwatch()
        try:
            answer = await call(self._http, method, url, **how)
        except NoAnswer as wrong:
            await unanswered(self._tell, name, watch, wrong.why)
            raise Unknown(say("publish.no_answer"), wrong.why) from wrong
        reason, message = reason_of(answer.body)
        ok = answer.http < 300 and not reason
        await self._tell(Call(name, ok, answer.http, reason or None, _log_id(answer), watch.s))
        if not ok:
            raise error_of(reason, answer.http, message, self._now())
        return answer

    # ── the upload ─────────────────────────────────────────────────────────────────────────────

    async def put(self, session: str, part: Part, total: int) -> Stored:
        """Send a part of the file. Raises PlatformError when it is refused for good."""
        span = f"bytes {part.first}-{part.last}/{total}"
        headers = {"Content-Length": str(part.size_b), "Content-Type": "video/mp4"}
        return await self._session("upload", session, span, total, headers, part)

    async def progress(self, session: str, total: int) -> Stored:
        """How far it is. Sends nothing."""
        return await self._session(
            "upload.status", session, f"bytes */{total}", total, {"Content-Length": "0"}, None
        )

    async def _session(
        self,
        name: str,
        session: str,
        span: str,
        total: int,
        headers: Mapping[str, str],
        part: Part | None,
    ) -> Stored:
        """The address is used exactly as it was given, and never logged: it is a key."""
        watch = Stopwatch()
        try:
            answer = await call(
                self._http,
                "PUT",
                URL(session, encoded=True),
                data=part,
                headers={**self._bearer, **headers, "Content-Range": span},
                timeout=UPLOAD_TIMEOUT,
            )
        except NoAnswer as wrong:
            await unanswered(self._tell, name, watch, wrong.why)
            return Stored(None)
        reason, message = reason_of(answer.body)
        ok = answer.http in (200, 201, 308)
        code = reason or None
        await self._tell(Call(name, ok, answer.http, code, _log_id(answer), watch.s, span))
        if ok:
            return _stored(answer, total)
        if answer.http == GONE:
            return Stored(None, gone=True)
        if answer.http >= 500 or answer.http == 408:
            return Stored(None)
        raise error_of(reason, answer.http, message, self._now())

    # ── tokens ─────────────────────────────────────────────────────────────────────────────────

    async def token(self, root: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            answer = await call(self._http, "POST", f"{root}/token", form=form)
        except NoAnswer as wrong:
            raise Unknown(say("publish.no_answer"), wrong.why) from wrong
        if answer.http >= 400 or answer.body.get("error"):
            raise oauth_error(*reason_of(answer.body), answer.http)
        return answer.body


def _stored(answer: Answer, total: int) -> Stored:
    """308 names the last byte that is there, or nothing when there is none."""
    if answer.http != 308:
        if not answer.body.get("id"):
            raise Wait(say("publish.strange_answer", call="upload"), 30)
        return Stored(total, str(answer.body["id"]))
    found = re.fullmatch(r"bytes=0-(\d+)", answer.headers.get("Range", ""))
    return Stored(int(found[1]) + 1 if found else 0)


def _log_id(answer: Answer) -> str | None:
    return answer.headers.get("X-GUploader-UploadID")
