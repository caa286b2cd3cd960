"""How practice TikTok answers: the envelope of its JSON calls, and the flat token answers."""

from __future__ import annotations

import json
import secrets
from typing import Any

from aiohttp import web


class Refusal(Exception):
    """An answer that is not `ok`."""

    def __init__(self, code: str, http: int = 400, message: str = "") -> None:
        super().__init__(code)
        self.code, self.http, self.message = code, http, message


def envelope(data: dict[str, Any], code: str = "ok", http: int = 200, message: str = "") -> Any:
    """`{data, error}`: success is the code, not the HTTP status."""
    error = {"code": code, "message": message, "log_id": secrets.token_hex(12)}
    return web.json_response({"data": data, "error": error}, status=http)


def refuse(fault: str) -> web.Response:
    """The answer of a fault. Some refusals come under HTTP 200."""
    name, _, value = fault.partition(":")
    if name == "code":
        return envelope({}, value, 200)  # type: ignore[no-any-return]
    codes = {
        "http_500": ("internal_error", 500),
        "http_429": ("rate_limit_exceeded", 429),
        "token_expired": ("access_token_invalid", 401),
    }
    return envelope({}, *codes[name])  # type: ignore[no-any-return]


def refuse_flat(fault: str) -> web.Response:
    """The same at the token endpoint, where answers are flat."""
    name, _, value = fault.partition(":")
    if name == "code":
        return flat(value, "")
    return flat(
        *{"http_500": ("server_error", "", 500)}.get(name, ("rate_limit_exceeded", "", 429))
    )


def flat(error: str, description: str, http: int = 400) -> web.Response:
    """Token answers are not enveloped."""
    body = {"error": error, "error_description": description, "log_id": secrets.token_hex(12)}
    return web.json_response(body, status=http)


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON object that was sent; none is as good as an empty one."""
    raw = await request.read()
    if raw and request.content_type != "application/json":
        raise Refusal("invalid_param", 400, "Content-Type")
    try:
        found = json.loads(raw) if raw else {}
    except ValueError:
        raise Refusal("invalid_param", 400, "no JSON") from None
    return found if isinstance(found, dict) else {}


def told_as_envelope(handler: Any) -> Any:
    """Refusals become the envelope."""

    async def told(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)  # type: ignore[no-any-return]
        except Refusal as no:
            return envelope({}, no.code, no.http, no.message)  # type: ignore[no-any-return]

    return told
