"""Where platforms tell us that something happened. They are checked over the bytes as they came,
and answered at once: what follows is a look that would have come anyway."""

from __future__ import annotations

import structlog
from aiohttp import web

from core.errors import Told
from core.publish.hooks import NotSigned
from core.services import Services

log = structlog.get_logger()


class Webhooks:
    """The route /webhooks/{platform}."""

    def __init__(self, svc: Services) -> None:
        self._svc = svc

    async def verify(self, request: web.Request) -> web.Response:
        """A platform wants to see that this address is ours."""
        try:
            platform = self._svc.posting.platform(request.match_info["platform"])
        except Told:
            raise web.HTTPNotFound from None
        answer = platform.challenge(request.query)
        if answer is None:
            log.warning("webhook.not_verified", platform=platform.name)
            raise web.HTTPForbidden
        return web.Response(text=answer)

    async def hear(self, request: web.Request) -> web.Response:
        """200 for everything that is signed, also when it is of no use: else it is sent again."""
        name = request.match_info["platform"]
        try:
            await self._svc.posting.hear(name, await request.read(), request.headers)
        except Told:
            raise web.HTTPNotFound from None
        except NotSigned:
            log.warning("webhook.not_signed", platform=name)
            raise web.HTTPForbidden from None
        except ValueError:  # signed, and yet no JSON
            log.warning("webhook.unreadable", platform=name)
        return web.Response()
