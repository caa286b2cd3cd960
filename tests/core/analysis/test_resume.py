"""An analysis that was killed goes on near where it was."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from core.analysis.analyse import analyse
from core.analysis.model import Analysis
from core.media.facts import Video
from core.media.ffmpeg import find
from core.media.probe import probe
from core.say import Say
from core.settings import Settings
from core.tell import Stage

SETTINGS = Settings(_env_file=None)  # type: ignore[call-arg]
ROOT = Path(__file__).parents[3]


class Progress:
    """What was told of one stage."""

    def __init__(self) -> None:
        self.video: list[float] = []

    def __call__(self, stage: Stage, done: float, *, note: Say | None = None) -> None:
        if stage == "video":
            self.video.append(done)


async def _analyse(path: Path, keep: Path | None, tell: Progress) -> Analysis:
    video = Video(path, "0" * 64, await probe(path))
    return await analyse(video, settings=SETTINGS, tell=tell, speech=False, keep=keep)


def _long(path: Path) -> Path:
    """Four minutes with a cut every 30 s."""
    colours = ("red", "blue", "white", "green", "yellow", "navy", "gray", "pink")
    marked = [
        *("-f", "lavfi", "-i", "testsrc2=s=160x90:r=5:d=240", "-f", "lavfi", "-i", "sine=d=240"),
        *("-vf", ",".join(f"drawbox=w=130:c={c}:t=fill:enable='between(t,{30 * i},{30 * i + 30})'"
                          for i, c in enumerate(colours))),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "25"),
    ]  # fmt: skip
    subprocess.run([find(SETTINGS), "-v", "error", "-y", *marked, str(path)], check=True)
    return path


def _killed_in_the_middle(path: Path, keep: Path) -> set[str]:
    """Start it as a program of its own and kill that when the first pieces are known."""
    program = (
        "import asyncio; from pathlib import Path; import tests.core.analysis.test_resume as t; "
        f"asyncio.run(t._analyse(Path({str(path)!r}), Path({str(keep)!r}), t.Progress()))"
    )
    child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, start_new_session=True)
    until = time.monotonic() + 60
    while not list(keep.glob("picture-*.json")) and child.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    return {p.name for p in keep.glob("picture-*.json")}


async def test_after_a_kill_only_the_rest_is_looked_at(tmp_path: Path) -> None:
    path, keep = _long(tmp_path / "long.mp4"), tmp_path / "so-far"
    known = await asyncio.to_thread(_killed_in_the_middle, path, keep)
    every = Progress()
    whole = await _analyse(path, None, every)
    assert len(whole.shots_s) == 8

    again = Progress()
    before = {name: (keep / name).stat().st_mtime_ns for name in known}
    resumed = await _analyse(path, keep, again)

    assert {name: (keep / name).stat().st_mtime_ns for name in known} == before
    assert len(list(keep.glob("picture-*.json"))) > len(known) >= 1
    assert again.video[0] > 0.15 > every.video[0]
    assert resumed == whole
