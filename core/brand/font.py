"""A font somebody sent: whether it can draw captions, and of which languages."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path

from core.captions.fonts import font_in, lacking
from core.errors import NotUsable
from core.media.child import Limits, confined, tail_of
from core.media.receive import safe_name, sha256_of
from core.say import Bytes

MOST_B = 20 << 20
"""The largest faces, with all Chinese characters, have some 17 MB."""
WITHIN_S = 60.0
_LIMITS = Limits(memory_b=1 << 30, cpu_s=60, file_b=64 << 20, nice=0)
ALPHABETS = {
    "en": "abcdefghijklmnopqrstuvwxyz",
    "de": "äöüß",
    "es": "áéíñóúü",
    "fr": "àâæçèéêëîïôùûüÿœ",
    "pt": "àáâãçéêíóôõú",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي",
}
"""Letters of the languages we speak, small and large, by code."""


@dataclass(frozen=True, slots=True)
class CheckedFont:
    """A font as it may be used."""

    path: Path
    name: str
    lacks: tuple[str, ...]
    """Languages some of whose letters it does not have; captions in them are in a font of ours."""


async def check_font(path: Path, into: Path) -> CheckedFont:
    """Write what may be drawn of it into the folder `into`. Raises NotUsable with the reason."""
    if (size_b := path.stat().st_size) > MOST_B:
        raise NotUsable("brand.font_large", size=Bytes(size_b), limit=Bytes(MOST_B))
    out = into / "font.ttf"
    found = await _child(path, out, f"Clipdesk Brand {(await sha256_of(path))[:12]}")
    if failed := found.get("failed"):
        name = safe_name(found["name"]) if found.get("name") else ""
        raise NotUsable(f"brand.font_{failed}", name=name)
    own = font_in(out)
    lacks = tuple(
        code for code, letters in ALPHABETS.items() if lacking(own, letters + letters.upper())
    )
    return CheckedFont(out, safe_name(found["name"]) if found["name"] else "", lacks)


async def _child(path: Path, out: Path, family: str) -> dict[str, str]:
    program = str(Path(__file__).with_name("font_child.py"))
    with tempfile.TemporaryDirectory(prefix="clipdesk-") as scratch:
        (Path(scratch) / "source").symlink_to(path.absolute())
        argv = [sys.executable, "-I", program, "source", str(out.absolute()), family]
        try:
            async with (
                asyncio.timeout(WITHIN_S),
                confined(argv, cwd=Path(scratch), limits=_LIMITS, stdout=PIPE) as child,
            ):
                answer, _ = await asyncio.gather(tail_of(child.stdout), tail_of(child.stderr))
                await child.wait()
            return dict(json.loads(answer))
        except (TimeoutError, ValueError):
            return {"failed": "broken"}
