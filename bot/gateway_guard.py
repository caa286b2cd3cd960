"""What every request passes: headers that keep the page to itself, who may call, how often."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from core.settings import Settings

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    # Nothing from elsewhere, nothing inline, no frame around it, no form to elsewhere.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
MACHINE_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines under whatever name they know us; they show nothing worth protecting."""
HOOKS = "/hook/"
"""Where networks bring updates, many at once and by whatever name of ours they were given; what
they bring is verified there."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Bucket:
    """Something that may be done `burst` times at once and `per_s` times a second on average."""

    per_s: float
    burst: float
    tokens: float = -1.0
    at: float = field(default_factory=time.monotonic)

    def take(self) -> bool:
        now = time.monotonic()
        filled = self.burst if self.tokens < 0 else self.tokens + (now - self.at) * self.per_s
        self.at = now
        self.tokens = min(self.burst, filled)
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Limits:
    """A bucket per caller. The callers that were away longest are forgotten first."""

    def __init__(self, per_s: float, burst: float, callers: int = 10_000) -> None:
        self._per_s = per_s
        self._burst = burst
        self._callers = callers
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, caller: str) -> bool:
        """False when this caller has to wait."""
        bucket = self._buckets.pop(caller, None) or Bucket(self._per_s, self._burst)
        self._buckets[caller] = bucket
        if len(self._buckets) > self._callers:
            self._buckets.popitem(last=False)
        return bucket.take()


def caller(request: web.Request, behind_proxy: bool) -> str:
    """The address of whoever asks. A proxy in front of us appends the one it saw as the last."""
    peer = _address(request.remote or "")
    seen = _address(request.headers.get("X-Forwarded-For", "").split(",")[-1].strip())
    by = seen if behind_proxy and seen and peer and peer.is_private else peer
    if isinstance(by, ipaddress.IPv6Address):  # one household has a /64 to vary its address in
        return str(ipaddress.ip_network((by, 64), strict=False))
    return str(by)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_our_name(host: str, public_host: str | None) -> bool:
    """Whether this Host may mean us. A name of someone else that resolves to this machine is how
    DNS rebinding reads a local page; a bare address cannot be rebound."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name.endswith(".localhost") or name == public_host:
        return True
    return _address(name) is not None


def is_our_origin(request: web.Request) -> bool:
    """Whether the page that asks was served by us. Browsers cannot be made to lie about it."""
    origin = request.headers.get("Origin")
    if origin is None:  # not a browser, or a browser that says so in another way
        return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    return urlsplit(origin).netloc == request.host and origin != "null"


class Guard:
    """The middleware of the gateway."""

    def __init__(self, settings: Settings) -> None:
        self._public_host = urlsplit(settings.public_url).hostname if settings.public_url else None
        self.behind_proxy = settings.public_url is not None
        self.requests = Limits(per_s=25, burst=120)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = self._refused(request)
        return await handler(request) if refused is None else refused

    async def add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put on every answer, errors too; a route may set a stricter one itself."""
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.path in MACHINE_PATHS or request.path.startswith(HOOKS):
            return None
        if not is_our_name(request.host, self._public_host):
            log.warning("gateway.foreign_host")
            return web.Response(
                status=421, text="Clipdesk is not reached by this name. Set PUBLIC_URL to it."
            )
        acts = request.method not in SAFE or "Upgrade" in request.headers
        if acts and not is_our_origin(request):
            log.warning("gateway.foreign_origin", path=request.path)
            return web.Response(status=403, text="Another site asked for this. Nothing was done.")
        if not self.requests.take(caller(request, self.behind_proxy)):
            return web.Response(
                status=429, text="Too many requests. Wait a moment.", headers={"Retry-After": "2"}
            )
        return None
