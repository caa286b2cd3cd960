"""What an address may lead to: real servers on loopback, one of which counts as the Internet."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from core.errors import BadSetting, Later, NotUsable, Told, TooLarge
from core.media.link import About, Fetched, fetch
from core.media.public import Gate, LinkSettings, is_public

PUBLIC = "127.0.0.2"
"""Stands for the Internet here; 127.0.0.1 stays what it is: ours alone."""
ALLOWED = (ipaddress.ip_network(f"{PUBLIC}/32"),)
VIDEO = bytes.fromhex("00000018667479706d703432") + bytes(range(256)) * 400


class Server:
    """The same paths on the public and on the private side; counts who reached which."""

    def __init__(self) -> None:
        self.visits: list[tuple[str, str]] = []
        self.port = 0
        self.broken = 0

    def url(self, path: str, host: str = PUBLIC) -> str:
        return f"http://{host}:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        local = request.transport.get_extra_info("sockname")[0] if request.transport else ""
        self.visits.append((local, request.path))
        path = request.path
        if path.startswith("/to/"):
            raise web.HTTPFound(request.query["where"])
        if path.startswith("/status/"):
            code = int(path.split("/")[2])
            return web.Response(status=code, headers={"Retry-After": "7"})
        if path == "/loop":
            raise web.HTTPFound("/loop")
        if path == "/page":
            return web.Response(text="<!DOCTYPE html><p>no", content_type="text/html")
        if path == "/page.mp4":  # a share page under the name of the video
            return web.Response(body=b"\n <!doctype html>" + b"x" * 900, content_type="video/mp4")
        if path == "/list.m3u8":
            return web.Response(body=b"#EXTM3U\n", content_type="application/vnd.apple.mpegurl")
        if path == "/list.mp4":
            return web.Response(
                body=b"#EXTM3U\nhttp://127.0.0.1/secret\n", content_type="video/mp4"
            )
        if path == "/dash.mp4":
            return web.Response(body=b'<?xml version="1.0"?>\n<MPD></MPD>' + b" " * 600)
        if path == "/text":
            return web.json_response({})
        if path == "/packed":
            return web.Response(body=b"x", headers={"Content-Encoding": "gzip"})
        if path == "/empty.mp4":
            return web.Response(body=b"")
        return await getattr(self, path[1:].split(".")[0])(request)  # type: ignore[no-any-return]

    async def video(self, _: web.Request) -> web.StreamResponse:
        headers = {"Content-Disposition": 'attachment; filename="../../Tälk one.mp4"'}
        return web.Response(body=VIDEO, content_type="video/mp4", headers=headers)

    async def huge(self, request: web.Request) -> web.StreamResponse:
        """Says that it is huge."""
        answer = web.StreamResponse(headers={"Content-Length": str(1 << 40)})
        await answer.prepare(request)
        return answer

    async def endless(self, request: web.Request) -> web.StreamResponse:
        """Does not say so."""
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            for _ in range(10_000):
                await answer.write(b"x" * 65536)
        except ConnectionError:
            self.broken += 1
        return answer

    async def drip(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            for _ in range(200):
                await answer.write(b"drop" * 200)
                await asyncio.sleep(0.05)
        except ConnectionError:
            self.broken += 1
        return answer

    async def silent(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(VIDEO)
        await asyncio.sleep(2)
        return answer

    async def half(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Length": str(len(VIDEO))})
        await answer.prepare(request)
        await answer.write(VIDEO[:5000])
        assert request.transport
        request.transport.abort()
        return answer


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        made.port = probe.getsockname()[1]
    for host in ("127.0.0.1", PUBLIC):
        await web.TCPSite(runner, host, made.port).start()
    yield made
    await runner.cleanup()


Get = Callable[..., Awaitable[Fetched]]


@pytest.fixture
def get(tmp_path: Path) -> Get:
    async def got(address: str, **how: object) -> Fetched:
        into = tmp_path / "body"
        into.unlink(missing_ok=True)
        try:
            return await fetch(address, into, **{"allowed": ALLOWED, **how})  # type: ignore[arg-type]
        except BaseException:
            assert not into.exists(), "something was left behind"
            raise

    return got


async def test_a_video_comes_with_its_name_and_size(server: Server, get: Get) -> None:
    learnt: list[About] = []
    got = await get(server.url("/video.mp4#t=3"), learn=learnt.append)
    assert got.path.read_bytes() == VIDEO
    assert got.size_b == len(VIDEO)
    assert learnt == [About("Tälk one.mp4", len(VIDEO), "video/mp4")]


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]"),
        *("2130706433", "0x7f.1", "127.1", "0177.0.0.1", "127.0.0.1."),
    ],
)
async def test_no_way_of_writing_it_leads_to_this_machine(
    server: Server, get: Get, host: str
) -> None:
    with pytest.raises(Told) as refused:
        await get(server.url("/video.mp4", host))
    assert refused.value.say.key in ("link.not_public", "link.unreadable")
    assert server.visits == []


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.0.192", "198.18.0.1"),
        *("168.63.129.16", "192.88.99.1", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254"),
        *("ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::7f00:1"),
        *("64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "fec0::1"),
    ],
)
def test_what_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert not Gate().may(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"]
)
def test_what_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
    assert Gate().may(address)


def test_networks_of_ones_own_are_allowed_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINK_ALLOW", "192.168.1.0/24, fd00::/8")
    gate = Gate(LinkSettings().networks())
    assert gate.may("192.168.1.7") and gate.may("fd00::1")
    assert not gate.may("192.168.2.7") and not gate.may("127.0.0.1") and not gate.may("nonsense")
    monkeypatch.setenv("LINK_ALLOW", "192.168.1.0/24, everything")
    with pytest.raises(BadSetting):
        LinkSettings().networks()


@pytest.mark.parametrize("where", ["http://127.0.0.1:{port}/video.mp4", "http://[::1]:{port}/x"])
async def test_a_redirect_leads_nowhere_either(server: Server, get: Get, where: str) -> None:
    where = where.format(port=server.port)
    with pytest.raises(Told, match="not_public"):
        await get(server.url(f"/to/x?where={where}"))
    assert {host for host, _ in server.visits} == {PUBLIC}


@pytest.mark.parametrize("where", ["file:///etc/passwd", "ftp://host/x", "data:text/plain,x"])
async def test_a_redirect_to_something_else_than_the_web_is_refused(
    server: Server, get: Get, where: str
) -> None:
    with pytest.raises(Told, match="unreadable"):
        await get(server.url(f"/to/x?where={where}"))


async def test_redirects_are_followed_and_end(server: Server, get: Get) -> None:
    got = await get(server.url("/to/x?where=/to/y%3Fwhere=/video.mp4"))
    assert got.about.name == "Tälk one.mp4"
    with pytest.raises(Told, match="redirects"):
        await get(server.url("/loop"))


class Rebinding(AbstractResolver):
    """A name that is public when it is looked at and ours when it is used."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        address = self.answers.pop(0)
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


