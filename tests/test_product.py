"""The whole product as a newcomer runs it: one command, one address, a video, two platforms."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import psutil
import pytest
import redis

from core.media.ffmpeg import find
from core.servers.socket import socket_path
from core.settings import Settings
from tests.doubles.newcomer import Newcomer
from tests.doubles.product import ROOT, Product, free_port, newcomer, running

pytestmark = [pytest.mark.media, pytest.mark.timeout(280)]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds with a cut every four, and sound."""
    out = tmp_path_factory.mktemp("video") / "holiday.mp4"
    sources = ("testsrc2", "smptehdbars", "mandelbrot", "testsrc", "rgbtestsrc")
    inputs = [a for s in sources for a in ("-f", "lavfi", "-t", "4", "-i", f"{s}=s=640x360:r=25")]
    joined = "".join(f"[{i}:v]setsar=1,format=yuv420p[v{i}];" for i in range(5))
    joined += "".join(f"[v{i}]" for i in range(5)) + "concat=n=5:v=1[v]"
    subprocess.run(
        [
            find(Settings(_env_file=None)),  # type: ignore[call-arg]
            *("-v", "error", *inputs, "-f", "lavfi", "-t", "20", "-i", "sine=330:r=48000"),
            *("-filter_complex", joined, "-map", "[v]", "-map", "5:a"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(out)),
        ],
        check=True,
    )
    return out


async def test_from_a_video_to_two_links_whatever_is_killed_emptied_or_stopped_meanwhile(
    tmp_path: Path, video: Path
) -> None:
    with running(tmp_path) as (product, code):
        async with newcomer(product, code) as ana:
            await ana.send("", video)
            await _cancelled_within_five_seconds(ana, product)
            await ana.send("2 under 6s", video)
            assert await ana.hears("Got it", 10) < 10
            await _killed_in_analysis_and_in_render(ana, product)
            await ana.send("/connect")
            for platform in ("TikTok", "Instagram"):
                await ana.until(lambda: "Which account" in ana.everything)
                before = len(ana.addresses)
                await ana.press(f"Connect practice {platform}")
                await ana.until(lambda before=before: len(ana.addresses) > before)  # type: ignore[misc]
                await ana.allow(ana.addresses[-1])
                await ana.hears(f"Practice {platform} is connected")
            await ana.press("Schedule")
            await ana.hears("go out?")
            await ana.send("tomorrow 9am")
            await ana.hears("09:00 (Europe/Berlin)")
        took, left = product.stop()
        assert took < 5 and left == []
        code = product.start()
        async with newcomer(product, code) as ana:
            await ana.hears("09:00 (Europe/Berlin)")
            assert len(ana.cards) == 2
            await ana.send("/queue")
            await ana.until(lambda: "\n1 · " in ana.everything)  # the post, after the heading
            await ana.press("Post now")
            await ana.until(lambda: ana.everything.count("/reel/") > 0, 30)
            await ana.until(lambda: "/video/" in " ".join(ana.addresses), 60)
            links = [a for a in ana.addresses if "/reel/" in a or "/video/" in a]
            async with aiohttp.ClientSession() as http:
                for link in links:
                    async with http.get(link) as page:
                        assert page.status == 200 and "<video" in await page.text()


async def _cancelled_within_five_seconds(ana: Newcomer, product: Product) -> None:
    """The work, and the child it is done in."""
    await ana.hears("step 1 of 2", 30)
    await ana.until(
        lambda: any("ffmpeg" in p.name() for p in product.worker("media").children(True)), 30
    )
    children = product.worker("media").children(recursive=True)
    await ana.press("Cancel")
    took = await ana.until(lambda: not any(_alive(c) for c in children), 10)
    assert took < 5
    await ana.hears("stopped", 10)


async def _killed_in_analysis_and_in_render(ana: Newcomer, product: Product) -> None:
    """It costs only time, an empty Redis too."""

    def busy(kind: str) -> bool:
        query = f"SELECT 1 FROM job WHERE kind = '{kind}' AND state = 'running'"
        return bool(product.rows(query))

    await ana.until(lambda: busy("analyse"), 30)
    await asyncio.sleep(0.5)
    product.worker("media").kill()
    await ana.until(lambda: busy("render"), 120)
    await asyncio.sleep(0.5)
    product.worker("media").kill()
    where = socket_path(Settings(data_dir=product.data_dir))
    with redis.Redis(unix_socket_path=where) as client:
        client.flushall()
    await ana.hears("2 clips are ready", 150)
    assert len(ana.cards) == 2
    attempts = product.rows("SELECT kind, max(attempt) FROM job GROUP BY kind")
    assert dict(attempts)["analyse"] == 2  # type: ignore[arg-type]
    assert product.rows("SELECT count(*) FROM clip") == [(2,)]


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_port_in_use_is_one_line_that_says_how_to_mend_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(taken.getsockname()[1])}
        found = subprocess.run(
            [sys.executable, "-m", "bot", "up"], cwd=ROOT, env=env, capture_output=True, text=True
        )
    assert found.returncode == 1
    assert len(found.stderr.strip().splitlines()) == 1 and "PORT" in found.stderr


def test_a_data_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    env = {**os.environ, "DATA_DIR": str(blocked / "data")}
    found = subprocess.run(
        [sys.executable, "-m", "bot", "up"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert found.returncode == 1
    assert len(found.stderr.strip().splitlines()) == 1 and "DATA_DIR" in found.stderr


def test_the_doctor_says_in_words_what_is_ready(tmp_path: Path) -> None:
    env = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(free_port())}
    found = subprocess.run(
        [sys.executable, "-m", "bot", "doctor"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    for word in ("ffmpeg 9", "Redis", "SQLite", "Faces", "Words", "practice"):
        assert word in found.stdout


def test_a_backup_is_restored_somewhere_else(tmp_path: Path) -> None:
    def clipdesk(data_dir: Path, *args: object) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "DATA_DIR": str(data_dir)}
        command = [sys.executable, "-m", "bot", *map(str, args)]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)

    old, new, file = tmp_path / "old", tmp_path / "new", tmp_path / "b.tar"
    assert clipdesk(old, "migrate").returncode == 0
    (old / "secret.key").write_text("s")
    assert clipdesk(old, "backup", file).returncode == 0
    assert clipdesk(new, "restore", file).returncode == 0
    assert (new / "clipdesk.db").is_file() and (new / "secret.key").read_text() == "s"
    assert clipdesk(new, "restore", file).returncode == 1  # never over what is there
