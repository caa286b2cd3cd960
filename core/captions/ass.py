"""Captions as an ASS file: one event for every moment at which another word lights up.

The colour of the spoken word changes, its size never does: a line that grows and shrinks jumps.
What lies behind the letters (a plate, a glow) is a layer of its own with the very same text, so
that libass lays it out alike in every script and direction.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from core.analysis.model import Word
from core.captions.area import scale
from core.captions.cues import Cue, cues
from core.captions.emoji import emoji_event, emoji_of
from core.captions.fonts import Font, Run, font_for, font_here
from core.captions.layout import Laid, lay_out
from core.captions.measure import ass_size
from core.captions.pieces import pieces
from core.captions.style import Style
from core.captions.tags import bgr, colour, inline, time
from core.captions.wording import plain
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
Style: plate,{family},{size:.1f},{clear},{clear},{plate},{clear},0,0,0,0,100,100,0,0,3,\
{plate_px:.1f},0,5,0,0,0,-1
Style: glow,{family},{size:.1f},{clear},{clear},{glow},{clear},0,0,0,0,100,100,0,0,1,\
{glow_px:.1f},0,5,0,0,0,-1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class _Pen:
    """How the cues of one clip are drawn."""

    style: Style
    main: Font
    fmt: Format
    keys: Collection[str]
    language: str | None
    emoji: bool


def captions_ass(
    words: Sequence[Word],
    fmt: Format,
    style: Style,
    *,
    until_s: float | None = None,
    middles: Sequence[tuple[float, float]] = (),
    keys: Collection[str] = (),
    language: str | None = None,
    emoji: bool = False,
    own: Font | None = None,
) -> str:
    """The captions of a clip. Times of the words count from its start; `until_s` is its length;
    `middles` are the heights (px) of their middle, each with the time it holds from; that of the
    style if unset. `keys` are the words that stand out (`plain`), where the style lets any. `own`
    is the font of the workspace, if it has one.

    Right-to-left text needs nothing: libass finds the direction of every line (encoding −1).
    """
    text = " ".join(w.text for w in words)
    main = font_for(text.upper() if style.upper else text, own)
    pen = _Pen(style, main, fmt, keys if style.emphasis else (), language, emoji)
    made, drawn = [_head(fmt, style, main)], ""
    for cue in cues(words, until_s=until_s, most=style.words, language=language):
        picture = emoji_of(cue, not_again=drawn) if emoji else ""
        drawn = picture or drawn
        here = " ".join(p.text for p in cue.pieces)
        pen = replace(pen, main=font_here(here.upper() if style.upper else here, main))
        for start_s, end_s, middle_px in _stands(cue, middles):
            laid = lay_out(cue.pieces, fmt, style, pen.main, middle_px)
            if laid is not None:
                made += _events(cue, laid, pen, (start_s, end_s))
                if picture:
                    made += emoji_event(picture, laid, style, fmt, (start_s, end_s))
    return "".join(made)


def still_ass(
    text: str,
    fmt: Format,
    style: Style,
    middle_px: float,
    language: str | None = None,
    own: Font | None = None,
) -> tuple[str, Laid] | None:
    """A text that stands still, with where it stands; None when no font has any of it."""
    main = font_for(text.upper() if style.upper else text, own)
    row = tuple(pieces([Word(w, 0.0, 1.0) for w in text.split()], language))
    laid = lay_out(row, fmt, style, main, middle_px) if row else None
    if laid is None:
        return None
    pen = _Pen(replace(style, ahead=True, said=""), main, fmt, (), language, emoji=False)
    cue = Cue(0.0, 1.0, row)
    layers = ["glow", "words"] if style.glow else ["words"]
    events = [
        f"Dialogue: {n},0:00:00.00,9:59:59.00,{layer},,0,0,0,,"
        f"{_text(cue, laid, -1, pen, layer, None, 0.0)}\n"
        for n, layer in enumerate(layers)
    ]
    return "".join([_head(fmt, style, main), *events]), laid


def _head(fmt: Format, style: Style, main: Font) -> str:
    at = scale(fmt)
    return _HEAD.format(
        width=fmt.width,
        height=fmt.height,
        family=main.family,
        size=ass_size(main, style.letter_px * at),
        fill=colour(style.fill),
        outline=colour(style.outline),
        shadow=colour(style.shadow),
        border=4 if style.box else 1,  # 4 is libass' own: one plate behind all lines
        outline_px=style.outline_px * at,
        shadow_px=style.shadow_px * at,
        clear=colour("#00000000"),
        plate=colour(style.plate or "#00000000"),
        plate_px=style.plate_px * at,
        glow=colour(style.glow or "#00000000"),
        glow_px=style.glow_px * at,
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


def _events(cue: Cue, laid: Laid, pen: _Pen, shown: tuple[float, float]) -> Iterator[str]:
    """One line in each layer for every word of a cue that lights up while it is shown there."""
    style = pen.style
    layers = [n for n, there in (("plate", style.plate), ("glow", style.glow)) if there] + ["words"]
    edges = [cue.start_s, *(p.start_s for p in cue.pieces[1:]), cue.end_s]
    stands_out = _key(cue, pen.keys)
    for k, (start_s, end_s) in enumerate(itertools.pairwise(edges)):
        start, end = time(max(start_s, shown[0])), time(min(end_s, shown[1]))
        if start < end:
            said_s = min(cue.pieces[k].end_s, end_s) - start_s
            for n, layer in enumerate(layers):
                text = _text(cue, laid, k, pen, layer, stands_out, said_s)
                yield f"Dialogue: {n},{start},{end},{layer},,0,0,0,,{text}\n"


def _key(cue: Cue, keys: Collection[str]) -> int | None:
    """The one piece of a cue that stands out: a number before anything else, then the longest."""
    if not keys:
        return None
    bare = [plain(p.text) for p in cue.pieces]
    found = [k for k, word in enumerate(bare) if word in keys]
    return max(found, key=lambda k: (any(c.isdigit() for c in bare[k]), len(bare[k])), default=None)


def _text(
    cue: Cue, laid: Laid, lit: int, pen: _Pen, layer: str, key: int | None, said_s: float
) -> str:
    """The cue with one word lit, as one layer shows it."""
    glow = f"\\blur{pen.style.glow_px * scale(pen.fmt):.1f}" if layer == "glow" else ""
    made = [f"{{\\an5\\pos({laid.x:.1f},{laid.y:.1f})\\q2{glow}}}"]
    sweeps = pen.style.said and not any(_runs_left(p.text) for p in cue.pieces)
    for n, line in enumerate(laid.lines):
        made.append("\\N" if n else "")
        for place, k in enumerate(line):
            piece = laid.drawn[k]
            if layer == "plate":
                made.append(f"{{\\3a{'&HFF&' if k != lit else colour(pen.style.plate)[:4] + '&'}}}")
            elif layer == "words":
                made.append(_look(k, lit, pen.style, key, said_s if sweeps else 0.0))
            if k > lit and not pen.style.ahead:
                made.append("{\\alpha&HFF&}")
            if place and piece.spaced:
                # A plate begins at its word, not at the space before it.
                space = "{\\3a&HFF&}" if layer == "plate" and k == lit else ""
                back = made.pop() if space else ""
                made += [space, inline(Run(" ", pen.main), laid.em_px), back]
            made += [inline(run, laid.em_px) for run in piece.runs]
    return "".join(made)


def _runs_left(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def _look(k: int, lit: int, style: Style, key: int | None, sweep_s: float) -> str:
    """The colour of one word at one moment. A sweep goes from the second colour to the first; what
    follows it must end it."""
    rest = style.emphasis if k == key and style.emphasis else style.fill
    if k == lit and sweep_s:
        centis = max(1, round(sweep_s * 100))
        return f"{{\\kf{centis}\\1c{bgr(style.said)}\\2c{bgr(style.fill)}}}"
    if k == lit:
        shown = rest if style.spoken == style.fill else style.spoken
    else:
        shown = rest if k > lit else style.said or rest
    ends = f"\\k0\\2c{bgr(shown)}" if sweep_s and k > lit else ""
    return f"{{{ends}\\1c{bgr(shown)}}}"
