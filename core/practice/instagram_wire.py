"""How practice Instagram answers: errors in the Graph shape, and how much of its limits is used."""

from __future__ import annotations

import json
import secrets
from typing import Any

from aiohttp import web


class GraphError(Exception):
    """An answer in the Graph shape."""

    def __init__(self, code: int, sub: int = 0, message: str = "", http: int = 400) -> None:
        super().__init__(message)
        self.code, self.sub, self.message, self.http = code, sub, message, http


def graph_error(
    code: int, sub: int = 0, message: str = "", http: int = 400, *, full: bool = False
) -> web.Response:
    error: dict[str, Any] = {
        "message": message or f"error {code}",
        "type": "OAuthException",
        "code": code,
        "is_transient": False,
        "fbtrace_id": "A" + secrets.token_hex(8),
    }
    if sub:
        error["error_subcode"] = sub
    return web.json_response({"error": error}, status=http, headers=usage(full))


def refuse(fault: str) -> web.Response:
    """The answer of a fault. Throttling comes as 400, with the usage headers full."""
    name, _, value = fault.partition(":")
    if name == "code":
        code, _, sub = value.partition("/")
        return graph_error(int(code), int(sub or 0))
    if name == "http_429":
        return graph_error(80002, 0, "request limit reached", 400, full=True)
    if name == "token_expired":
        return graph_error(190, 463, "session has expired", 400)
    return graph_error(2, 0, "service unavailable", 500)


def usage(full: bool = False) -> dict[str, str]:
    few = {"call_count": 100 if full else 2, "total_cputime": 1, "total_time": 1}
    regain = 2 if full else 0  # minutes
    business = [{**few, "type": "instagram", "estimated_time_to_regain_access": regain}]
    return {
        "X-App-Usage": json.dumps(few),
        "X-Business-Use-Case-Usage": json.dumps({"1": business}),
    }


def told_as_graph(handler: Any) -> Any:
    """Refusals in the Graph shape; versions that ended are refused like there."""

    async def told(request: web.Request) -> web.StreamResponse:
        version = request.match_info.get("version", "v25.0")
        if int(version[1:].split(".")[0]) < 21:
            return graph_error(2635, 0, "this version is no longer available")
        try:
            return await handler(request)  # type: ignore[no-any-return]
        except GraphError as no:
            return graph_error(no.code, no.sub, no.message, no.http)

    return told
