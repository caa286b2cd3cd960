"""What several conversations have in common."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp

from tests.conversations.conftest import Running
from tests.conversations.face import Heard, Teller
from tests.doubles.newcomer import Newcomer

LONG_S = 150
"""For clips: two cores may be shared with other tests."""


def newest(chat: Teller, holds: Callable[[Heard], bool]) -> Callable[[], Heard | None]:
    return lambda: next((m for m in reversed(chat.messages) if holds(m)), None)


async def connect(chat: Teller, running: Running) -> None:
    """Both practice platforms, through their consent pages."""
    await chat.write("/connect")
    for platform in ("TikTok", "Instagram"):
        await chat.hears("Which account")
        seen = {u for m in chat.messages for u in m.urls}
        await chat.press(f"Connect practice {platform}")
        asked = await chat.sees(
            newest(chat, lambda m, seen=seen: bool(set(m.urls) - seen)),  # type: ignore[misc]
            why=f"the sign-in of {platform}",
        )
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            address = next(u for u in asked.urls if u not in seen)
            await Newcomer(running.product.base, http).allow(address)
        await chat.hears(f"Practice {platform} is connected")
