"""Files from a browser: streamed, resumed, refused in words, and gone when stopped."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections import namedtuple
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot import web_upload
from core.services import Services
from tests.bot.conftest import Site, StartSite, text_of

DATA = os.urandom(900_000)
KEY = f"in/{hashlib.sha256(DATA).hexdigest()}"


async def _begin(site: Site, name: str = "talk.mp4", size: int = len(DATA)) -> tuple[int, Any]:
    about = {"name": name, "size": size, "mime": "video/mp4"}
    async with site.http.post(site.url / "api/uploads", json=about) as answer:
        return answer.status, await answer.json()


async def _put(site: Site, upload: str, offset: int, data: Any) -> tuple[int, Any]:
    url = (site.url / "api/uploads" / upload).with_query(offset=offset)
    async with site.http.put(url, data=data) as answer:
        return answer.status, await answer.json()


async def _sent(site: Site, name: str = "talk.mp4") -> str:
    _, upload = await _begin(site, name)
    status, after = await _put(site, upload["id"], 0, DATA)
    assert (status, after["done"]) == (200, True)
    return str(upload["id"])


def _left_behind(site: Site) -> list[str]:
    return [p.name for p in (site.svc.settings.data_dir / "uploads").iterdir()]


async def test_a_file_lands_in_the_store_under_its_hash_and_is_handed_over(home: Site) -> None:
    upload = await _sent(home)
    assert await home.svc.store.size(KEY) == len(DATA)
    assert _left_behind(home) == []
    async with home.tab() as tab:
        await tab.send(files=(upload,))
        answer = await tab.hears(f"talk.mp4 at {KEY}")
        mine = next(m for m in tab.messages.values() if m["from"] == "me")
    assert mine["files"] == [{"name": "talk.mp4", "size": len(DATA)}]
    assert answer["id"] > mine["id"]


async def test_a_broken_line_is_gone_on_with_from_where_it_broke(home: Site) -> None:
    _, upload = await _begin(home)

    async def breaks_off() -> AsyncIterator[bytes]:
        yield DATA[:500_000]
        await asyncio.sleep(0.2)
        raise ConnectionResetError

    with pytest.raises(Exception, match=r".*"):
        await _put(home, upload["id"], 0, breaks_off())
    state: dict[str, Any] = {"offset": -1}
    for _ in range(50):
        async with home.http.get(home.url / "api/uploads" / upload["id"]) as answer:
            last, state = state, await answer.json()
        if last == state:
            break
    assert 0 < state["offset"] <= 500_000
    status, after = await _put(home, upload["id"], 5, b"x")
    assert (status, after["offset"]) == (409, state["offset"])
    status, after = await _put(home, upload["id"], state["offset"], DATA[state["offset"] :])
    assert (status, after["done"]) == (200, True)
    assert await home.svc.store.size(KEY) == len(DATA)


async def test_what_cannot_be_taken_is_refused_before_it_is_sent(
    home: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, said = await _begin(home, size=0)
    assert (status, "empty" in said["error"]) == (422, True)
    status, said = await _begin(home, size=30 * 1024**4)
    assert (status, "larger than" in said["error"]) == (413, True)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(web_upload.shutil, "disk_usage", lambda _: usage(10, 9, 400_000_000))
    status, said = await _begin(home)
    assert (status, "make room" in said["error"]) == (413, True)
    async with home.http.post(home.url / "api/uploads", data=b"nonsense") as answer:
        assert answer.status == 422


async def test_more_bytes_than_announced_are_not_taken(home: Site) -> None:
    _, upload = await _begin(home, size=10)
    url = (home.url / "api/uploads" / upload["id"]).with_query(offset=0)
    async with home.http.put(url, data=b"x" * 11) as answer:
        assert answer.status == 400


async def test_a_stopped_upload_leaves_nothing_behind(home: Site) -> None:
    _, upload = await _begin(home)
    await _put(home, upload["id"], 0, DATA[:300_000])
    assert len(_left_behind(home)) == 1
    async with home.http.delete(home.url / "api/uploads" / upload["id"]) as answer:
        assert answer.status == 200
    assert _left_behind(home) == []
    async with home.http.get(home.url / "api/uploads" / upload["id"]) as answer:
        assert answer.status == 404


async def test_an_upload_nobody_goes_on_with_is_dropped(
    home: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_upload, "IDLE_S", 0.05)
    _, upload = await _begin(home)
    for _ in range(100):
        status, said = await _put(home, upload["id"], 0, b"")
        if status == 422:
            break
    assert "stopped for too long" in said["error"]
    assert _left_behind(home) == []


async def test_a_stop_of_the_program_leaves_no_half_file(start: StartSite) -> None:
    async with start() as site:
        await site.sign_in()
        _, upload = await _begin(site)
        await _put(site, upload["id"], 0, DATA[:500_000])
    assert _left_behind(site) == []


async def test_only_so_many_at_once(home: Site) -> None:
    answers = [(await _begin(home))[0] for _ in range(9)]
    assert answers == [201] * 8 + [422]


async def test_a_file_nobody_sent_is_not_handed_over(home: Site) -> None:
    async with home.tab() as tab:
        await tab.send("/echo", files=("unknown",))
        assert "no longer here" in (await tab.take())["text"]


async def test_a_name_is_only_ever_shown(home: Site) -> None:
    upload = await _sent(home, name="../../etc/\u202epasswd\n.mp4")
    async with home.tab() as tab:
        await tab.send(files=(upload,))
        message = await tab.hears(KEY)
    assert "/etc" not in text_of(message)
    assert "\n" not in text_of(message)
    assert "\u202e" not in text_of(message)


async def test_what_a_killed_process_left_is_cleared_at_the_next_start(
    start: StartSite, svc: Services
) -> None:
    folder = svc.settings.data_dir / "uploads"
    folder.mkdir()
    (folder / "half").write_bytes(b"x")
    async with start() as site:
        assert _left_behind(site) == []


async def test_a_store_on_another_disk_gets_a_copy(
    home: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = Path.replace

    def other_disk(self: Path, target: Path) -> Path:
        if self.parent.name == "uploads":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", other_disk)
    await _sent(home)
    assert await home.svc.store.size(KEY) == len(DATA)
    assert _left_behind(home) == []
