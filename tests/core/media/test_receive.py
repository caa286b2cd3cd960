"""Files that come in: whole on the disk with their hash, or not there at all."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import Told, TooLarge
from core.media.receive import chunks_of, receive, safe_name, sha256_of


async def _chunks(count: int, size_b: int = 1000) -> AsyncIterator[bytes]:
    for i in range(count):
        yield bytes([i % 256]) * size_b


async def test_what_arrives_is_kept_with_its_hash(tmp_path: Path) -> None:
    got = await receive(_chunks(300), tmp_path / "a", limit_b=10**6)
    wanted = b"".join([bytes([i % 256]) * 1000 for i in range(300)])
    assert got.path.read_bytes() == wanted
    assert got.size_b == 300_000
    assert got.sha256 == hashlib.sha256(wanted).hexdigest() == await sha256_of(got.path)


async def test_too_much_is_refused_and_removed(tmp_path: Path) -> None:
    with pytest.raises(TooLarge) as told:
        await receive(_chunks(300), tmp_path / "a", limit_b=5000)
    assert told.value.say.key == "media.too_large"
    assert list(tmp_path.iterdir()) == []


async def test_what_is_announced_too_large_is_not_begun(tmp_path: Path) -> None:
    async def never() -> AsyncIterator[bytes]:
        pytest.fail("it was begun")
        yield b""

    with pytest.raises(TooLarge):
        await receive(never(), tmp_path / "a", limit_b=5000, expect_b=5001)


async def test_what_does_not_fit_on_the_disk_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(Told) as told:
        await receive(_chunks(3), tmp_path / "a", limit_b=10**18, expect_b=10**17)
    assert told.value.say.key == "media.disk_short"
    assert list(tmp_path.iterdir()) == []


async def test_a_broken_transfer_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await receive(broken(), tmp_path / "a", limit_b=10**6)
    assert list(tmp_path.iterdir()) == []


async def test_a_cancelled_transfer_leaves_nothing(tmp_path: Path) -> None:
    async def slow() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * (1 << 20)
            await asyncio.sleep(0.01)

    task = asyncio.create_task(receive(slow(), tmp_path / "a", limit_b=10**12))
    while not (tmp_path / "a").exists():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []


async def test_a_disk_that_fills_up_is_told_and_nothing_stays(tmp_path: Path) -> None:
    full = Path("/dev/full")  # a write there fails as on a full disk
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    (tmp_path / "a").symlink_to(full)
    with pytest.raises(Told) as told:
        await receive(_chunks(3), tmp_path / "a", limit_b=10**6)
    assert told.value.say.key == "media.disk_full"
    assert list(tmp_path.iterdir()) == []
    assert isinstance(told.value.__cause__, OSError)
    assert told.value.__cause__.errno == errno.ENOSPC


async def test_a_disk_others_fill_up_meanwhile_stops_the_transfer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = shutil.disk_usage(tmp_path), []

    def shrinking(_: Any) -> Any:
        asked.append(1)
        return real._replace(free=10**10 if len(asked) == 1 else 10**6)

    monkeypatch.setattr(shutil, "disk_usage", shrinking)
    with pytest.raises(Told) as told:
        await receive(_chunks(80, 1 << 20), tmp_path / "a", limit_b=10**10)
    assert told.value.say.key == "media.disk_short"
    assert list(tmp_path.iterdir()) == []


async def test_a_local_file_can_be_received_too(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc" * 10**6)
    got = await receive(chunks_of(tmp_path / "a"), tmp_path / "b", limit_b=10**7)
    assert got.sha256 == await sha256_of(tmp_path / "a")


async def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    import tracemalloc

    tracemalloc.start()
    await receive(_chunks(200, 1 << 20), tmp_path / "a", limit_b=1 << 30)
    peak_b = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_b < 12 << 20


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("talk.mp4", "talk.mp4"),
        ("🎬 my clip 👨‍👩‍👧.mp4", "🎬 my clip 👨‍👩‍👧.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\talk.mp4", "talk.mp4"),
        ("two\nlines\r\n\tand tabs.mp4", "two lines and tabs.mp4"),
        ("bell\x07 nul\x00.mp4", "bell nul.mp4"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ('it\'s "quoted".mp4', 'it\'s "quoted".mp4'),
        ("..", "video"),
        ("", "video"),
        ("   ", "video"),
        ("\udcff.mp4", "mp4"),
        ("cafe\u0301.mp4", "café.mp4"),
    ],
)
def test_names_are_made_fit_to_be_shown(raw: str, shown: str) -> None:
    assert safe_name(raw) == shown


def test_a_long_name_keeps_its_ending() -> None:
    short = safe_name("x" * 500 + ".mp4")
    assert len(short) == 120
    assert short.endswith("….mp4")
    assert len(safe_name("y" * 500)) == 120
