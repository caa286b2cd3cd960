"""The page in the reader's language: what the server puts into it, and what it sends later."""

from __future__ import annotations

import html
import json
import re

import pytest

from core.db import people
from tests.bot.conftest import Site


async def _page(site: Site, accept: str) -> str:
    async with site.http.get(site.url, headers={"Accept-Language": accept}) as answer:
        assert answer.status == 200
        assert "Accept-Language" in answer.headers["Vary"]
        return await answer.text()


@pytest.mark.parametrize(
    ("accept", "language", "way", "words"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "ltr", "Willkommen bei Clipdesk"),
        ("ar-EG,ar;q=0.9", "ar", "rtl", "أهلًا بك في Clipdesk"),
        ("fr-FR,fr;q=0.9,es;q=0.5,en;q=0.4", "es", "ltr", "Te damos la bienvenida a Clipdesk"),
        ("en;q=0.2, ru;q=0.9", "ru", "ltr", "Добро пожаловать в Clipdesk"),
        ("pt", "pt-BR", "ltr", "Boas-vindas ao Clipdesk"),
        ("tlh", "en", "ltr", "Welcome to Clipdesk"),
        ("", "en", "ltr", "Welcome to Clipdesk"),
        (";q=x,,<script>", "en", "ltr", "Welcome to Clipdesk"),
    ],
)
async def test_the_page_comes_in_the_language_the_browser_asks_for(
    site: Site, accept: str, language: str, way: str, words: str
) -> None:
    page = await _page(site, accept)
    assert f'<html lang="{language}" dir="{way}">' in page
    assert f'data-words="welcome">{words}<' in page
    found = re.search(r'<meta name="words" content="([^"]*)">', page)
    assert found is not None
    carried = json.loads(html.unescape(found[1]))
    assert carried["words"]["welcome"] == words
    assert (carried["language"], carried["dir"]) == (language, way)


async def test_what_somebody_chose_counts_more_than_their_browser(home: Site) -> None:
    async with home.svc.db.write() as tx:
        owner = await people.owner(tx)
        assert owner is not None
        await people.set_member(tx, owner.id, language="ru")
    assert '<html lang="ru" dir="ltr">' in await _page(home, "de")


async def test_an_open_page_is_told_when_another_language_is_chosen(home: Site) -> None:
    async with home.tab() as tab:
        welcome = tab.frames[-1]
        assert welcome["words"]["language"] == "en"
        async with home.svc.db.write() as tx:
            owner = await people.owner(tx)
            assert owner is not None
            await people.set_member(tx, owner.id, language="ar")
        await tab.send("/echo hello")
        told = await tab.until(lambda frame: frame["t"] == "words")
        assert told["words"]["dir"] == "rtl"
        assert told["words"]["words"]["send"] == "إرسال"
        await tab.send("/nonsense")
        answer = await tab.hears("لا أعرف")
        assert (answer["language"], answer["dir"]) == ("ar", "rtl")


async def test_a_wrong_code_is_answered_in_the_language_of_the_page(site: Site) -> None:
    headers = {"Accept-Language": "es"}
    asked = {"code": "AAAA-AAAA"}
    async with site.http.post(site.url / "api/session", json=asked, headers=headers) as answer:
        assert answer.status == 403
        assert "Ese código no existe" in (await answer.json())["error"]
