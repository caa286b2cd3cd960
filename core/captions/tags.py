"""Pieces of the ASS language."""

from __future__ import annotations

from core.captions.fonts import Run
from core.captions.measure import ass_size


def inline(run: Run, em_px: float) -> str:
    """Text in its font at its size."""
    size = ass_size(run.font, em_px)
    return f"{{\\fn{run.font.family}\\fs{size:.1f}}}{escape(run.text)}"


def escape(text: str) -> str:
    """Text that libass draws and never obeys. A backslash commands with whatever follows it, so an
    empty sign (U+2060) is put behind it; braces have an escape of their own."""
    safe = text.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")
    return " ".join(safe.splitlines()).replace("\x00", "")


def colour(rgb: str) -> str:
    """`#RRGGBBAA` as `&HAABBGGRR`, where ASS counts transparency."""
    r, g, b, a = rgb[1:3], rgb[3:5], rgb[5:7], rgb[7:9] or "FF"
    return f"&H{255 - int(a, 16):02X}{b}{g}{r}"


def bgr(rgb: str) -> str:
    """The same without transparency, as a tag takes it: `&HBBGGRR&`."""
    return f"&H{colour(rgb)[4:]}&"


def time(seconds: float) -> str:
    """`h:mm:ss.cc`."""
    cs = max(0, round(seconds * 100))
    return f"{cs // 360000}:{cs // 6000 % 60:02}:{cs // 100 % 60:02}.{cs % 100:02}"
