"""Running ffmpeg: what comes out, what it may use, and that it is always gone afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path

import psutil
import pytest

from core.errors import BadSetting, Told
from core.media.child import Limits, confined, noting_children, tail_of
from core.media.ffmpeg import FfmpegFailed, find, run, start, version
from core.media.inputs import file_arg, safe_args
from core.settings import Settings
from tests.core.media.conftest import Listener

ENDLESS = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-f", "null", "-"]


async def test_progress_is_told_in_seconds_of_output(exe: str, tmp_path: Path) -> None:
    heard: list[float] = []
    args = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=3"]
    ran = await run(
        [*args, file_arg(tmp_path / "a.mp4")], exe=exe, timeout_s=60, on_progress=heard.append
    )
    assert heard[-1] == pytest.approx(3, abs=0.1)
    assert heard == sorted(heard)
    assert ran.errors == ()


async def test_a_thread_reads_the_raw_output(exe: str) -> None:
    args = ["-f", "lavfi", "-i", "color=red:size=8x4:rate=5:duration=2"]
    args += ["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    async with start(args, exe=exe, timeout_s=30, reads=True) as running:
        assert running.out
        raw = await asyncio.to_thread(running.out.read)
        await running.wait()
    assert len(raw) == 10 * 8 * 4 * 3


async def test_a_thread_writes_the_raw_input(exe: str, tmp_path: Path) -> None:
    args = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "16x16", "-r", "10", "-i", "pipe:0"]
    out = tmp_path / "a.mkv"

    async with start([*args, file_arg(out)], exe=exe, timeout_s=30, writes=True) as running:
        assert running.into
        await asyncio.to_thread(running.into.write, bytes(16 * 16 * 20))
        running.into.close()
        await running.wait()
    assert out.stat().st_size > 500


async def test_a_failure_carries_what_ffmpeg_said(exe: str, tmp_path: Path) -> None:
    with pytest.raises(FfmpegFailed, match="No such file"):
        await run(["-i", file_arg(tmp_path / "none.mp4"), "-f", "null", "-"], exe=exe, timeout_s=9)


async def test_time_runs_out_in_words(exe: str) -> None:
    began = time.monotonic()
    with pytest.raises(Told) as told:
        await run(["-re", *ENDLESS], exe=exe, timeout_s=0.5)
    assert told.value.say.key == "media.too_slow"
    assert time.monotonic() - began < 3


async def test_a_cancel_ends_the_process_group_within_five_seconds(exe: str) -> None:
    pids: list[int] = []
    with noting_children(pids.append):
        task = asyncio.create_task(run(["-re", *ENDLESS], exe=exe, timeout_s=60))
    while not pids:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    assert os.getpgid(pids[0]) == pids[0] != os.getpgid(0)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 5
    assert not psutil.pid_exists(pids[0])


async def test_a_child_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); "
    began = time.monotonic()
    async with confined(
        [sys.executable, "-c", deaf + "time.sleep(60)"], cwd=tmp_path, limits=Limits(), stdout=PIPE
    ) as child:
        assert child.stdout
        await child.stdout.readline()
    assert child.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 5


async def test_a_reading_thread_wakes_up_when_the_work_is_cancelled(exe: str) -> None:
    async def read_all() -> None:
        args = [*ENDLESS[:4], "-f", "rawvideo", "pipe:1"]
        async with start(["-re", *args], exe=exe, timeout_s=60, reads=True) as running:
            assert running.out
            await asyncio.to_thread(running.out.read)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await read_all()


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is a thing of Linux")
async def test_the_child_dies_when_its_parent_is_killed(exe: str, tmp_path: Path) -> None:
    parent = f"""
import asyncio
from core.media.child import noting_children
from core.media.ffmpeg import run
with noting_children(lambda pid: print(pid, flush=True)):
    asyncio.run(run({["-re", *ENDLESS]!r}, exe={exe!r}, timeout_s=60))
