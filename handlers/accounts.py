"""The accounts clips are posted to."""

from __future__ import annotations

from core.chat import acts
from core.chat.message import Act, Button, Out, Rows
from core.chat.registry import Answer, Arg, Ask, Change, command, on_act
from core.posting.accounts import PlatformView
from core.posting.notices import platform_name
from core.publish.views import AccountView
from core.say import Say, When, say
from core.services import Services
from handlers import _cards, _suggest
from handlers._ids import first, nth


@command("accounts", role="viewer")
async def accounts(ask: Ask, svc: Services) -> Answer:
    """See the connected accounts, connect or disconnect one."""
    found = await svc.posting.accounts(ask.by.workspace_id)
    if not found:
        return Out((say("accounts.none"), *not_ready(svc)), connect_buttons(svc))
    head = Out.of(say("accounts.head", n=len(found)))
    return [head, *[await _card(account, ask, svc) for account in found]]


async def _card(account: AccountView, ask: Ask, svc: Services) -> Out:
    """How it is, and what can be done about it."""
    where = _cards.on_account(account)
    if account.state != "ok":
        why = (account.fault,) if account.fault else ()
        return Out((say("accounts.signed_out", where=where), *why), _again(account, svc))
    off = Button(say("accounts.button_off"), Act.of(acts.ACCOUNT_OFF, account.id), style="danger")
    stopped = await svc.posting.stopped(account)
    if not stopped:
        return Out.of(say("accounts.ok", where=where), buttons=((off,),))
    lines = [say("accounts.stopped", where=where)]
    for breaker in stopped:
        lines += [breaker.why, say("accounts.probe", at=When(breaker.probe_at, ask.by.zone))]
    now = Button(say("accounts.button_try"), Act.of(acts.ACCOUNT_TRY, account.id), style="main")
    return Out(tuple(lines), ((now, off),))


@on_act(acts.ACCOUNT_TRY, role="approver")
async def try_now(ask: Ask, svc: Services) -> Answer:
    """Posting was stopped: let the next post try at once."""
    account = await svc.posting.try_now(first(ask), ask.by)
    return Change(Out.of(say("accounts.trying", where=_cards.on_account(account))))


def _again(account: AccountView, svc: Services) -> Rows:
    """Connect the same platform once more."""
    names = [p.name for p in svc.posting.platforms()]
    if account.platform not in names:
        return ()
    again = Act.of(acts.ACCOUNT_CONNECT, names.index(account.platform))
    return ((Button(say("accounts.button_again"), again, style="main"),),)


def connect_buttons(svc: Services) -> Rows:
    """One for each platform that is ready."""
    row = tuple(
        Button(_connect_label(p), Act.of(acts.ACCOUNT_CONNECT, number))
        for number, p in enumerate(svc.posting.platforms())
        if p.missing is None
    )
    return (row,) if row else ()


def not_ready(svc: Services) -> tuple[Say, ...]:
    """Platforms that cannot be connected yet, each with what is missing."""
    return tuple(
        say("accounts.not_ready", platform=platform_name(p.name), why=p.missing)
        for p in svc.posting.platforms()
        if p.missing is not None
    )


def _connect_label(platform: PlatformView) -> Say:
    key = "accounts.button_connect_practice" if platform.practice else "accounts.button_connect"
    return say(key, platform=platform_name(platform.name))


@command("connect", role="owner", args=[Arg("platform", suggest=_suggest.platforms)])
async def connect(ask: Ask, svc: Services) -> Answer:
    """Connect an account to post to: /connect tiktok"""
    if wanted := ask.args.get("platform"):
        return await _link(ask, svc, wanted.strip().lower().lstrip("@"))
    buttons = connect_buttons(svc)
    head = say("accounts.which" if buttons else "accounts.no_platform")
    return Out((head, *not_ready(svc)), buttons)


@on_act(acts.ACCOUNT_CONNECT, role="owner")
async def connect_pressed(ask: Ask, svc: Services) -> Answer:
    """The button of one platform."""
    platforms = svc.posting.platforms()
    return await _link(ask, svc, platforms[nth(ask, 0, among=len(platforms))].name)


async def _link(ask: Ask, svc: Services, name: str) -> Answer:
    """A fresh address to sign in at."""
    platform = svc.posting.platform(name)
    url = await svc.posting.connect_link(name, ask.by)
    title = platform_name(name)
    kind = "_practice" if platform.practice else ""
    open_it = Button(say(f"accounts.button_open{kind}", platform=title), url=url, style="main")
    return Out.of(say(f"accounts.link{kind}", platform=title), buttons=((open_it,),))


@on_act(acts.ACCOUNT_OFF, role="owner")
async def disconnect(ask: Ask, svc: Services) -> Answer:
    """Disconnect an account; Undo brings it back."""
    account = await svc.posting.disconnect(first(ask), ask.by)
    undo = Button(say("card.button_undo"), Act.of(acts.ACCOUNT_BACK, account.id))
    off = say("accounts.off", where=_cards.on_account(account))
    return Change(Out.of(off, buttons=((undo,),)))


@on_act(acts.ACCOUNT_BACK, role="owner")
async def back(ask: Ask, svc: Services) -> Answer:
    """Undo a disconnect."""
    account = await svc.posting.reconnect(first(ask), ask.by)
    return Change(await _card(account, ask, svc))
