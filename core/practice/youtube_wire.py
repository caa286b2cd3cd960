"""How practice YouTube answers: Google's error shape, and the flat one of its token endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

_HTTP = {
    "quotaExceeded": (403, "youtube.quota"),
    "dailyLimitExceeded": (403, "usageLimits"),
    "rateLimitExceeded": (403, "usageLimits"),
    "userRateLimitExceeded": (403, "usageLimits"),
    "forbidden": (403, "global"),
    "forbiddenPrivacySetting": (403, "youtube.video"),
    "insufficientPermissions": (403, "global"),
    "authError": (401, "global"),
    "authorizationRequired": (401, "youtube.header"),
    "youtubeSignupRequired": (401, "youtube.header"),
    "authenticatedUserAccountSuspended": (403, "youtube.header"),
    "authenticatedUserAccountClosed": (403, "youtube.header"),
    "backendError": (500, "global"),
}


class GoogleError(Exception):
    """An answer with a reason."""

    def __init__(self, reason: str, message: str = "", http: int = 0) -> None:
        super().__init__(message)
        known = _HTTP.get(reason, (400, "youtube.video"))
        self.reason, self.message = reason, message or reason
        self.http, self.domain = http or known[0], known[1]

    def answer(self) -> web.Response:
        """`reason` is what a client goes by."""
        one = {"domain": self.domain, "reason": self.reason, "message": self.message}
        error = {"code": self.http, "message": self.message, "errors": [one]}
        return web.json_response({"error": error}, status=self.http)


def refuse(fault: str) -> web.Response:
    """The answer of a fault."""
    name, _, value = fault.partition(":")
    if name == "code":
        return GoogleError(value).answer()
    if name == "http_429":
        return GoogleError("rateLimitExceeded").answer()
    if name == "token_expired":
        return GoogleError("authError", "Invalid Credentials").answer()
    return GoogleError("backendError", http=503).answer()


def refuse_flat(fault: str) -> web.Response:
    """The same at the token endpoint."""
    name, _, value = fault.partition(":")
    if name == "code":
        return flat(value, "")
    return flat("", "", 503) if name == "http_500" else flat("rate_limit_exceeded", "", 429)


def flat(error: str, description: str, http: int = 400) -> web.Response:
    body = {"error": error, "error_description": description} if error else {}
    return web.json_response(body, status=http)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def told_as_google(handler: Handler) -> Handler:
    """Refusals in Google's shape."""

    async def told(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except GoogleError as no:
            return no.answer()

    return told


async def resource_of(request: web.Request) -> dict[str, Any]:
    """The JSON object that was sent."""
    if request.content_type != "application/json":
        raise GoogleError("invalidVideoMetadata", "Content-Type")
    try:
        found = await request.json()
    except ValueError:
        raise GoogleError("invalidVideoMetadata", "no JSON") from None
    return found if isinstance(found, dict) else {}
