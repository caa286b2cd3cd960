"""A brand with its files at hand, for whoever draws with it.

kit = await gather(recipe.brand, svc.store, scratch)       # as it is kept
kit = await read_kit(Path("brand.toml"), scratch, exe=exe)  # as it is written
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.brand.brand import Asset, Brand
from core.brand.colours import check_colours, read_colours
from core.brand.ends import check_end
from core.brand.font import check_font
from core.brand.logo import check_logo
from core.captions.fonts import Font, font_in
from core.captions.style import Style
from core.errors import NotUsable
from core.media.facts import Video, VideoFacts
from core.media.probe import probe
from core.media.store import MediaStore

_COLOURS = ("letters", "highlight", "edge")
_FILES = ("font", "logo", "intro", "outro")
"""Music has a flag of its own (`--music`)."""
_facts: dict[str, VideoFacts] = {}
"""Of intros and outros by their key, which is their hash."""


@dataclass(frozen=True, slots=True)
class Kit:
    """Nothing of it is there without a brand."""

    brand: Brand = field(default_factory=Brand)
    own: Font | None = None
    logo: Path | None = None
    intro: Video | None = None
    outro: Video | None = None


async def gather(brand: Brand, store: MediaStore, scratch: Path, *, logo: bool = False) -> Kit:
    """Its files on this machine; `logo` says whether that is shown. Raises FileNotFoundError."""

    async def local(asset: Asset) -> Path:
        found = store.local_path(asset.key)
        return found or await store.fetch(asset.key, scratch / asset.key.replace("/", "-"))

    async def video(asset: Asset | None) -> Video | None:
        if asset is None:
            return None
        path = await local(asset)
        if asset.key not in _facts:
            _facts[asset.key] = await probe(path)
        return Video(path, "", _facts[asset.key], asset.name)

    return Kit(
        brand,
        font_in(await local(brand.font)) if brand.font else None,
        await local(brand.logo) if logo and brand.logo else None,
        await video(brand.intro),
        await video(brand.outro),
    )


async def read_kit(path: Path, scratch: Path, style: Style, *, exe: str) -> Kit:
    """The kit of a TOML file; its files are named from where it lies. Raises NotUsable."""
    raw = _read(path)
    colours: dict[str, Any] = {n: read_colours(raw[n])[0] for n in _COLOURS if n in raw}
    files = {n: _file(path, n, raw[n]) for n in _FILES if n in raw}
    kit = Kit(Brand(**colours))
    check_colours(style, kit.brand)
    if "font" in files:
        checked = await check_font(files["font"], scratch)
        kit = replace(kit, own=font_in(checked.path))
    if "logo" in files:
        kit = replace(kit, logo=(await check_logo(files["logo"], scratch, exe=exe)).path)
    for name in ("intro", "outro"):
        if name in files:
            (folder := scratch / name).mkdir()
            ends: dict[str, Any] = {name: await check_end(files[name], folder, exe=exe)}
            kit = replace(kit, **ends)
    return kit


def _read(path: Path) -> dict[str, str]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise NotUsable("brand.no_toml", name=path.name, why=str(wrong)[:200]) from wrong
    known = (*_COLOURS, *_FILES)
    if unknown := [n for n, value in raw.items() if n not in known or not isinstance(value, str)]:
        raise NotUsable("brand.unknown_entry", name=unknown[0][:40], known=known)
    return raw


def _file(toml: Path, entry: str, name: str) -> Path:
    path = toml.parent / Path(name).expanduser()
    if not path.is_file():
        raise NotUsable("brand.no_file", entry=entry, path=str(path))
    return path
