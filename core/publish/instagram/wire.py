"""How Instagram is spoken to: Graph calls, token calls with their two shapes, raw uploads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from core.publish.errors import Fix, Unknown, Wait
from core.publish.hand import Call, Stopwatch, Tell
from core.publish.instagram.errors import error_of
from core.publish.wire import Answer, NoAnswer, Part, call, nobody, unanswered
from core.say import say

UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=1800, sock_connect=10, sock_read=300)
_TOO_BUSY = 95
"""Percent of a usage header from which on we wait by ourselves."""


class Graph:
    """Calls with one token, in the header: a body or an address would end up in proxy logs."""

    def __init__(
        self, http: aiohttp.ClientSession, root: str, access: str, tell: Tell | None
    ) -> None:
        self._http, self._root, self._access = http, root, access
        self._tell = tell or nobody

    async def get(self, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        return await self._ask("GET", path, params=params)

    async def post(self, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """An invisible call: without an answer it may be repeated."""
        return await self._ask("POST", path, form=form)

    async def publish(self, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """The dangerous call: anything but a clear no is Unknown."""
        return await self._ask("POST", path, publishing=True, form=form)

    async def _ask(
        self, method: str, path: str, *, publishing: bool = False, **how: Any
    ) -> Mapping[str, Any]:
        name, watch = _name(path), Stopwatch()
        headers = {"Authorization": f"Bearer {self._access}"}
        try:
            answer = await call(self._http, method, f"{self._root}/{path}", headers=headers, **how)
        except NoAnswer as wrong:
            await unanswered(self._tell, name, watch, wrong.why)
            if publishing or method == "GET":
                raise Unknown(say("publish.no_answer"), wrong.why) from wrong
            raise Wait(say("publish.no_answer"), 15, wrong.why) from wrong
        error = answer.body.get("error")
        error = error if isinstance(error, dict) else {}
        ok, full_s = answer.http < 400 and not error, regain_s(answer.headers)
        trace = _trace(error, answer.headers)
        await self._tell(Call(name, ok, answer.http, _code(error), trace, watch.s, None, full_s))
        if not ok:
            raise error_of(error, answer.http, publishing=publishing, regain_s=full_s)
        return answer.body

    async def container(self, container: str) -> tuple[str, str]:
        """`status_code` and the text behind it."""
        found = await self.get(container, {"fields": "id,status_code,status"})
        return str(found.get("status_code", "")), str(found.get("status", ""))

    async def uploaded_bytes(self, container: str) -> int:
        """How much of an upload has arrived; 0 when Instagram does not say."""
        try:
            found = await self.get(container, {"fields": "id,status_code,video_status"})
        except (Unknown, Wait, Fix):
            return 0
        status = found.get("video_status")
        phase = status.get("uploading_phase") if isinstance(status, dict) else None
        sent = phase.get("bytes_transferred") if isinstance(phase, dict) else None
        return int(str(sent)) if str(sent).isdigit() else 0

    async def upload(self, url: str, part: Part, total: int) -> bool:
        """False when it broke off and may be continued. Raises Stale for a token that is no good,
        and Fix when it was refused for good."""
        watch = Stopwatch()
        headers = {
            "Authorization": f"OAuth {self._access}",  # not Bearer, here alone
            "offset": str(part.first),
            "file_size": str(total),
            "Content-Length": str(part.size_b),
            "Content-Type": "application/octet-stream",
        }
        try:
            answer = await call(
                self._http, "POST", url, data=part, headers=headers, timeout=UPLOAD_TIMEOUT
            )
        except NoAnswer as wrong:
            await unanswered(self._tell, "upload", watch, wrong.why)
            return False
        ok = answer.http == 200 and bool(answer.body.get("success"))
        debug = answer.body.get("debug_info")
        debug = debug if isinstance(debug, dict) else {}
        note = f"from byte {part.first} of {total}"
        kind = str(debug.get("type") or "") or None
        await self._tell(Call("upload", ok, answer.http, kind, None, watch.s, note))
        if not ok:
            _refused(answer, debug)
        return ok

    # ── tokens ─────────────────────────────────────────────────────────────────────────────────

    async def token(self, url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Code to short-lived token. Documented inside `data`, seen flat: both are taken."""
        answer = await self._plain("POST", url, form=form)
        if answer.http >= 500:
            fault = say("publish.platform_fault", platform="Instagram", code=str(answer.http))
            raise Unknown(fault, str(answer.http))
        if answer.http >= 400 or "error_type" in answer.body or "error" in answer.body:
            message = str(answer.body.get("error_message", ""))
            raise Fix(
                say("publish.code_refused", platform="Instagram", message=message),
                str(answer.body.get("code", answer.http)),
            )
        data = answer.body.get("data")
        found = data[0] if isinstance(data, list) and data else answer.body
        if not isinstance(found, dict) or not found.get("access_token"):
            raise Unknown(say("publish.strange_answer", call="oauth/access_token"))
        return found

    async def exchange(self, url: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """To a long-lived token, or its renewal."""
        answer = await self._plain("GET", url, params=query)
        error = answer.body.get("error")
        if answer.http >= 400 or isinstance(error, dict):
            raise error_of(error if isinstance(error, dict) else {}, answer.http, publishing=False)
        return answer.body

    async def _plain(self, method: str, url: str, **how: Any) -> Answer:
        try:
            return await call(self._http, method, url, **how)
        except NoAnswer as wrong:
            raise Unknown(say("publish.no_answer"), wrong.why) from wrong


def _refused(answer: Answer, debug: Mapping[str, Any]) -> None:
    """Raises for an upload that would be refused again; returns when it may be continued."""
    error = answer.body.get("error")
    if isinstance(error, dict) and error.get("code"):
        raise error_of(error, answer.http, publishing=False, regain_s=regain_s(answer.headers))
    kind = str(debug.get("type") or answer.http)
    if debug.get("retriable") is False or (not debug and answer.http in (400, 401, 403)):
        raise Fix(say("publish.upload_refused", code=kind), kind)


def _name(path: str) -> str:
    """The call without ids: `media_publish`, `container`."""
    parts = [p for p in path.split("/") if not p.isdigit()]
    return "/".join(parts) or "object"


def _code(error: Mapping[str, Any]) -> str | None:
    if not error:
        return None
    sub = error.get("error_subcode")
    return f"{error.get('code')}/{sub}" if sub else str(error.get("code"))


def _trace(error: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    found = error.get("fbtrace_id") or headers.get("x-fb-trace-id")
    return str(found) if found else None


def regain_s(headers: Mapping[str, str]) -> float:
    """Seconds until calls are welcome again, from both usage headers; 0 when there is room."""
    wait = 0.0
    folded = {k.lower(): v for k, v in headers.items()}
    for value in _usages(folded):
        regain = _float(value.get("estimated_time_to_regain_access")) * 60  # minutes
        busy = max(_float(value.get(k)) for k in ("call_count", "total_cputime", "total_time"))
        wait = max(wait, regain, 600.0 if busy >= _TOO_BUSY else 0.0)
    return wait


def _usages(headers: Mapping[str, str]) -> list[Mapping[str, Any]]:
    app, business = (
        _json(headers.get(name, "{}")) for name in ("x-app-usage", "x-business-use-case-usage")
    )
    lists = [many for many in business.values() if isinstance(many, list)]
    return [app, *(u for many in lists for u in many if isinstance(u, dict))]


def _json(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _float(raw: object) -> float:
    try:
        return float(str(raw))
    except ValueError:
        return 0.0
