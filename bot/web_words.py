"""The page in the reader's language: its own words, and which way they are written."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from aiohttp import web

from core.i18n.catalog import FALLBACK, Catalog, direction

SECTION = "page."
_QUALITY = re.compile(r"\s*;\s*q\s*=\s*")
_WORDED = re.compile(r'(data-words="([a-z_]+)"[^>]*>)[^<]*')


def asked_in(request: web.Request, catalog: Catalog) -> str:
    """The language a browser asks for that we speak: `Accept-Language: de-AT,de;q=0.9,en;q=0.8`."""
    offers = []
    for offer in request.headers.get("Accept-Language", "").split(",")[:20]:
        name, _, quality = _QUALITY.sub(";", offer.strip()).partition(";")
        offers.append((_number(quality or "1"), name))
    wanted = sorted((o for o in offers if o[0] > 0), key=lambda o: -o[0])
    return next((catalog.known(n) for _, n in wanted if n and catalog.speaks(n)), FALLBACK)


def _number(quality: str) -> float:
    try:
        return float(quality)
    except ValueError:
        return 0.0


def words_of(catalog: Catalog, language: str) -> dict[str, Any]:
    """What `words.js` works with: every sentence of the page, plural forms and all."""
    known = catalog.known(language)
    keys = (k for k in catalog.sentences(FALLBACK) if k.startswith(SECTION))
    words = {k.removeprefix(SECTION): catalog.sentence(k, known) for k in keys}
    return {"language": known, "dir": direction(known), "words": words}


def worded(html: str, catalog: Catalog, language: str) -> str:
    """index.html with its words in place, so that it is right before any script runs."""
    found = words_of(catalog, language)
    html = html.replace(
        '<html lang="en" dir="ltr">', f'<html lang="{found["language"]}" dir="{found["dir"]}">'
    )
    html = _WORDED.sub(lambda m: m[1] + escape(str(found["words"][m[2]])), html)
    data = escape(json.dumps(found, ensure_ascii=False))
    return html.replace('name="words" content="{}"', f'name="words" content="{data}"')
