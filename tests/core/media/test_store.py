"""The media store: whole files by key, and no way out of its folder."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from core.errors import BadSetting, Told
from core.media.store import FolderStore, open_store
from core.settings import Settings


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return open_store(Settings(_env_file=None, data_dir=tmp_path / "data"))


@pytest.fixture
def local(tmp_path: Path) -> Path:
    path = tmp_path / "local.mp4"
    path.write_bytes(os.urandom(3 << 20))
    return path


async def test_what_is_put_can_be_fetched_streamed_and_read_in_place(
    store: FolderStore, local: Path, tmp_path: Path
) -> None:
    await store.put(local, "sources/ab/source.mp4")
    data = local.read_bytes()
    assert (await store.fetch("sources/ab/source.mp4", tmp_path / "b.mp4")).read_bytes() == data
    assert b"".join([c async for c in store.stream("sources/ab/source.mp4")]) == data
    assert await store.size("sources/ab/source.mp4") == len(data)
    in_place = store.local_path("sources/ab/source.mp4")
    assert in_place
    assert in_place.read_bytes() == data


async def test_what_is_not_there_is_said_so(store: FolderStore, tmp_path: Path) -> None:
    assert await store.size("no/such") is None
    assert store.local_path("no/such") is None
    assert await store.remove("no/such") is False
    with pytest.raises(FileNotFoundError):
        await store.fetch("no/such", tmp_path / "x")
    with pytest.raises(FileNotFoundError):
        _ = [c async for c in store.stream("no/such")]
    assert not (tmp_path / "x").exists()


async def test_removing_leaves_no_empty_folders(store: FolderStore, local: Path) -> None:
    await store.put(local, "a/b/c.mp4")
    await store.put(local, "a/d.mp4")
    assert await store.remove("a/b/c.mp4") is True
    assert sorted(p.name for p in store.root.rglob("*")) == ["a", "d.mp4"]


async def test_putting_again_replaces_as_a_whole(
    store: FolderStore, local: Path, tmp_path: Path
) -> None:
    await store.put(local, "k")
    (tmp_path / "new").write_bytes(b"new")
    await store.put(tmp_path / "new", "k")
    assert await store.size("k") == 3
    assert [p.name for p in store.root.iterdir()] == ["k"]


async def test_many_at_once_do_not_disturb_each_other(store: FolderStore, local: Path) -> None:
    async def come_and_go(n: int) -> None:
        await store.put(local, f"shared/{n}")
        await store.remove(f"shared/{n}")

    await asyncio.gather(*(come_and_go(n) for n in range(12)))
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize(
    "key", ["../x", "a/../../x", "/etc/passwd", "", "a//b", ".hidden", "a/.b", "a\\b", "a\nb", "a/",
            "é", "x" * 200, "a/" * 20 + "b", "a\x00b"],
)  # fmt: skip
async def test_a_key_that_leads_elsewhere_is_a_fault(
    store: FolderStore, local: Path, key: str
) -> None:
    with pytest.raises(ValueError, match="not a key"):
        await store.put(local, key)
    with pytest.raises(ValueError, match="not a key"):
        store.local_path(key)


async def test_no_room_is_told_with_what_is_needed(store: FolderStore, tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(shutil.disk_usage(tmp_path).free + 1)  # sparse: it takes nothing
    with pytest.raises(Told) as told:
        await store.put(huge, "k")
    assert told.value.say.key == "media.disk_short"
    assert list(store.root.iterdir()) == []


async def test_a_copy_that_breaks_off_leaves_nothing(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    real = Path.open

    def full(self: Path, mode: str = "r", *args: object, **more: object) -> object:
        return real(Path("/dev/full"), "wb") if mode == "xb" else real(self, mode)

    source = tmp_path / "s"
    source.write_bytes(b"x" * 100_000)
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(Told) as told:
        await store.put(source, "k")
    assert told.value.say.key == "media.disk_full"
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("url", ["s3://bucket/x", "http://x/y", "ftp://a"])
def test_an_address_that_is_no_folder_is_one_sentence(url: str) -> None:
    with pytest.raises(BadSetting) as told:
        open_store(Settings(_env_file=None, media_url=url))
    assert told.value.say.key == "media.store_unknown"


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadSetting) as told:
        open_store(Settings(_env_file=None, media_url=str(tmp_path / "file" / "media")))
    assert told.value.say.key == "media.store_unwritable"


def test_a_folder_may_be_named_in_both_ways(tmp_path: Path) -> None:
    for url in (str(tmp_path / "m"), f"file://{tmp_path}/m"):
        assert open_store(Settings(_env_file=None, media_url=url)).root == tmp_path / "m"
