"""What is not here yet waits in a row until it is: looked at, refused or parked before a byte of it
is fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from core.cards import arrival as card
from core.chat.chat import Capabilities
from core.chat.message import In, InFile
from core.chat.registry import Asker
from core.db import arrivals, outbox
from core.errors import Told, TooLarge
from core.jobs.kinds import FETCH
from core.media.disk import check_space
from core.media.receive import safe_name
from core.say import Bytes
from core.services import Services

LINKS = 5
"""In one message; more is a mistake."""
UNDER_WAY = 20
"""Of one member at a time."""
LINK_CHARS = 2000
_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def with_links(inn: In) -> In:
    """Addresses in the words become files to fetch; the rest of the words stay the wish."""
    if inn.files:
        return inn
    found = [m[0].rstrip(".,;:!?)]}'") for m in _LINK.finditer(inn.text)]
    if not found:
        return inn
    if len(found) > LINKS:
        raise Told("link.too_many", n=len(found), limit=LINKS)
    if any(len(a) > LINK_CHARS for a in found):
        raise Told("link.too_long")
    files = tuple(InFile(_name(a), None, None, f"link:{a}") for a in dict.fromkeys(found))
    return replace(inn, text=without_links(inn.text), files=files)


def without_links(text: str) -> str:
    """The words around the addresses."""
    return " ".join(_LINK.sub(" ", text).split())


def has_link(text: str) -> bool:
    return _LINK.search(text) is not None


def _name(address: str) -> str:
    """What the address calls it; the answer may know better."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "video"
    return safe_name(unquote(parts.path).rstrip("/").rsplit("/", 1)[-1] or parts.netloc)


async def park(inn: In, svc: Services, by: Asker, can: Capabilities | None) -> None:
    """Write it down and say that it is being fetched. Raises Told for what cannot be taken."""
    _check_sizes(inn, svc, can)
    now = svc.clock.now()
    way = next(f.scheme for f in inn.files if f.scheme)
    async with svc.db.write() as tx:
        if await arrivals.wanted_by(tx, by.member_id) >= UNDER_WAY:
            raise Told("arrival.too_many", n=UNDER_WAY)
        arrival = await arrivals.add(tx, inn, by.chat_id, by.member_id, way, now)
        if arrival is not None:
            if inn.slot is not None:
                await outbox.rename_slot(tx, by.chat_id, inn.slot, arrivals.slot(arrival.id))
            out = card.fetching(arrival.id, inn.files, card.percent(inn.files, 0))
            await card.say_in_slot(tx, arrival, out, now)
            if way == "link":
                args = {"arrival": arrival.id}
                await svc.jobs.add(tx, FETCH, args, key=f"fetch:{arrival.id}", now=now)


def _check_sizes(inn: In, svc: Services, can: Capabilities | None) -> None:
    """Before anything is fetched: what the network lets us have, and what the disk can hold."""
    for file in inn.files:
        if can and file.scheme == can.network and (file.size_b or 0) > can.max_download_b:
            raise TooLarge(
                f"arrival.too_large_{can.network}",
                name=file.name,
                size=Bytes(file.size_b or 0),
                limit=Bytes(can.max_download_b),
                address=svc.settings.address,
            )
    check_space(svc.settings.data_dir, sum(f.size_b or 0 for f in inn.files if not f.is_here))
