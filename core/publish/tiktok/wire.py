"""How TikTok is spoken to: the envelope of its JSON calls, the flat token answers, raw uploads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from core.publish.errors import Fix, Unknown
from core.publish.hand import Call, Stopwatch, Tell
from core.publish.tiktok.errors import error_of, oauth_error
from core.publish.wire import Answer, NoAnswer, Part, call, nobody, unanswered
from core.say import say

UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=900, sock_connect=10, sock_read=120)


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a part of the file. `have` is how many bytes are there, None when the answer
    does not say; `dead` means that the upload address works no more."""

    have: int | None
    dead: bool = False


class Wire:
    """Calls with one token; each is written down through `tell`."""

    def __init__(
        self, http: aiohttp.ClientSession, root: str, access: str, tell: Tell | None
    ) -> None:
        self._http, self._root, self._access = http, root, access
        self._tell = tell or nobody

    async def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """`data` of the envelope. Raises PlatformError by the code: HTTP 200 may be a refusal."""
        headers = {**self._bearer, "Content-Type": "application/json; charset=UTF-8"}
        return await self._enveloped("POST", path, body=body, headers=headers)

    async def get(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        return await self._enveloped("GET", path, params=params, headers=self._bearer)

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._access}"}

    async def _enveloped(self, method: str, path: str, **how: Any) -> Mapping[str, Any]:
        name, watch = path.split("?")[0].strip("/").removeprefix("v2/"), Stopwatch()
        try:
            answer = await call(self._http, method, self._root + path, **how)
        except NoAnswer as wrong:
            await unanswered(self._tell, name, watch, wrong.why)
            raise Unknown(say("publish.no_answer"), wrong.why) from wrong
        error = answer.body.get("error")
        error = error if isinstance(error, dict) else {}
        code = str(error.get("code", ""))
        await self._tell(
            Call(name, code == "ok", answer.http, code or None, _log_id(answer, error), watch.s)
        )
        if code != "ok":
            raise error_of(code, answer.http, str(error.get("message", "")))
        data = answer.body.get("data")
        return data if isinstance(data, dict) else {}

    async def token(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """The flat answer of the token endpoint. Clients have seen errors under HTTP 200."""
        try:
            answer = await call(self._http, "POST", f"{self._root}/v2/oauth/token/", form=form)
        except NoAnswer as wrong:
            raise Unknown(say("publish.no_answer"), wrong.why) from wrong
        if answer.body.get("error") or answer.http >= 400:
            raise oauth_error(
                str(answer.body.get("error", "")),
                str(answer.body.get("error_description", "")),
                answer.http,
            )
        return answer.body

    async def put(self, url: str, part: Part, total: int) -> Put:
        """Send a part of the file. The address carries its own credential: used exactly as it was
        given, no Authorization, never logged. Raises Fix when it is refused for good."""
        watch = Stopwatch()
        headers = {
            "Content-Type": "video/mp4",
            "Content-Length": str(part.size_b),
            "Content-Range": f"bytes {part.first}-{part.last}/{total}",
        }
        address = URL(url, encoded=True)
        try:
            answer = await call(
                self._http, "PUT", address, data=part, headers=headers, timeout=UPLOAD_TIMEOUT
            )
        except NoAnswer as wrong:
            await unanswered(self._tell, "upload", watch, wrong.why)
            return Put(None)
        note = f"bytes {part.first}-{part.last}/{total}"
        ok = answer.http in (201, 206)
        log_id = answer.headers.get("x-tt-logid")
        await self._tell(Call("upload", ok, answer.http, None, log_id, watch.s, note))
        return _put(answer, part.last, total)


def _log_id(answer: Answer, error: Mapping[str, Any]) -> str | None:
    found = error.get("log_id") or answer.headers.get("x-tt-logid")
    return str(found) if found else None


def _put(answer: Answer, last: int, total: int) -> Put:
    if answer.http == 201:
        return Put(total)
    if answer.http == 206:
        return Put(_have(answer, last + 1))
    if answer.http in (403, 404):  # an hour is over, or the address was never one
        return Put(None, dead=True)
    if answer.http == 416:  # our idea of its progress is wrong; it may say what is right
        return Put(_have(answer, None))
    if answer.http in (408, 429) or answer.http >= 500:
        return Put(None)
    raise Fix(say("publish.upload_refused", code=str(answer.http)), str(answer.http))


def _have(answer: Answer, otherwise: int | None) -> int | None:
    """`Content-Range: bytes 0-{uploaded}/{total}`. TikTok's documents show the count of bytes where
    HTTP has the last one: within one byte of what was sent it means all of it."""
    found = re.match(r"bytes 0-(\d+)/", answer.headers.get("Content-Range", ""))
    if not found:
        return otherwise
    n = int(found[1])
    return otherwise if otherwise is not None and abs(n - otherwise) <= 1 else n
