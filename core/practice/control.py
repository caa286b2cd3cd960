"""Making the practice platforms misbehave: a page for people, and the same for tests.

GET, POST, DELETE /faults        what waits to go wrong; one more; none
POST /act {"platform": "tiktok", "account": "ana.makes", "do": "expire"}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from aiohttp import web

from core.practice.base import PracticePlatform
from core.practice.faults import ANY_CALL, Fault, Faults
from core.practice.pages import page
from core.practice.state import State, new_id

ACTS = {
    "expire": "its access token ends now",
    "revoke": "the app is removed in its settings",
    "elsewhere": "another tool posts once for it",
}


class Control:
    """Routes for people and tests."""

    def __init__(self, state: State, faults: Faults, platforms: Sequence[PracticePlatform]) -> None:
        self._s, self._faults = state, faults
        self._platforms = {p.name: p for p in platforms}

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/control", self.show)
        app.router.add_get("/faults", self.faults)
        app.router.add_post("/faults", self.add)
        app.router.add_delete("/faults", self.clear)
        app.router.add_post("/act", self.act)

    async def faults(self, _: web.Request) -> web.Response:
        return web.json_response(self._faults.to_json())

    async def add(self, request: web.Request) -> web.Response:
        raw, by_form = await _body(request)
        if raw.get("clear"):
            self._faults.clear()
            raise web.HTTPSeeOther("/control")
        if "what" in raw:  # platform, call and fault in one choice of the page
            raw["platform"], raw["call"], raw["fault"] = str(raw["what"]).split(" ")
            raw["fault"] = f"{raw['fault']}:{raw['value']}" if raw.get("value") else raw["fault"]
        try:
            made = self._faults.add(raw)
        except (TypeError, ValueError) as wrong:
            if by_form:
                return self._page(str(wrong), 400)
            return web.json_response({"error": str(wrong)}, status=400)
        if by_form:
            raise web.HTTPSeeOther("/control")
        return web.json_response(asdict(made))

    async def clear(self, _: web.Request) -> web.Response:
        self._faults.clear()
        return web.json_response([])

    async def act(self, request: web.Request) -> web.Response:
        raw, by_form = await _body(request)
        platform, account = str(raw.get("platform", "")), str(raw.get("account", ""))
        if "token" in raw:
            self._end(str(raw["token"]))
            return web.json_response({})
        if platform not in self._platforms or raw.get("do") not in ACTS:
            return web.json_response({"error": "platform, account and do are needed"}, status=400)
        {"expire": self._expire, "revoke": self._revoke, "elsewhere": self._elsewhere}[
            str(raw["do"])
        ](platform, account)
        if by_form:
            raise web.HTTPSeeOther("/control")
        return web.json_response({})

    def _expire(self, platform: str, account: str) -> None:
        kind = self._platforms[platform].tokens[0]
        for key, body, _ in self._s.all(kind):
            if body["account"] == account:
                self._s.put(kind, key, {**body, "until": self._s.now_s - 1})

    def _end(self, token: str) -> None:
        """One access token, whoever's it is."""
        for kind in (p.tokens[0] for p in self._platforms.values()):
            if (body := self._s.get(kind, token)) is not None:
                self._s.put(kind, token, {**body, "until": self._s.now_s - 1})

    def _revoke(self, platform: str, account: str) -> None:
        for kind in self._platforms[platform].tokens:
            self._s.forget(kind, account=account)

    def _elsewhere(self, platform: str, account: str) -> None:
        made = new_id()
        self._s.put(f"{platform}.posted", f"{account}/{made}", {})

    # ── the page ───────────────────────────────────────────────────────────────────────────────

    async def show(self, _: web.Request) -> web.Response:
        return self._page()

    def _page(self, wrong: str = "", status: int = 200) -> web.Response:
        """`wrong` is what could not be understood of the form."""
        waiting = "".join(f"<li>{escape(self._in_words(f))}</li>" for f in self._faults.waiting)
        accounts = sorted(
            {
                (name, body["account"])
                for name, platform in self._platforms.items()
                for _, body, _ in self._s.all(platform.tokens[0])
            }
        )
        inside = (
            "<h1>Let something go wrong</h1>"
            f"{f'<p><b>Nothing was changed: {escape(wrong)}.</b></p>' if wrong else ''}"
            "<h2>What will go wrong</h2>"
            f"<ul>{waiting or '<li>Everything works as it should.</li>'}</ul>"
            f"{_fault_form(self._platforms.values())}"
            f"{''.join(_act_form(name, account) for name, account in accounts)}"
            '<p><a href="/">What was posted</a></p>'
        )
        return page("Let something go wrong", inside, status)

    def _in_words(self, fault: Fault) -> str:
        special = self._platforms[fault.platform].faults.get(fault.call, {})
        words = {**ANY_CALL, **special}.get(fault.name, "")
        often = {-1: "always", 1: "once"}.get(fault.times, f"{fault.times} times")
        return f"{fault.platform} {fault.call}: {fault.fault}, {often} ({words})"


def _fault_form(platforms: Iterable[PracticePlatform]) -> str:
    groups = "".join(_options(platform, call) for platform in platforms for call in platform.calls)
    return (
        '<h2>One more</h2><form method="post" action="/faults" class="card left">'
        f'<label>What <select name="what">{groups}</select></label>'
        "<label>Value, for delay (seconds), code, fail and others that say so "
        '<input type="text" name="value"></label>'
        '<label>How often <select name="times"><option value="1">once</option>'
        '<option value="3">three times</option><option value="-1">always</option></select></label>'
        '<div class="row"><button class="main">Let it happen</button>'
        '<button name="clear" value="1">Everything works again</button></div></form>'
    )


def _options(platform: PracticePlatform, call: str) -> str:
    special = platform.faults.get(call, {})
    faults = special if call == "processing" else {**special, **ANY_CALL}
    of = f"{platform.name} {call}"
    inner = "".join(
        f'<option value="{of} {name}">{of} {name}: {escape(words)}</option>'
        for name, words in faults.items()
    )
    return f'<optgroup label="{of}">{inner}</optgroup>'


def _act_form(platform: str, account: str) -> str:
    buttons = "".join(
        f'<button name="do" value="{name}">{escape(words)}</button>' for name, words in ACTS.items()
    )
    return (
        f'<form method="post" action="/act"><h2>{platform} @{escape(account)}</h2>'
        f'<input type="hidden" name="platform" value="{platform}">'
        f'<input type="hidden" name="account" value="{escape(account)}">'
        f'<div class="row">{buttons}</div></form>'
    )


async def _body(request: web.Request) -> tuple[dict[str, Any], bool]:
    """What was sent, and whether it came from the page."""
    if request.content_type == "application/json":
        raw: Mapping[str, Any] = await request.json()
        return dict(raw), False
    return dict(await request.post()), True
