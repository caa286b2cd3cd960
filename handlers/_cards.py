"""Posts as they are shown: the echo of a schedule, a place in the queue, how far they are."""

from __future__ import annotations

from datetime import datetime

from core.chat import acts
from core.chat.message import Act, Button, Out
from core.chat.registry import Asker
from core.posting.notices import platform_name
from core.publish.base import platform_classes
from core.publish.choices import chosen
from core.publish.post import utf16_units
from core.publish.views import AccountView, PostView, TargetView
from core.say import Fact, Link, Say, When, say
from core.when.place import dated, place

OVER = ("cancelled", "failed")
"""Nothing of it goes out any more."""
MOVABLE = ("scheduled", "deferred", "missed", "held", "draft")
"""Nothing of it was sent yet."""


def button(label: str, name: str, *ids: int, style: str = "plain") -> Button:
    """A button of the posting side; its label is `queue.button_…`."""
    return Button(say(f"queue.button_{label}"), Act.of(name, *ids), style=style)  # type: ignore[arg-type]


def on_account(account: AccountView) -> Say:
    """`TikTok @ana`"""
    key = "queue.account_practice" if account.practice else "queue.account"
    username = account.username.removeprefix("@")
    return say(key, platform=platform_name(account.platform), username=username)


def places(view: PostView) -> tuple[Fact, ...]:
    """Every account a post goes to, for "on TikTok @ana and Instagram @ana"."""
    return tuple(on_account(t.account) for t in view.targets if t.state != "cancelled")


def when_of(view: PostView, by: Asker, now: datetime) -> When:
    """The due time in the zone it was planned in."""
    assert view.due_at is not None
    return dated(view.due_at, view.zone or by.zone, now)


def clock_note(view: PostView, fold: int = 0) -> tuple[Say, ...]:
    """A change of clocks that touches this time, announced before it matters."""
    if view.wall is None or view.zone is None:
        return ()
    moment = place(view.wall, view.zone, fold=fold)
    return (moment.note,) if moment.note and moment.at == view.due_at else ()


def missing_choices(view: PostView) -> tuple[TargetView, ...]:
    """Accounts for which a person has to say who may see the post."""
    return tuple(t for t in view.targets if t.state == "draft")


def choice_text(view: PostView) -> tuple[Say, ...]:
    """What was chosen for each account, and which ones still wait for it."""
    lines = [
        say("story.settings", where=on_account(t.account), settings=shown)
        for t in view.targets
        if t.state not in ("draft", "cancelled") and (shown := choices_of(view, t))
    ]
    if waiting := missing_choices(view):
        lines.append(say("schedule.choose", places=tuple(on_account(t.account) for t in waiting)))
    return tuple(lines)


def logo_note(view: PostView) -> tuple[Say, ...]:
    """On which accounts the logo is shown: the clip in the chat has none."""
    shown = tuple(
        on_account(t.account)
        for t in view.targets
        if t.state != "cancelled" and platform_classes()[t.account.platform].limits.logos
    )
    return (say("brand.in_post", places=shown),) if view.logo and shown else ()


def choices_of(view: PostView, target: TargetView) -> tuple[Say, ...]:
    """Everything a person settled about a post on one account, in words."""
    settings = {**target.account.rules, **view.settings.get(str(target.account.id), {})}
    return chosen(platform_classes()[target.account.platform].choices, settings)


def options(view: PostView) -> tuple[Button, ...]:
    """The button that shows what can be settled, where there is anything."""
    open_ones = [t for t in view.targets if t.state in MOVABLE]
    if not any(platform_classes()[t.account.platform].choices for t in open_ones):
        return ()
    return (button("options", acts.POST_OPTIONS, view.id),)


def echo(view: PostView, by: Asker, now: datetime, *, fold: int = 0, moved: bool = False) -> Out:
    """What was understood, with one tap to take it back or change it."""
    key = "schedule.moved" if moved else "schedule.planned"
    head = say(key, title=view.title, at=when_of(view, by, now), places=places(view))
    change = (
        button("change", acts.POST_MOVE, view.id),
        button("zone", acts.POST_ZONE, view.id),
        *options(view),
    )
    undo = button("undo", acts.POST_UNDO, view.id)
    delete = button("delete", acts.POST_DELETE, view.id, style="danger")
    first = undo if not moved else delete
    lines = (head, *logo_note(view), *clock_note(view, fold), *choice_text(view))
    return Out(lines, ((first, *change),))


def in_queue(view: PostView, by: Asker, number: int, now: datetime) -> Out:
    """One post that waits, with everything that can be done about it."""
    at = when_of(view, by, now)
    head = say("queue.item", number=view.id, title=view.title, at=at, places=places(view))
    lines = (head, say("queue.caption", caption=view.caption), *troubles(view))
    row = (
        button("move", acts.POST_MOVE, view.id),
        button("caption", acts.POST_CAPTION, view.id),
        button("now", acts.POST_NOW, view.id),
        *options(view),
        button("delete", acts.POST_DELETE, view.id, style="danger"),
    )
    more = (*logo_note(view), *clock_note(view), *choice_text(view))
    return Out((*lines, *more), (row,), quiet=number > 1)


def troubles(view: PostView) -> tuple[Say, ...]:
    """Accounts whose post is not simply waiting, each with its reason."""
    plain = ("scheduled", "draft", "approved", "cancelled")
    return tuple(state_line(t) for t in view.targets if t.state not in plain)


def state_line(target: TargetView) -> Say:
    """How far a post is on one account, with the link or the reason."""
    where = on_account(target.account)
    if target.url:
        return say("queue.state_link", where=where, link=Link(target.url, target.url))
    state = say(f"queue.state_{target.state}")
    if target.fault is not None:
        return say("queue.state_why", where=where, state=state, why=target.fault)
    return say("queue.state", where=where, state=state)


def caption_counts(caption: str, accounts: tuple[AccountView, ...]) -> Say | None:
    """How long a caption is where it will be posted; None when it fits easily everywhere."""
    names = dict.fromkeys(a.platform for a in accounts) or dict.fromkeys(sorted(platform_classes()))
    n = utf16_units(caption)
    counts = tuple(
        say(
            "caption.count",
            platform=platform_name(name),
            n=n,
            limit=platform_classes()[name].limits.caption_utf16,
        )
        for name in names
        if name in platform_classes()
    )
    return say("caption.counts", counts=counts) if counts else None
