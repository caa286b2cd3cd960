"""Captions as libass draws them: from our fonts, inside the free area, whatever the words are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.analysis.model import Word
from core.captions.area import Area, area
from core.captions.ass import captions_ass
from core.captions.fonts import Font, Run, covers, font_for, font_here, fonts, fonts_dir, runs
from core.captions.measure import ass_size, ink
from core.captions.style import OFFERED, Style, load_style, styles
from core.captions.tags import escape
from core.media.facts import FORMATS, SQUARE, VERTICAL, Format
from core.media.ffmpeg import find, start
from core.settings import Settings

NO_FONTS = "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig/>"
"""The fontconfig of a machine without a font. (With no file at all it looks in /usr/share.)"""
PHRASES = {
    "Latin": "So important",
    "Cyrillic": "Самое важное",
    "Greek": "Το σημαντικό",
    "Vietnamese": "Điều quan trọng",
    "Arabic": "أهم شيء",
    "Hebrew": "הדבר החשוב",
    "Devanagari": "सबसे महत्वपूर्ण",
    "Bengali": "সবচেয়ে গুরুত্বপূর্ণ",
    "Tamil": "மிக முக்கியமான",
    "Thai": "สิ่งที่สำคัญ",
    "Japanese": "今日はいい天気",
    "Chinese": "我们今天讲故事",
    "Traditional": "我們講故事",
    "Korean": "가장 중요한",
    "Georgian": "ყველაზე მთავარი",
    "Ethiopic": "በጣም አስፈላጊ",
    "emoji": "🔥👍🏽👩‍🚀🇩🇪❤️",
}
HOSTILE = [
    r"{\b1}bold", r"a\Nb\nc\hd", "{", "}", "\\", r"\{x", r"{\an8\fs200\pos(0,0)}away",
    "a\nDialogue: 0", "Z" + "\u0353\u0301" * 30, "\u202eright\u202c", "W" * 60, "M" * 18,
    "<b>&amp;", "%s%n", "{{{}}}", "\x00\x07bell", "\ud800bad", "漢" * 40, "l" * 24, "ကျွန်တော်",
    "ﷺ", "﷽﷽", "𝕬𝖇𝖈", "ᚠᚢᚦ", "🎉😀", "👨‍👩‍👧", "🇩🇪", "1️⃣ 2️⃣",
]  # fmt: skip


def said(texts: list[str]) -> list[Word]:
    """Each on its own: two seconds apart, so that nothing is joined into one cue."""
    return [Word(t, 2.0 * k, 2.0 * k + 0.45) for k, t in enumerate(texts)]


async def drawn(
    ass: str, fmt: Format, count: int, folder: Path, *, bundled: bool = True
) -> list[np.ndarray]:
    """One grey frame for the middle of each two seconds, on black."""
    (folder / "c.ass").write_text(ass, encoding="utf-8")
    (folder / "fonts.conf").write_text(NO_FONTS)
    alone = {"FONTCONFIG_FILE": str(folder / "fonts.conf")}
    fontsdir = f":fontsdir={fonts_dir()}" if bundled else ""
    args = [
        *("-f", "lavfi", "-i", f"color=black:s={fmt.width}x{fmt.height}:r=1/2:d={2 * count}"),
        *("-vf", f"setpts=PTS+0.3/TB,ass=c.ass{fontsdir},format=gray", "-frames:v", str(count)),
        *("-f", "rawvideo", "pipe:1"),
    ]
    exe = find(Settings(_env_file=None))  # type: ignore[call-arg]
    async with start(args, exe=exe, timeout_s=60, reads=True, cwd=folder, env=alone) as running:
        assert running.out
        raw = await asyncio.to_thread(running.out.read)
        await running.wait()
    return list(np.frombuffer(raw, np.uint8).reshape(-1, fmt.height, fmt.width))


def extent(frame: np.ndarray, above: int = 24) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is drawn."""
    rows, columns = np.flatnonzero((frame > above).any(1)), np.flatnonzero((frame > above).any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def plain() -> Style:
    """White only: on black nothing but the letters is seen."""
    return Style("plain", 72, 1270, "#FFFFFF", "#FFFFFF", "#000000", 0, "#000000", 0)


async def test_every_script_is_drawn_by_our_own_font_on_a_machine_without_any(
    tmp_path: Path,
) -> None:
    # Another font, a missing glyph or letters that were not shaped would be of another width and
    # height than what HarfBuzz measures with the bundled file.
    for name, text in PHRASES.items():
        main = font_for(text)
        ass = captions_ass(said([text]), VERTICAL, plain())
        (frame,) = await drawn(ass, VERTICAL, 1, tmp_path)
        left, top, right, bottom = extent(frame)
        inks = [ink(r) for r in runs(text, main)]
        assert len(inks) == 1, f"{name} needs two fonts"
        assert right - left == pytest.approx((inks[0].right - inks[0].left) * 72, abs=5), name
        assert bottom - top == pytest.approx((inks[0].top - inks[0].bottom) * 72, abs=5), name
        assert (left + right) / 2 == pytest.approx(540, abs=6), name


@pytest.mark.parametrize("most", ["Devanagari", "Arabic", "Japanese", "Thai", "Latin", "Cyrillic"])
@pytest.mark.parametrize("here", ["español, ¿lo sabías? 50", "Самое важное", "सबसे अच्छा"])
def test_where_the_language_changes_a_cue_is_drawn_by_the_font_of_its_own(
    most: str, here: str
) -> None:
    main = font_for(" ".join([PHRASES[most]] * 3 + [here]))
    (run,) = runs(here, font_here(here, main))
    assert run.font.path == font_for(here).path


def test_characters_two_languages_share_are_of_the_one_that_is_spoken() -> None:
    main = font_for("それがディープフェイクだと見抜く")
    assert font_here("見抜", main) == main
    assert [r.font.family for r in runs("AI no 見", font_here("AI no 見", main))] == [
        "Clipdesk Latin",
        "Clipdesk Japanese",
    ]


async def test_without_our_folder_nothing_is_drawn_there(tmp_path: Path) -> None:
    ass = captions_ass(said(["So important"]), VERTICAL, plain())
    (frame,) = await drawn(ass, VERTICAL, 1, tmp_path, bundled=False)
    assert frame.max() < 24


@pytest.mark.parametrize("style", styles())
@pytest.mark.parametrize("fmt", FORMATS.values(), ids=lambda f: f.name)
async def test_nothing_leaves_the_free_area(fmt: Format, style: str, tmp_path: Path) -> None:
    texts = [*HOSTILE, *PHRASES.values()] if (fmt, style) == (VERTICAL, "default") else HOSTILE[:12]
    # White everywhere, the rim and the shadow too: all of it counts.
    look = load_style(style)
    parts = ["fill", "spoken", "outline", "shadow", "emphasis"]
    parts += [n for n in ("said", "plate", "glow") if getattr(look, n)]
    bright = replace(look, **dict.fromkeys(parts, "#FFFFFF"))
    free = area(fmt)
    frames = await drawn(captions_ass(said(texts), fmt, bright), fmt, len(texts), tmp_path)
    assert len(frames) == len(texts)
    for text, frame in zip(texts, frames, strict=True):
        if frame.max() > 24:
            assert inside(extent(frame), free), f"{text!r}: {extent(frame)}"
    assert sum(f.max() > 24 for f in frames) >= len(texts) - 6


def inside(box: tuple[int, int, int, int], free: Area) -> bool:
    return (
        box[0] >= free.left
        and box[1] >= free.top
        and box[2] <= free.right
        and box[3] <= free.bottom
    )


async def test_braces_and_backslashes_are_drawn_not_obeyed(tmp_path: Path) -> None:
    texts = [r"a\Nb", r"{\fs9}x", r"\h\h", "a{b}c"]
    frames = await drawn(captions_ass(said(texts), VERTICAL, plain()), VERTICAL, 4, tmp_path)
    for text, frame in zip(texts, frames, strict=True):
        left, _, right, _ = extent(frame)
        wide = ink(Run(text, font_for(text)))
        assert right - left == pytest.approx((wide.right - wide.left) * 72, abs=5), text
    assert "\n" not in escape("a\nb\r\nc") and escape("{") == "\\{"


async def test_the_spoken_word_is_lit_and_nothing_moves(tmp_path: Path) -> None:
    words = [Word("one", 0, 2), Word("two", 2, 4), Word("three", 4, 6)]
    dark = Style("x", 90, 1270, "#FFFFFF", "#808080", "#000000", 0, "#000000", 0)
    frames = await drawn(captions_ass(words, VERTICAL, dark), VERTICAL, 3, tmp_path)
    edges = np.ptp([extent(f) for f in frames], axis=0)
    assert edges.max() <= 1, "the cue jumps while its words light up"  # 1: the grey rim is thinner
    lit = [np.flatnonzero(((f > 118) & (f < 138)).sum(0) > 4).mean() for f in frames]
    assert lit == sorted(lit) and lit[2] - lit[0] > 150


def test_there_is_one_event_for_each_moment_and_no_two_at_once() -> None:
    words = [
        Word(w, k * 0.3, k * 0.3 + 0.3) for k, w in enumerate(["so", "this", "is", "how", "it"])
    ]
    rows = [r.split(",") for r in captions_ass(words, SQUARE, load_style("default")).splitlines()
            if r.startswith("Dialogue")]  # fmt: skip
    assert len(rows) == len(words)
    assert [r[2] for r in rows[:-1]] == [r[1] for r in rows[1:]]


def test_an_emoji_is_a_picture_and_a_plain_sign_is_a_letter() -> None:
    def by(text: str) -> list[tuple[str, str]]:
        return [(r.text, r.font.path.stem) for r in runs(text, font_for("wow"))]

    assert by("wow🎉") == [("wow", "latin"), ("🎉", "emoji")]
    assert by("👩‍🚀!") == [("👩🚀", "emoji"), ("!", "latin")]
    assert by("3 © ™ #1") == [("3 © ™ #1", "latin")]
    assert by("❤️")[0][1] == "emoji" and by("1️⃣")[0] == ("1", "latin")
    assert captions_ass(said(["wow🎉", "🎉"]), VERTICAL, load_style("default")).count("🎉") == 2


def test_a_text_is_given_to_the_font_of_its_script() -> None:
    def name(text: str) -> str:
        return font_for(text).path.stem

    assert name("hello") == name("привет") == name("γειά") == "latin"
    assert name("日本は") == "japanese" and name("世界") == "chinese" and name("한국어") == "korean"
    assert name("مرحبا") == "arabic" and name("नमस्ते") == "devanagari"
    mixed = runs("नमस्ते world", font_for("नमस्ते"))
    assert [r.font.path.stem for r in mixed] == ["devanagari", "latin"]
    assert "".join(r.text for r in mixed) == "नमस्ते world"


def test_the_fonts_are_licensed_small_and_named_apart() -> None:
    assert sum(f.path.stat().st_size for f in fonts()) < 12 << 20
    assert len({f.family for f in fonts()}) == len(fonts())
    assert all(f.family.startswith("Clipdesk ") for f in fonts())
    licence = (fonts_dir() / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE" in licence and "Inter" in licence and "Adobe" in licence
    assert all(covers(fonts()[0], c) for c in "aZäßñçøœžğłőĐđЖяїёҐ€“”…—¿¡")


def test_sizes_are_the_same_for_all_fonts() -> None:
    def em(font: Font) -> float:
        return ass_size(font, 100) / ass_size(font, 1)

    assert {round(em(f)) for f in fonts()} == {100}


def test_a_style_is_a_file_and_an_unknown_one_gives_the_default() -> None:
    assert set(OFFERED) == set(styles()) and OFFERED[0] == "default" and len(OFFERED) >= 7
    assert load_style("no such").name == "default"
    for name in styles():
        assert load_style(name).name == name
    with pytest.raises(ValueError, match="no colour"):
        Style("x", 80, 1270, "white", "#FFFFFF", "#000000", 1, "#000000", 1)
