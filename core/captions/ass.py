"""Captions as an ASS file: one event for every moment at which another word lights up.

The colour of the spoken word changes, its size never does: a line that grows and shrinks jumps.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from core.analysis.model import Word
from core.captions.area import scale
from core.captions.cues import Cue, cues
from core.captions.fonts import Font, Run, font_for
from core.captions.layout import Laid, lay_out
from core.captions.measure import ass_size
from core.captions.style import Style
from core.media.facts import Format

BLINK_S = 0.2
"""A cue that would stand in one place for so short stands in the other all the time."""
_HEAD = """\
[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
LayoutResX: {width}
LayoutResY: {height}
WrapStyle: 2
ScaledBorderAndShadow: yes
YCbCr Matrix: None
Kerning: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: words,{family},{size:.1f},{fill},{fill},{outline},{shadow},0,0,0,0,100,100,0,0,{border},\
{outline_px:.1f},{shadow_px:.1f},5,0,0,0,-1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def captions_ass(
    words: Sequence[Word],
    fmt: Format,
    style: Style,
    *,
    until_s: float | None = None,
    middles: Sequence[tuple[float, float]] = (),
) -> str:
    """The captions of a clip. Times of the words count from its start; `until_s` is its length;
    `middles` are the heights (px) of their middle, each with the time it holds from; that of the
    style if unset.

    Right-to-left text needs nothing: libass finds the direction of every line (encoding −1).
    """
    main = font_for(" ".join(w.text for w in words))
    made = [_head(fmt, style, main)]
    for cue in cues(words, until_s=until_s):
        for start_s, end_s, middle_px in _stands(cue, middles):
            laid = lay_out(cue.pieces, fmt, style, main, middle_px)
            if laid is not None:
                made += _events(cue, laid, style, main, (start_s, end_s))
    return "".join(made)


def _head(fmt: Format, style: Style, main: Font) -> str:
    return _HEAD.format(
        width=fmt.width,
        height=fmt.height,
        family=main.family,
        size=ass_size(main, style.letter_px * scale(fmt)),
        fill=_colour(style.fill),
        outline=_colour(style.outline),
        shadow=_colour(style.shadow),
        border=4 if style.box else 1,  # 4 is libass' own: one plate behind all lines
        outline_px=style.outline_px * scale(fmt),
        shadow_px=style.shadow_px * scale(fmt),
    )


def _stands(
    cue: Cue, middles: Sequence[tuple[float, float]]
) -> list[tuple[float, float, float | None]]:
    """From when to when a cue stands where. It moves with the picture, but not for a blink."""
    if not middles:
        return [(cue.start_s, cue.end_s, None)]
    steps = [s for s, _ in middles if cue.start_s + BLINK_S < s < cue.end_s - BLINK_S]
    edges = [cue.start_s, *steps, cue.end_s]
    found: list[tuple[float, float, float | None]] = []
    for a, b in itertools.pairwise(edges):
        held = [m for s, m in middles if s <= a + BLINK_S] or [middles[0][1]]
        found.append((a, b, held[-1]))
    return found


def _events(
    cue: Cue, laid: Laid, style: Style, main: Font, shown: tuple[float, float]
) -> Iterator[str]:
    """One line for every word of a cue that lights up while it is shown there."""
    edges = [cue.start_s, *(p.start_s for p in cue.pieces[1:]), cue.end_s]
    for k, (start_s, end_s) in enumerate(itertools.pairwise(edges)):
        start, end = _time(max(start_s, shown[0])), _time(min(end_s, shown[1]))
        if start < end:
            yield f"Dialogue: 0,{start},{end},words,,0,0,0,,{_text(laid, k, style, main)}\n"


def _text(laid: Laid, lit: int, style: Style, main: Font) -> str:
    """The cue with one word lit."""
    made = [f"{{\\an5\\pos({laid.x:.1f},{laid.y:.1f})\\q2}}"]
    for n, line in enumerate(laid.lines):
        made.append("\\N" if n else "")
        for place, k in enumerate(line):
            piece = laid.drawn[k]
            if place and piece.spaced:
                made.append(_run(Run(" ", main), laid.em_px))
            colour = style.spoken if k == lit else style.fill
            made.append(f"{{\\1c{_colour(colour)[:2] + _colour(colour)[4:]}&}}")
            made += [_run(run, laid.em_px) for run in piece.runs]
    return "".join(made)


def _run(run: Run, em_px: float) -> str:
    size = ass_size(run.font, em_px)
    return f"{{\\fn{run.font.family}\\fs{size:.1f}}}{escape(run.text)}"


def escape(text: str) -> str:
    """Text that libass draws and never obeys. A backslash commands with whatever follows it, so an
    empty sign (U+2060) is put behind it; braces have an escape of their own."""
    safe = text.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")
    return " ".join(safe.splitlines()).replace("\x00", "")


def _colour(rgb: str) -> str:
    """`#RRGGBBAA` as `&HAABBGGRR`, where ASS counts transparency."""
    r, g, b, a = rgb[1:3], rgb[3:5], rgb[5:7], rgb[7:9] or "FF"
    return f"&H{255 - int(a, 16):02X}{b}{g}{r}"


def _time(seconds: float) -> str:
    """`h:mm:ss.cc`."""
    cs = max(0, round(seconds * 100))
    return f"{cs // 360000}:{cs // 6000 % 60:02}:{cs // 100 % 60:02}.{cs % 100:02}"
