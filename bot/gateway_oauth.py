"""Where a platform sends the browser back to after a sign-in, and the page it finds there."""

from __future__ import annotations

from html import escape

import structlog
from aiohttp import web

from bot.web_words import asked_in
from core.errors import Told
from core.i18n.catalog import direction
from core.posting.notices import platform_name
from core.say import Say, say
from core.services import Services

log = structlog.get_logger()

PAGE = """<!doctype html>
<html lang="{language}" dir="{dir}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Clipdesk</title>
<link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/app.css"></head>
<body class="alone"><main class="note {mood}"><img src="/icon.svg" alt="" width="48" height="48">
<h1>{title}</h1><p>{text}</p><p><a class="button main" href="/">{back}</a></p></main></body></html>
"""


class OAuth:
    """The route /oauth/{platform}."""

    def __init__(self, svc: Services) -> None:
        self._svc = svc

    async def finish(self, request: web.Request) -> web.Response:
        """Hand the answer of the platform over, and say how it went."""
        try:
            account = await self._svc.posting.finish_sign_in(
                dict(request.query), request.match_info["platform"]
            )
        except Told as told:
            log.info("oauth.refused", key=told.say.key)
            return self._page(request, say("web.not_connected"), told.say, "bad", 400)
        platform = platform_name(account.platform)
        facts = {"platform": platform, "username": account.username}
        key = "web.connected_practice" if account.practice else "web.connected"
        title = say(key, **facts)
        return self._page(request, title, say("web.connected_next"), "good", 200)

    def _page(
        self, request: web.Request, title: Say, text: Say, mood: str, status: int
    ) -> web.Response:
        catalog = self._svc.catalog
        language = asked_in(request, catalog)

        def words(sentence: Say) -> str:
            return catalog.text(sentence, language)

        page = PAGE.format(
            title=escape(words(title)),
            text=escape(words(text)),
            back=escape(words(say("web.back_to_chat"))),
            mood=mood,
            language=language,
            dir=direction(language),
        )
        # The address holds a code and a state: it must not be kept or passed on.
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return web.Response(text=page, content_type="text/html", status=status, headers=headers)
