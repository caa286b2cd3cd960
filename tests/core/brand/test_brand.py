"""What may be part of a brand, and what is refused in words."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from fontTools.ttLib import TTFont

from core.brand.brand import Brand
from core.brand.colours import check_colours, contrast, dressed, read_colours
from core.brand.ends import check_end
from core.brand.font import check_font
from core.brand.logo import check_logo, size_of
from core.captions.fonts import font_for, font_in, fonts_dir, runs
from core.captions.style import OFFERED, load_style
from core.errors import NotUsable, Told
from core.media.ffmpeg import find
from core.settings import Settings
from tests.core.render.conftest import source


@pytest.fixture(scope="module")
def exe() -> str:
    return find(Settings(_env_file=None))  # type: ignore[call-arg]


# ── fonts ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_font_draws_the_scripts_it_has_every_letter_of(tmp_path: Path) -> None:
    made = await check_font(fonts_dir() / "hebrew.ttf", tmp_path)
    own = font_in(made.path)
    assert own.family.startswith("Clipdesk Brand ")  # whatever it called itself
    assert "ru" in made.lacks and "ar" in made.lacks
    assert font_for("שלום עולם", own).family == own.family
    main = font_for("привет мир", own)
    assert main.path.stem == "latin"
    # A word of its own script inside a text of another one is still in it.
    assert [r.font.family for r in runs("мир שלום", main)] == [main.family, own.family]


async def test_what_is_no_font_is_refused_in_words(tmp_path: Path) -> None:
    (text := tmp_path / "font.ttf").write_text("not a font")
    (half := tmp_path / "half.ttf").write_bytes((fonts_dir() / "thai.ttf").read_bytes()[:9_000])
    (web := tmp_path / "web.woff2").write_bytes(b"wOF2" + bytes(100))
    locked = tmp_path / "locked.ttf"
    font = TTFont(fonts_dir() / "lao.ttf")
    font["OS/2"].fsType = 2
    font.save(locked)
    found = []
    for path in (text, half, web, locked):
        with pytest.raises(NotUsable) as told:
            await check_font(path, tmp_path)
        found.append(told.value.say.key)
    assert found == ["brand.font_none", "brand.font_broken", "brand.font_web",
                     "brand.font_restricted"]  # fmt: skip


# ── colours ─────────────────────────────────────────────────────────────────────────────────────


def test_colours_are_read_by_number_and_by_name() -> None:
    assert read_colours("#f60") == ("#FF6600",)
    assert read_colours("white dark blue #0B0B0F") == ("#FFFFFF", "#0B1F4B", "#0B0B0F")
    assert read_colours("weiß, оранжевый, أسود") == ("#FFFFFF", "#FF6600", "#000000")
    for said, key in (("mauve-ish", "no_colour"), ("red, red, red, red", "how_many_colours")):
        with pytest.raises(Told) as told:
            read_colours(said)
        assert told.value.say.key == f"brand.{key}"


@pytest.mark.parametrize("name", OFFERED)
def test_captions_can_be_read_in_every_style_whatever_the_edge(name: str) -> None:
    brand = Brand(letters="#FFFFFF", highlight="#FF6600", edge="#FFFFDD")
    edge, style = check_colours(load_style(name), brand), dressed(load_style(name), brand)
    around = style.shadow if style.box else style.outline
    assert edge == around
    assert contrast(style.fill, around) >= 3
    assert contrast(style.spoken, around) >= 3
    assert not style.plate or contrast(style.spoken, style.plate) >= 2


def test_letters_that_fight_are_refused() -> None:
    with pytest.raises(Told) as told:
        check_colours(load_style("default"), Brand(letters="#FFFFFF", highlight="#000000"))
    assert told.value.say.key == "brand.colours_fight"


# ── logos ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_logo_loses_its_empty_edges(tmp_path: Path, exe: str) -> None:
    picture = np.zeros((600, 1600, 4), np.uint8)
    picture[200:400, 400:1200] = (0, 102, 255, 255)
    cv2.imwrite(str(tmp_path / "logo.png"), picture)
    made = await check_logo(tmp_path / "logo.png", tmp_path / ".." / tmp_path.name, exe=exe)
    assert size_of(made.path) == (400, 100)
    assert made.opaque
    assert cv2.imread(str(made.path), cv2.IMREAD_UNCHANGED)[50, 200].tolist()[3] == 255


async def test_what_is_no_logo_is_refused_in_words(tmp_path: Path, exe: str) -> None:
    cv2.imwrite(str(tmp_path / "photo.jpg"), np.zeros((90, 90, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "clear.png"), np.zeros((90, 90, 4), np.uint8))
    (tmp_path / "vast.png").write_bytes(_header(20_000, 20_000))
    (tmp_path / "torn.png").write_bytes((_header(90, 90)) + bytes(500))
    found = []
    for name in ("photo.jpg", "clear.png", "vast.png", "torn.png"):
        with pytest.raises(NotUsable) as told:
            await check_logo(tmp_path / name, tmp_path, exe=exe)
        found.append(told.value.say.key)
    assert found == [
        "brand.logo_no_png", "brand.logo_empty", "brand.logo_sides", "brand.logo_broken",
    ]  # fmt: skip


def _header(width: int, height: int) -> bytes:
    """A PNG as far as its header."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


# ── intros ──────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_too_long_to_wait_for_is_no_intro(tmp_path: Path, exe: str) -> None:
    short = source(tmp_path / "short.mkv", picture="color=blue:s=320x320:r=25:d=3")
    assert (await check_end(short, tmp_path, exe=exe)).facts.width == 320
    long = source(tmp_path / "long.mkv", picture="color=blue:s=96x96:r=25:d=120")
    (tmp_path / "torn.mp4").write_bytes(short.read_bytes()[:900])
    for path, key in ((long, "brand.end_long"), (tmp_path / "torn.mp4", "media.")):
        with pytest.raises(NotUsable) as told:
            await check_end(path, tmp_path, exe=exe)
        assert told.value.say.key.startswith(key)
