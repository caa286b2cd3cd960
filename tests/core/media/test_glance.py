"""How long a video says it is, for the first answer in a chat."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.media.glance import glance


async def test_the_length_of_the_header_is_told(recordings: Path) -> None:
    length_s = await glance(recordings / "talk_medley_2min37_720p.mp4", within_s=10)
    assert length_s == pytest.approx(156.6, abs=0.2)


@pytest.mark.parametrize(
    "name", ["odd_git_lfs_pointer.mp4", "odd_ssrf_hls_playlist.avi", "odd_audio_only_1s.mp4"]
)
async def test_what_is_no_video_has_no_length(recordings: Path, name: str) -> None:
    assert await glance(recordings / name, within_s=10) is None


async def test_no_time_is_no_answer(recordings: Path) -> None:
    assert await glance(recordings / "talk_medley_2min37_720p.mp4", within_s=0.001) is None
