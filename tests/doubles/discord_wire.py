"""One request to the Discord of the tests: how it is answered, and what it may meet."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    data = json.dumps(body).encode()
    kind = {"Content-Type": "application/json"}  # with a charset the library sees no JSON
    return web.Response(body=data, status=status, headers={**kind, **(headers or {})})


@dataclass
class Fault:
    """What the next `times` requests that match meet."""

    what: str
    """`429`, `cloudflare`, `500`, `lost` (done, the answer never arrives) or `cut` (not done)."""
    path: str = "."
    method: str = ""
    times: int = 1
    retry_after: float = 0.1

    def meets(self, request: web.Request) -> bool:
        here = self.times > 0 and (not self.method or self.method == request.method)
        return here and re.search(self.path, request.path) is not None


class Limited(Exception):
    """Too many requests in one bucket."""

    def __init__(self, after_s: float) -> None:
        super().__init__(after_s)
        body = {"message": "You are being rate limited.", "retry_after": after_s, "global": False}
        self.answer = answer(body, 429, {"Via": "1.1 google"})


@dataclass
class Call:
    """One request, for tests that count."""

    method: str
    path: str
    status: int
    at: float
