"""A video for somebody who has none at hand."""

from __future__ import annotations

from core.chat import acts
from core.chat.message import Act, Button, Out
from core.chat.registry import Answer, Ask, command, on_act
from core.jobs.kinds import SAMPLE
from core.say import say
from core.services import Services


def sample_button() -> Button:
    return Button(say("sample.button"), Act.of(acts.SAMPLE_MAKE), style="main")


@command("sample", role="editor")
async def sample(ask: Ask, svc: Services) -> Answer:
    """Make a short video on the spot and cut it, to see how it goes."""
    now, by = svc.clock.now(), ask.by
    args = {"workspace": by.workspace_id, "chat": by.chat_id, "member": by.member_id}
    async with svc.db.write() as tx:
        # One at a time in each chat: five taps make one video.
        await svc.jobs.add(tx, SAMPLE, args, key=f"sample:{by.chat_id}:{now:%Y%m%d%H%M}", now=now)
    return Out.of(say("sample.begun"))


@on_act(acts.SAMPLE_MAKE, role="editor")
async def make(ask: Ask, svc: Services) -> Answer:
    """The button that does the same."""
    return await sample(ask, svc)
