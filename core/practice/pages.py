"""What a person sees of the practice platforms: consent, feeds, posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from aiohttp import web

from core.practice.state import State

if TYPE_CHECKING:
    from core.practice.base import PracticePlatform

NAMES = ("ana.makes", "studio.nine", "practice")
_CSP = (
    "default-src 'none'; style-src 'self'; media-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

CSS = """
:root { color-scheme: light dark; --ink: #1b1b1f; --soft: #5a5a66; --page: #f6f6f8;
  --card: #fff; --line: #d9d9e0; --main: #3d45c9; --on: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf1; --soft: #a9a9b6; --page: #131317;
  --card: #1d1d23; --line: #36363f; --main: #a5abff; --on: #131317; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--page); }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
header { border-bottom: 1px solid var(--line); background: var(--card); }
header p { max-width: 60rem; margin: 0 auto; padding: .7rem 1rem; color: var(--soft); }
header b { color: var(--ink); }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .5rem; } * + h1 { margin-top: 2rem; }
a { color: var(--main); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  padding: 1.25rem; max-width: 30rem; margin: 0 auto; }
.card.left { margin: 0; }
h2 { font-size: 1.1rem; line-height: 1.3; margin: 1.5rem 0 .5rem; }
.feed { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); }
.feed .card { margin: 0; max-width: none; }
video { width: 100%; max-height: 75vh; background: #000; border-radius: 10px; display: block; }
.caption { white-space: pre-wrap; overflow-wrap: anywhere; }
.soft, li { color: var(--soft); }
fieldset { border: 0; padding: 0; margin: 1rem 0; }
label { display: block; padding: .45rem 0; }
input[type=text], select { font: inherit; padding: .5rem .6rem; border: 1px solid var(--line);
  border-radius: 8px; background: var(--page); color: var(--ink); width: 100%; }
.row { display: flex; gap: .75rem; margin-top: 1rem; flex-wrap: wrap; }
button { font: inherit; padding: .6rem 1.2rem; border-radius: 10px; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: var(--ink); }
button.main { background: var(--main); color: var(--on); border-color: var(--main); }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
table { border-collapse: collapse; display: block; max-width: 100%; overflow-x: auto; }
td:last-child { min-width: 12rem; overflow-wrap: anywhere; }
td, th { text-align: left; padding: .3rem .5rem;
  border-bottom: 1px solid var(--line); }
"""


def page(title: str, inside: str, status: int = 200, *, forms_to: str = "'self'") -> web.Response:
    """A whole page. Everything in `inside` must be escaped already."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/practice.css"></head><body>'
        "<header><p><b>Practice</b> · nothing here leaves this machine</p></header>"
        f"<main>{inside}</main></body></html>"
    )
    headers = {
        "Content-Security-Policy": f"{_CSP}; form-action {forms_to}",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return web.Response(text=html, content_type="text/html", status=status, headers=headers)


def consent_page(platform: str, query: Mapping[str, str], scopes: Sequence[str]) -> web.Response:
    """Who signs in, and what for."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">'
        for k, v in query.items()
        if k not in ("account", "answer")
    )
    names = "".join(
        f'<label><input type="radio" name="account" value="{n}"{" checked" if not i else ""}> '
        f"@{n}</label>"
        for i, n in enumerate(NAMES)
    )
    wants = "".join(f"<li>{escape(s)}</li>" for s in scopes if s)
    inside = (
        f'<div class="card"><h1>Sign in to practice {platform}</h1>'
        f"<p>Clipdesk would like to post to an account of practice {platform}. "
        f"This is not {platform}: choose any account.</p>"
        f'<form method="post">{hidden}<fieldset><legend class="soft">Account</legend>{names}'
        f'</fieldset><p class="soft">It asks for</p><ul>{wants}</ul>'
        '<div class="row"><button class="main" name="answer" value="allow">Allow</button>'
        '<button name="answer" value="deny">Cancel</button></div></form></div>'
    )
    # After the form the browser is sent back to Clipdesk, at another port.
    return page(f"Practice {platform}", inside, forms_to="'self' http: https:")


_BY_LINK = ("public", "unlisted")
"""Who has the address can watch these."""


class Pages:
    """Routes for people."""

    def __init__(self, state: State, platforms: Sequence[PracticePlatform]) -> None:
        self._s = state
        self._platforms = {p.name: p for p in platforms}

    def routes(self, app: web.Application) -> None:
        add = app.router.add_get
        add("/", self.home)
        add("/practice.css", self.css)
        add("/ledger.json", self.ledger)
        for platform in self._platforms.values():
            add(platform.watch, self.post)
            add(platform.feed, partial(self.account, platform.name))
        add("/file/{remote_id}.mp4", self.file)

    async def css(self, _: web.Request) -> web.Response:
        return web.Response(text=CSS, content_type="text/css")

    async def ledger(self, _: web.Request) -> web.Response:
        return web.json_response(self._s.ledger())

    async def file(self, request: web.Request) -> web.StreamResponse:
        post = self._s.post(request.match_info["remote_id"])
        if post is None:
            raise web.HTTPNotFound
        return web.FileResponse(  # answers Range requests
            self._s.media / post["file"], headers={"Content-Type": "video/mp4"}
        )

    async def post(self, request: web.Request) -> web.Response:
        post = self._s.post(request.match_info["remote_id"])
        if post is None or post["visible"] not in _BY_LINK:
            return page("Not here", '<div class="card"><h1>This post is not here</h1></div>', 404)
        return page(f"@{post['account']}", f'<div class="card">{_post(post)}</div>')

    async def account(self, platform: str, request: web.Request) -> web.Response:
        name = request.match_info["account"]
        found = [p for p in self._s.posts(platform, name) if p["visible"] == "public"]
        cards = "".join(f'<div class="card">{_post(p)}</div>' for p in found)
        empty = '<p class="soft">Nothing was posted here yet.</p>'
        inside = f"<h1>@{escape(name)}</h1><div class='feed'>{cards}</div>{'' if cards else empty}"
        return page(f"@{name}", inside)

    async def home(self, _: web.Request) -> web.Response:
        rows = "".join(
            f"<tr><td>{escape(p['platform'])}</td><td>@{escape(p['account'])}</td>"
            f"<td>{escape(p['visible'])}</td><td>{self._open(p)}</td>"
            f"<td>{escape(p['caption'][:60])}</td></tr>"
            for p in reversed(self._s.ledger())
        )
        inside = (
            "<h1>Practice platforms</h1><p>They speak the same contracts as the real ones, so the "
            "whole way can be tried without an account anywhere. "
            '<a href="/control">Let something go wrong</a> to see what Clipdesk makes of it.</p>'
            "<table><tr><th>Where</th><th>Account</th><th>Visible</th><th></th><th>Caption</th>"
            f"</tr>{rows}</table>"
        )
        return page("Practice platforms", inside)

    def _open(self, post: Mapping[str, Any]) -> str:
        return f'<a href="{escape(self._platforms[post["platform"]].address(post))}">open</a>'


def _post(post: Mapping[str, Any]) -> str:
    at = datetime.fromtimestamp(post["at"], UTC).strftime("%d %B %Y, %H:%M UTC")
    return (
        f'<video controls playsinline preload="metadata" src="/file/{post["remote_id"]}.mp4">'
        f'</video><p><b>@{escape(post["account"])}</b> <span class="soft">{at}</span></p>'
        f'<p class="caption">{escape(post["caption"])}</p>'
    )
