"""Which encoder makes the picture: a hardware one that is there and proves itself, else x264.

A list of encoders says nothing: builds of ffmpeg name NVENC on machines without any graphics card.
So each one that could work here makes a short video, and the file is held to the same numbers as
every clip. One that fails then, or later in the middle of a clip, is not asked again by this
process, and software does the work.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from core.checks.file import read_file
from core.checks.spec import spec_checks
from core.errors import AppError
from core.media.child import Limits
from core.media.facts import VERTICAL
from core.media.ffmpeg import run
from core.media.inputs import file_arg
from core.render.encode import SOFTWARE, Encoder, file_args, picture_args, silence, sound_args
from core.render.rate import Beat

ROOMY = Limits(address_b=128 << 30)
"""Graphics drivers reserve far more address space than they use; memory stays limited."""
_TRIED = Beat(Fraction(30), 0.0, 75, 0.0)
"""Two and a half seconds: long enough for a second group of pictures."""
_PATIENCE_S = 30.0
_RENDER_NODE = "/dev/dri/renderD128"
_CAPPED = ("-maxrate", "12M", "-bufsize", "24M")

log = structlog.get_logger()


NVENC = Encoder(
    "nvenc",
    (
        *("-c:v", "h264_nvenc", "-preset", "p5", "-rc", "vbr", "-cq", "22", "-b:v", "8M"),
        *(*_CAPPED, "-profile:v", "high", "-pix_fmt", "yuv420p"),
        *("-bf", "2", "-forced-idr", "1", "-strict_gop", "1", "-no-scenecut", "1"),
    ),
)
VIDEOTOOLBOX = Encoder(
    "videotoolbox",
    (
        *("-c:v", "h264_videotoolbox", "-allow_sw", "0", "-b:v", "8M", *_CAPPED),
        *("-profile:v", "high", "-pix_fmt", "yuv420p"),
    ),
)
QSV = Encoder(
    "qsv",
    (
        *("-c:v", "h264_qsv", "-preset", "medium", "-global_quality", "21", *_CAPPED),
        *("-profile:v", "high", "-pix_fmt", "nv12", "-idr_interval", "0"),
    ),
)
VAAPI = Encoder(
    "vaapi",
    (
        *("-c:v", "h264_vaapi", "-rc_mode", "VBR", "-b:v", "8M", *_CAPPED),
        *("-profile:v", "high", "-bf", "0"),
    ),
    device=("-init_hw_device", f"vaapi=gpu:{_RENDER_NODE}", "-filter_hw_device", "gpu"),
    upload="format=nv12,hwupload",
)


def possible() -> list[Encoder]:
    """Those whose device is here; the most capable first."""
    linux: list[tuple[Callable[[], bool], Encoder]] = [
        (Path("/dev/nvidiactl").exists, NVENC),
        (Path(_RENDER_NODE).exists, QSV),
        (Path(_RENDER_NODE).exists, VAAPI),
    ]
    if sys.platform == "darwin":
        return [VIDEOTOOLBOX]
    return [encoder for here, encoder in linux if here()] if sys.platform == "linux" else []


class Encoders:
    """What is known of the encoders of one ffmpeg, for as long as the process lives."""

    def __init__(self, exe: str, candidates: Sequence[Encoder] | None = None) -> None:
        self._exe = exe
        self._left = list(possible() if candidates is None else candidates)
        self._proven: Encoder | None = None

    async def best(self) -> Encoder:
        """The first that proves itself, else software."""
        while self._left and self._proven is None:
            if await proves_itself(self._exe, self._left[0]):
                self._proven = self._left[0]
            else:
                self._left.pop(0)
        return self._proven or SOFTWARE

    def failed(self, encoder: Encoder) -> None:
        """Do not ask this one again."""
        log.warning("encoder.failed", encoder=encoder.name)
        self._left = [e for e in self._left if e is not encoder]
        self._proven = None


async def proves_itself(exe: str, encoder: Encoder) -> bool:
    """Whether it makes a file here that passes what every clip has to pass."""
    with TemporaryDirectory(prefix="clipdesk-") as folder:
        made = Path(folder) / "tried.mp4"
        size = f"{VERTICAL.width}x{VERTICAL.height}"
        picture = "format=yuv420p,setparams=range=tv:colorspace=bt709"
        tags = "setparams=color_primaries=bt709:color_trc=bt709"
        upload = f",{encoder.upload}" if encoder.upload else ""
        graph = f"[0:v]{picture},{tags}{upload}[v];{silence(_TRIED)}[a]"
        args = [
            *encoder.device,
            *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=30:d=3", "-filter_complex", graph),
            *("-map", "[v]", "-map", "[a]", *picture_args(_TRIED, encoder)),
            *(*sound_args(), *file_args(), file_arg(made)),
        ]
        try:
            await run(args, exe=exe, timeout_s=_PATIENCE_S, cwd=Path(folder), limits=ROOMY)
        except AppError as wrong:
            log.info("encoder.not_here", encoder=encoder.name, why=str(wrong)[-200:])
            return False
        wrong_ones = [
            c.name for c in spec_checks(read_file(made), VERTICAL, _TRIED.length_s) if not c.ok
        ]
    log.info("encoder.tried", encoder=encoder.name, fails=wrong_ones)
    return not wrong_ones


KNOWN: dict[str, Encoders] = {}


def encoders(exe: str) -> Encoders:
    """Those of this ffmpeg."""
    return KNOWN.setdefault(exe, Encoders(exe))