"""
    root = Path(__file__).parents[3]
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", parent, stdout=PIPE, cwd=root
    )
    assert program.stdout
    pid = int(await program.stdout.readline())
    await asyncio.sleep(0.3)
    assert psutil.Process(pid).name().startswith("ffmpeg")
    program.kill()
    await program.wait()
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        await asyncio.sleep(0.02)
    pytest.fail("ffmpeg outlived the process that started it")


async def _ran(tmp_path: Path, code: str, **limits: int) -> tuple[int, str]:
    async with confined(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, limits=Limits(**limits), stdout=PIPE
    ) as child:
        out, said = await asyncio.gather(tail_of(child.stdout), tail_of(child.stderr))
        return await child.wait(), out + said


async def test_memory_is_bounded(tmp_path: Path) -> None:
    code, said = await _ran(tmp_path, "bytearray(300 << 20)", memory_b=200 << 20)
    assert code == 1
    assert "MemoryError" in said
    assert (await _ran(tmp_path, "bytearray(100 << 20)", memory_b=200 << 20))[0] == 0


async def test_processor_time_is_bounded(tmp_path: Path) -> None:
    code, _ = await _ran(tmp_path, "while True: pass", cpu_s=1)
    assert code in (-signal.SIGXCPU, -signal.SIGKILL)


async def test_what_it_may_write_is_bounded(exe: str, tmp_path: Path) -> None:
    args = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-t", "5", "-c:v", "rawvideo"]
    out = tmp_path / "big.mkv"
    with pytest.raises(FfmpegFailed):
        await run([*args, file_arg(out)], exe=exe, timeout_s=30, limits=Limits(file_b=1 << 20))
    assert out.stat().st_size <= 1 << 20


async def test_our_secrets_are_not_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "do-not-tell")
    monkeypatch.setenv("SOMETHING_ELSE", "do-not-tell")
    code, said = await _ran(tmp_path, "import os; print(dict(os.environ))")
    assert code == 0
    assert "do-not-tell" not in said


async def test_it_reaches_no_network(tmp_path: Path, listener: Listener) -> None:
    code, said = await _ran(
        tmp_path,
        f"import socket; socket.create_connection(('127.0.0.1', {listener.port}), 2)",
    )
    if code == 0:
        pytest.skip("no namespaces on this machine: the protocol list of ffmpeg stands alone")
    assert "Error" in said
    assert listener.visits == 0


@pytest.mark.parametrize("source", ["http://127.0.0.1/a.mp4", "concat:a|b", "a.mp4", "-", "/a.mp4"])
def test_an_input_that_is_not_named_as_a_file_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="input"):
        safe_args(["-i", source])


@pytest.mark.parametrize(
    "name",
    ["a b.mp4", "🎬 clip.mp4", "it's \"q\".mp4", "new\nline.mp4", "-i.mp4", "%03d.mp4", "a|b:c.mp4",
     "concat:x.mp4", "http:__x.mp4", "[0:v].mp4", "*.mp4", "ünïcode.mp4"],
)  # fmt: skip
async def test_names_are_never_interpreted(exe: str, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    args = ["-f", "lavfi", "-i", "color=size=64x64:rate=5:duration=0.4", file_arg(path)]
    await run(args, exe=exe, timeout_s=20)
    assert path.stat().st_size > 0
    await run(["-i", file_arg(path), "-f", "null", "-"], exe=exe, timeout_s=20)


async def test_the_built_in_ffmpeg_says_its_version(exe: str) -> None:
    assert (await version(exe)).split(".")[0].isdigit()


async def test_a_wrong_ffmpeg_path_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as told:
        find(Settings(_env_file=None, ffmpeg_path=tmp_path / "none"))
    assert told.value.say.key == "media.ffmpeg_path_wrong"


@pytest.mark.parametrize("content", ["not a program", "#!/bin/sh\necho hello\n"])
async def test_a_program_that_is_no_ffmpeg_is_one_sentence(tmp_path: Path, content: str) -> None:
    wrong = tmp_path / "ffmpeg"
    wrong.write_text(content)
    wrong.chmod(0o755)
    with pytest.raises(BadSetting) as told:
        await version(find(Settings(_env_file=None, ffmpeg_path=wrong)))
    assert told.value.say.key == "media.ffmpeg_broken"


async def test_starting_behind_the_limits_costs_little(exe: str) -> None:
    took = []
    for _ in range(5):
        began = time.perf_counter()
        await version(exe)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.25  # about 0.035 s on a quiet machine