async def test_a_name_that_changes_its_mind_leads_nowhere(server: Server, get: Get) -> None:
    names = Rebinding(PUBLIC, "127.0.0.1")
    address = f"http://rebind.test:{server.port}/to/x?where=/video.mp4"
    with pytest.raises(Told, match="not_public"):
        await get(address, resolver=names)
    assert names.answers == []
    assert server.visits == [(PUBLIC, "/to/x")]


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://host/a.mp4", "http://", "http://[::1", "gopher://x", "//host/x"],
)
async def test_only_plain_web_addresses_are_taken(get: Get, address: str) -> None:
    with pytest.raises(Told, match="unreadable"):
        await get(address)


async def test_a_password_is_not_sent_anywhere(server: Server, get: Get) -> None:
    with pytest.raises(Told, match="password"):
        await get(server.url("/video.mp4").replace("http://", "http://ana:secret@"))
    assert server.visits == []


@pytest.mark.parametrize(
    ("path", "key"),
    [
        *(("/page", "link.page"), ("/page.mp4", "link.page"), ("/text", "link.no_video")),
        *(("/list.m3u8", "link.playlist"), ("/list.mp4", "link.playlist")),
        *(
            ("/dash.mp4", "link.playlist"),
            ("/packed", "link.packed"),
            ("/empty.mp4", "media.empty"),
        ),
    ],
)
async def test_what_is_no_video_is_called_what_it_is(
    server: Server, get: Get, path: str, key: str
) -> None:
    with pytest.raises(NotUsable) as told:
        await get(server.url(path))
    assert told.value.say.key == key
    assert len(server.visits) == 1, "something it named was opened"


async def test_what_is_too_large_is_refused_before_and_while_it_comes(
    server: Server, get: Get
) -> None:
    with pytest.raises(TooLarge, match=r"link\.too_large"):
        await get(server.url("/huge"))
    with pytest.raises(TooLarge, match="too_large"):
        await get(server.url("/endless"), limit_b=1 << 20)


async def test_a_drip_is_broken_off(server: Server, get: Get) -> None:
    with pytest.raises(Told, match="too_slow"):
        await get(server.url("/drip"), patience_s=0.4)


async def test_what_may_work_later_is_said_to_be_so(server: Server, get: Get) -> None:
    with pytest.raises(Later) as later:
        await get(server.url("/status/503"))
    assert later.value.after_s == 7
    for path in ("/status/429", "/status/500", "/half"):
        with pytest.raises(Later):
            await get(server.url(path))
    with pytest.raises(Later):
        await get(server.url("/silent"), silence_s=0.3)
    with pytest.raises(Later):
        await get(f"http://{PUBLIC}:1/video.mp4")


@pytest.mark.parametrize(
    ("status", "key"),
    [(404, "gone"), (410, "gone"), (401, "private"), (403, "private"), (418, "refused")],
)
async def test_what_will_never_work_is_told(
    server: Server, get: Get, status: int, key: str
) -> None:
    with pytest.raises(Told, match=f"link.{key}"):
        await get(server.url(f"/status/{status}"))
