"""Small sources made on the spot, and the front door of the render with its defaults filled in."""

from __future__ import annotations

import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import imageio_ffmpeg
import pytest

from core.analysis.model import Analysis
from core.analysis.timeline import Timeline
from core.brand.kit import Kit
from core.framing.frame import frame
from core.media.facts import VERTICAL, Video
from core.media.probe import probe
from core.render.logo import Spot
from core.render.render import render
from core.render.rendered import Rendered
from core.settings import Settings
from core.sound.mix import Mix, SoundWish
from core.tell import tell_nobody
from tests.core.framing.scenes import scene

Made = Callable[..., Awaitable[Rendered]]


def ffmpeg(*args: object) -> str:
    """Run ffmpeg on files of our own; what it wrote."""
    ran = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-y", *map(str, args)],
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stderr


def source(
    path: Path, *, picture: str, sound: str | None = None, args: tuple[str, ...] = ()
) -> Path:
    """A file from two lavfi descriptions."""
    heard = ("-f", "lavfi", "-i", sound) if sound else ()
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-g", "75")
    kept = ("-c:a", "pcm_s16le", "-shortest") if sound else ()
    ffmpeg("-f", "lavfi", "-i", picture, *heard, *coded, *kept, *args, path)
    return path


def flashing(path: Path, length_s: int, *args: str) -> Path:
    """On every full second the picture flashes for one frame and the sound beeps."""
    flash = "geq=lum='if(lt(mod(N,30),1)*gt(N,0),235,30)':cb=128:cr=128"
    return source(
        path,
        picture=f"color=black:s=320x180:r=30:d={length_s},{flash}",
        sound="aevalsrc='if(gte(t,0.5)*lt(mod(t,1),0.02),0.5*sin(2*PI*1000*t),0)'"
        f":s=48000:d={length_s}",
        args=args,
    )


@pytest.fixture(scope="session")
def beeps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6 s of it."""
    return flashing(tmp_path_factory.mktemp("beeps") / "beeps.mkv", 6)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """`await made(file, 1.0, 4.0)` renders into `tmp_path/clip`."""

    async def make(
        file: Path | Video,
        start_s: float,
        end_s: float,
        *,
        analysis: Analysis | None = None,
        captions: str | None = None,
        tell: Callable[..., None] = tell_nobody,
        into: Path | None = None,
        settings: Settings | None = None,
        sound: SoundWish | None = None,
        mix: Mix | None = None,
        kit: Kit | None = None,
        spot: Spot | None = None,
    ) -> Rendered:
        video = file if isinstance(file, Video) else Video(file, "0" * 64, await probe(file))
        found = analysis or scene(length_s=end_s)
        plan, faces = frame(video, found, start_s, end_s, VERTICAL)
        return await render(
            video,
            found,
            Timeline.whole(start_s, end_s),
            plan=plan,
            faces=faces,
            fmt=VERTICAL,
            captions=captions,
            into=into or tmp_path / "clip",
            settings=settings or Settings(_env_file=None),  # type: ignore[call-arg]
            tell=tell,
            sound=sound,
            mix=mix,
            kit=kit,
            spot=spot,
        )

    return make
