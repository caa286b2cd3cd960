"""What somebody wants in their brand, made fit to be in one."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from core.brand.brand import Asset, Brand, Part
from core.brand.colours import check_colours
from core.brand.ends import check_end
from core.brand.font import check_font
from core.brand.logo import check_logo, looks_like_picture
from core.captions.look import Look
from core.captions.style import load_style
from core.chat.message import InFile
from core.edits.languages import own_name
from core.errors import NotUsable, Told
from core.media.ffmpeg import find
from core.media.receive import safe_name, sha256_of
from core.say import Fact, Say, say
from core.services import Services
from core.sound.bed import check_music

log = structlog.get_logger()

_ENDINGS = {"font": ("ttf", "otf", "ttc", "woff", "woff2"), "logo": ("png", "jpg", "jpeg", "webp")}


@dataclass(frozen=True, slots=True)
class Taken:
    """A brand with something new in it, and what is to be said of that."""

    brand: Brand
    notes: tuple[Say, ...] = ()


async def take(svc: Services, part: Part, file: InFile, brand: Brand) -> Taken:
    """Look at a file, make it safe, keep it. Raises Told with the reason why not."""
    with tempfile.TemporaryDirectory(prefix="clipdesk-") as folder:
        scratch = Path(folder)
        path = svc.store.local_path(file.handle) or await svc.store.fetch(
            file.handle, scratch / "sent"
        )
        (made := scratch / "made").mkdir()
        return await _taken(svc, part, path, made, safe_name(file.name), brand)


async def _taken(
    svc: Services, part: Part, path: Path, into: Path, name: str, brand: Brand
) -> Taken:
    exe = find(svc.settings)
    notes: tuple[Say, ...] = ()
    if part == "font":
        font = await check_font(path, into)
        path, name, notes = font.path, font.name or name, lacks(font.lacks)
    elif part == "logo":
        logo = await check_logo(path, into, exe=exe)
        path, notes = logo.path, (say("brand.opaque"),) if logo.opaque else ()
    elif part == "music":
        await check_music(path, svc.settings)
    else:
        path = (await check_end(path, into, exe=exe)).path
    key = f"brand/{await sha256_of(path)}"
    await svc.store.put(path, key)
    return Taken(brand.with_file(part, Asset(key, name)), notes)


def lacks(languages: tuple[str, ...]) -> tuple[Say, ...]:
    """Which languages a font cannot write."""
    named: tuple[Fact, ...] = tuple(own_name(code) for code in languages)
    return (say("brand.font_lacks", languages=named),) if named else ()


def part_of_file(svc: Services, file: InFile) -> Part:
    """What a file can only be. Raises Told where that has to be said."""
    ending = file.name.rpartition(".")[2].lower()
    path = svc.store.local_path(file.handle)
    if ending in _ENDINGS["font"]:
        return "font"
    if ending in _ENDINGS["logo"] or (path is not None and looks_like_picture(path)):
        return "logo"
    raise Told("brand.which_part")


def coloured(brand: Brand, colours: tuple[str, ...], look: Look) -> Taken:
    """Letters, highlight and edge in this order. Raises Told where they could not be read."""
    letters, highlight, edge = (*colours, *("",) * 3)[:3]
    made = replace(brand, letters=letters, highlight=highlight, edge=edge)
    instead = check_colours(load_style(look.style), made)
    return Taken(made, (say("brand.edge_instead", edge=instead),) if instead else ())


def only_file(files: tuple[InFile, ...]) -> InFile:
    """Raises Told for more than one."""
    if len(files) != 1:
        raise NotUsable("brand.one_file")
    return files[0]
