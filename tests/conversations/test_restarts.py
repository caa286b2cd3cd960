"""A conversation on every face at once, and everything is killed after each of its steps."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.conversations.conftest import FACES, Another, Running, all_doubles, invited
from tests.conversations.face import Heard, Teller
from tests.conversations.steps import LONG_S, connect, newest
from tests.doubles.product import Fleet, free_port

pytestmark = [pytest.mark.media, pytest.mark.timeout(600)]

Step = Callable[[Teller], Awaitable[object]]


@pytest.fixture
def fleet(tmp_path: Path, redis_socket: str) -> Iterator[Running]:
    """Every process of the product by itself, on every network."""
    with all_doubles() as (doubles, env):
        env["REDIS_URL"] = f"unix://{redis_socket}"
        product = Fleet(tmp_path / "data", free_port(), env)
        code = product.start()
        try:
            yield Running(product, iter(invited(product, code, len(FACES))), doubles)
        finally:
            product.kill(*Fleet.PARTS)


async def test_killed_after_every_step_nothing_is_forgotten_or_said_twice(
    fleet: Running, another: Another
) -> None:
    product = fleet.product
    assert isinstance(product, Fleet)
    async with contextlib.AsyncExitStack() as stack:
        opened = [FACES[name](fleet, next(fleet.codes)) for name in FACES]
        chats = [await stack.enter_async_context(face) for face in opened]

        async def on_all(step: Step) -> None:
            async with asyncio.TaskGroup() as tasks:
                for chat in chats:
                    tasks.create_task(_all_of(step(chat)))

        async def restart(*names: str) -> None:
            product.kill(*names)
            await asyncio.to_thread(product.start)
            await on_all(lambda chat: chat.come_back())

        await restart("bot")  # they came in with their codes
        begun = asyncio.create_task(chats[0].hears("step 1 of 2", 60))
        await on_all(lambda chat: _send(chat, another(chat.name)))
        await begun  # it may be over by now, where sending to the others took long
        await restart()  # in the middle of the analysis
        await on_all(lambda chat: chat.sees(_ready(chat), LONG_S, "its clip"))
        await connect(chats[0], fleet)
        await restart("bot")  # the clips are shown
        await on_all(_asks_to_schedule)
        await restart("bot")  # the question is open
        await on_all(_says_when)
        await restart("bot")  # the time is written
        await on_all(_takes_it_back)
        await restart("bot")  # it was undone
        await on_all(lambda chat: chat.press("Post now"))
        await on_all(lambda chat: chat.hears("on its way"))
        await restart()  # in the middle of posting
        await on_all(_sees_both_links)
        await restart("bot")  # the notice is read
        await on_all(lambda chat: chat.write("/queue"))
        await on_all(lambda chat: chat.hears("Nothing waits"))
        await on_all(_heard_everything_once)


async def _all_of(work: Awaitable[object]) -> None:
    await work


async def _send(chat: Teller, video: Path) -> None:
    await chat.send("1 under 6s", video)
    await chat.hears("holiday.mp4", 60)


def _ready(chat: Teller) -> Callable[[], Heard | None]:
    return newest(chat, lambda m: m.media == "video" and "Schedule" in m.labels)


async def _asks_to_schedule(chat: Teller) -> None:
    assert len(chat.cards) == 1
    await chat.press("Schedule")
    await chat.hears("go out?")


async def _says_when(chat: Teller) -> None:
    await chat.write("tomorrow 9am")
    await chat.hears("09:00")


async def _takes_it_back(chat: Teller) -> None:
    await chat.press("Undo")
    await chat.hears("off the queue")


async def _sees_both_links(chat: Teller) -> None:
    for platform in ("/reel/", "/video/"):
        await chat.sees(
            newest(chat, lambda m, p=platform: any(p in u for u in m.urls)),  # type: ignore[misc]
            LONG_S,
            platform,
        )


async def _heard_everything_once(chat: Teller) -> None:
    """Telegram cannot tell whether it was told something already when the teller was killed."""
    most = 2 if chat.name == "telegram" else 1
    said = Counter(m.text for m in chat.messages)
    assert not {text: n for text, n in said.items() if n > most}, chat.everything
