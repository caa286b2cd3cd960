"""The brand of a workspace is set, shown, taken back in the chat; a clip remembers its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.brand.brand import Brand
from core.captions.fonts import fonts_dir
from core.chat.message import In, InFile
from core.db import brands, people
from core.services import Services
from tests.core.render.conftest import source
from tests.handlers.talk import Talk


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    picture = np.zeros((200, 500, 4), np.uint8)
    cv2.circle(picture, (250, 100), 90, (0, 102, 255, 255), -1)
    cv2.imwrite(str(tmp_path / "logo.png"), picture)
    return tmp_path / "logo.png"


async def brand_of(svc: Services) -> Brand:
    async with svc.db.read() as tx:
        workspace = await people.first_workspace(tx)
        assert workspace is not None
        return await brands.of_workspace(tx, workspace)


async def test_a_brand_is_built_shown_and_taken_back(chat: Talk, svc: Services, logo: Path) -> None:
    await chat.write("/brand")
    assert chat.last.says("There is no brand yet")
    await chat.press("Logo")
    assert chat.last.says("PNG")
    await chat.send(logo)
    assert chat.last.says("Logo: taken") and chat.last.says("TikTok allows no logo")
    shown = chat.last.out.media
    assert shown is not None and shown.kind == "picture"
    kept = svc.store.local_path(shown.key)
    assert kept is not None
    picture = cv2.imread(str(kept))
    assert picture.shape[:2] == (shown.height, shown.width)
    orange = (np.abs(picture.astype(int) - (0, 102, 255)).max(axis=2) < 40).sum()
    assert orange > 500  # the logo is in it
    await chat.press("Remove: Logo")
    assert (await brand_of(svc)).logo is None
    await chat.send(fonts_dir() / "thai.ttf", "/brand font")
    assert chat.last.says("It lacks letters of English, Deutsch")
    await chat.write("/brand colours white, #ff6600, white")
    assert chat.last.says("I take #0B0B0F around them")
    assert (await brand_of(svc)).colours == ("#FFFFFF", "#FF6600", "#FFFFFF")
    await chat.press("Undo")
    assert chat.last.says("taken back") and "Undo" not in chat.last.labels
    assert (await brand_of(svc)).colours == ("", "", "")
    await chat.press("Undo", on=next(m for m in chat.messages if "Undo" in m.labels))
    assert chat.last.says("changed again since")


async def test_what_cannot_be_in_a_brand_is_told_and_asked_for_again(
    chat: Talk, svc: Services, logo: Path, tmp_path: Path
) -> None:
    long = source(tmp_path / "long.mkv", picture="color=blue:s=96x96:r=25:d=9")
    await chat.write("/brand intro")
    await chat.send(long)
    assert chat.last.says("nobody waits longer")
    await chat.send(source(tmp_path / "short.mkv", picture="color=blue:s=96x96:r=25:d=2"))
    assert chat.last.says("Intro: taken")
    for file, text, told in (
        (logo, "/brand font", "This is no font"),
        (long, "/brand", "I cannot tell what this file is for"),
        (logo, "", "Send it together with /brand logo"),
    ):
        await chat.send(file, text)
        assert chat.last.says(told)
    await chat.write("/brand colours white, black")
    assert chat.last.says("cannot both be read")
    await chat.write("/brand hat")
    assert chat.last.says('A brand has no "hat"')


async def test_a_file_that_is_long_on_its_way_is_still_the_answer(
    chat: Talk, svc: Services, logo: Path
) -> None:
    from core.db import arrivals

    await chat.write("/brand logo")
    coming = InFile("logo.png", logo.stat().st_size, "image/png", "telegram:abc")
    await chat.again(In("far:1", chat.where, chat.who, files=(coming,)))
    async with svc.db.write() as tx:
        taken = await arrivals.take(tx, svc.clock.now(), ("telegram",), lease_s=30, limit=1)
    here = await chat._bring(logo, "logo.png")
    inn = replace(In.from_json(taken[0].inn.to_json()), key="far:1:here", files=(here,))
    await chat.again(replace(inn, slot=arrivals.slot(taken[0].id)))
    assert (await brand_of(svc)).logo is not None


async def test_only_who_may_cut_may_change_it(chat: Talk, svc: Services, logo: Path) -> None:
    from tests.handlers.conftest import member

    guest = await member(svc, "viewer", "vic", zone=None)
    await guest.send(logo, "/brand logo")
    assert guest.last.says("editor")
    await chat.write("/brand")
    assert (await brand_of(svc)).logo is None
