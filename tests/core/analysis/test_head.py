"""The first part of a long talk is there before the whole is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from core.analysis.analyse import analyse
from core.analysis.model import Analysis
from core.media.facts import Video
from core.media.ffmpeg import find
from core.media.probe import probe
from core.settings import Settings
from core.tell import tell_nobody

SETTINGS = Settings(_env_file=None)  # type: ignore[call-arg]


def _long(sounds: tuple[tuple[Path, float], ...], length_s: int, out: Path) -> Path:
    """Somebody speaks at these seconds of a long still picture."""
    inputs = [arg for path, _ in sounds for arg in ("-i", str(path))]
    late = "".join(
        f"[{i}:a]aresample=16000,adelay={round(1000 * at_s)}:all=1[s{i}];"
        for i, (_, at_s) in enumerate(sounds)
    )
    mixed = "".join(f"[s{i}]" for i in range(len(sounds)))
    graph = f"{late}{mixed}amix={len(sounds)}:normalize=0,apad=whole_dur={length_s}[a]"
    picture = ("-f", "lavfi", "-i", f"color=c=gray:s=160x90:r=5:d={length_s}")
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "flac", str(out))
    mapped = ("-filter_complex", graph, "-map", "[a]", "-map", f"{len(sounds)}:v")
    subprocess.run(
        [find(SETTINGS), "-v", "error", "-y", *inputs, *picture, *mapped, *coded], check=True
    )
    return out


async def test_the_first_part_of_a_long_talk_is_told_while_the_rest_is_listened_to(
    recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEECH_ENGINE", "sphinx")
    early, late = (recordings / f"speech_librivox_{n}.wav" for n in ("0870", "0890"))
    path = _long(((early, 5.0), (late, 100.0), (early, 150.0)), 200, tmp_path / "long.mkv")
    heads: list[Analysis] = []

    async def on_head(head: Analysis) -> None:
        heads.append(head)

    video = Video(path, "0" * 64, await probe(path))
    whole = await analyse(video, settings=SETTINGS, tell=tell_nobody, on_head=on_head)
    (head,) = heads
    assert 100 < head.duration_s < 150, "it ends in the pause behind what is understood"
    assert head.words and head.words == tuple(w for w in whole.words if w.end_s < head.duration_s)
    assert len(head.words) < len(whole.words)
    assert head.voice[-1].end_s <= head.duration_s
    assert len(head.motion) <= round(10 * head.duration_s) < len(whole.motion)
