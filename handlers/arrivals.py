"""What is on its way to us, and stopping it."""

from __future__ import annotations

from core.cards import arrival as card
from core.chat import acts
from core.chat.registry import Answer, Ask, on_act
from core.db import arrivals
from core.errors import Told
from core.services import Services
from handlers._ids import first


@on_act(acts.ARRIVAL_CANCEL, role="editor")
async def cancel(ask: Ask, svc: Services) -> Answer:
    """Stop fetching a file."""
    now = svc.clock.now()
    async with svc.db.write() as tx:
        found = await arrivals.find(tx, first(ask))
        if found is None or found.chat_id != ask.by.chat_id:
            raise Told("clip.video_gone")
        if found.state != "wanted" or not await arrivals.end(tx, found.id, "cancelled", now):
            raise Told("clip.not_working")
        await card.say_in_slot(tx, found, card.stopped(found.inn.files), now)
    return None
