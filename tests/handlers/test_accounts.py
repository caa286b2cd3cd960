"""Accounts, zones, languages, and the story of a post."""

from __future__ import annotations

from datetime import timedelta

from core.db import attempts, breakers, targets
from core.db.tables import AccountRow, TargetRow
from core.say import say
from core.services import Services
from tests.conftest import HeldClock
from tests.handlers.conftest import Connect, MakeClip
from tests.handlers.talk import Talk


async def test_connect_gives_an_address_to_open(chat: Talk, practice: None) -> None:
    await chat.write("/connect")
    assert chat.last.labels == ["Connect practice Instagram", "Connect practice TikTok"]
    await chat.press("Connect practice TikTok")
    assert chat.last.says("practice TikTok on this machine")
    assert chat.last.labels == ["Open practice TikTok"]
    assert chat.last.urls[0].startswith("http://127.0.0.1:9/tiktok")
    await chat.write("/connect instagram")
    assert chat.last.labels == ["Open practice Instagram"]
    await chat.write("/connect myspace")
    assert chat.last.says("There is no platform called myspace")


async def test_an_account_can_be_disconnected_and_undone(chat: Talk, connect: Connect) -> None:
    await chat.write("/accounts")
    assert chat.last.says("No account is connected yet")
    await connect("tiktok")
    await chat.write("/accounts")
    assert chat.last.text == "practice TikTok @ana · ready"
    await chat.press("Disconnect")
    assert chat.last.text == (
        "practice TikTok @ana is disconnected. Posts for it are held, not lost."
    )
    await chat.press("Undo")
    assert chat.last.text == "practice TikTok @ana · ready"


async def test_the_zone_can_be_written_or_pressed(chat: Talk) -> None:
    await chat.write("/timezone new york")
    assert chat.last.says("Times are in America/New York from now on. It is 07:00 there now.")
    await chat.write("/timezone Berlinn")
    assert chat.last.says("The nearest ones: Europe/Berlin")
    await chat.write("/timezone")
    await chat.press("Asia/Kolkata")
    assert chat.last.says("It is 17:30 there now")
    await chat.write("/timezone")
    await chat.write("nowhere land")
    assert chat.last.says("so nothing was changed")
    await chat.write("UTC+2")
    assert chat.last.says("Times are in UTC+2")


async def test_times_are_read_in_the_language_that_was_chosen(
    chat: Talk, make_clip: MakeClip, connect: Connect
) -> None:
    await connect("tiktok")
    await make_clip(chat)
    await chat.write("/language french")
    assert chat.last.says("Times you write are read as Français")
    await chat.press("Schedule")
    await chat.write("lundi prochain à 9 heures 30")
    assert chat.last.says("cannot read")
    await chat.write("lundi prochain à 9h30")
    assert chat.last.says("Monday 30 November, 09:30")
    await chat.write("/language klingon")
    assert chat.last.says('I do not know the language "klingon"')
    await chat.write("/language")
    await chat.press("English")
    assert chat.last.says("From now on I speak English")


async def test_the_story_of_a_post_names_every_call(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect
) -> None:
    await connect("tiktok")
    await make_clip(chat)
    await chat.press("Schedule")
    await chat.write("friday 18:00")
    await chat.write("/post 1")
    assert chat.last.says("Post 1: On pricing, planned for Friday 27 November, 18:00")
    assert chat.last.says("practice TikTok @ana: waiting for its time")
    assert chat.last.says("Nothing was sent to a platform yet.")
    await _claim_and_note(svc)
    await chat.write("/post #1")
    assert chat.last.says("One call was made:")
    assert chat.last.text.splitlines()[-2:] == [
        "Friday 27 November, in Europe/Berlin time",
        "18:01 · practice TikTok @ana · commit: video/init was refused"
        " (429 rate_limit_exceeded log-1)",
    ]


async def _claim_and_note(svc: Services) -> None:
    svc.clock.set(svc.clock.now().replace(day=27, hour=17, minute=1))  # type: ignore[attr-defined]
    now = svc.clock.now()
    async with svc.db.write() as tx:
        claim = await targets.claim(tx, 1, now, 60)
        assert claim
        await attempts.note_attempt(
            tx,
            claim,
            "commit",
            now,
            call="video/init",
            ok=False,
            http=429,
            code="rate_limit_exceeded",
            log_id="log-1",
            note=None,
            took_s=0.2,
        )


async def _put(svc: Services, state: str) -> None:
    async with svc.db.write() as tx:
        row = await tx.get_one(TargetRow, 1)
        row.state = state


async def test_a_post_nobody_is_sure_of_is_settled_by_a_person(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect
) -> None:
    await connect("tiktok")
    await make_clip(chat)
    await chat.press("Schedule")
    await chat.write("friday 18:00")
    await _put(svc, "unconfirmed")
    await chat.press_act("target.no:1")
    assert chat.last.says("On pricing is not on practice TikTok @ana. Nothing was sent again")
    assert chat.last.labels == ["Try again"]
    await chat.press_act("target.yes:1")
    assert chat.last.says("settled already")
    await _put(svc, "unconfirmed")
    await chat.press_act("target.look:1")
    assert chat.last.says("once more. Nothing is sent meanwhile")
    await _put(svc, "unconfirmed")
    await chat.press_act("target.yes:1")
    assert chat.last.says("counts as published on practice TikTok @ana")


async def test_a_missed_post_goes_now_next_day_or_not_at_all(
    chat: Talk, svc: Services, make_clip: MakeClip, connect: Connect, clock: HeldClock
) -> None:
    await connect("tiktok")
    await make_clip(chat)
    await chat.press("Schedule")
    await chat.write("tomorrow 9am")
    clock.forward(days=1)
    await _put(svc, "missed")
    await chat.press_act("missed.next:1")
    assert chat.last.says("Thursday 26 November, 09:00 (Europe/Berlin)")
    await _put(svc, "missed")
    clock.forward(days=2)
    await chat.press_act("clip.now:1")
    assert chat.last.says(
        "An earlier post of On pricing is not settled yet, so nothing was planned"
    )
    assert chat.last.says("practice TikTok @ana: missed its time")
    assert chat.last.labels == ["Change time", "What happened"]
    await chat.press_act("missed.drop:1")
    assert chat.last.says("is left out on practice TikTok @ana")
    await _put(svc, "missed")
    await chat.press_act("missed.now:1")
    assert chat.last.says("is on its way to practice TikTok @ana")


async def test_a_stopped_account_says_why_and_can_be_tried_at_once(
    chat: Talk, svc: Services, connect: Connect
) -> None:
    account = await connect("tiktok")
    async with svc.db.write() as tx:
        scope = breakers.scope_of("tiktok", account)
        hours = timedelta(hours=6)
        await breakers.trip(tx, scope, say("tiktok.stop_spam"), svc.clock.now(), hours, hours)
    await chat.write("/accounts")
    assert chat.last.says("posting there is stopped")
    assert chat.last.says("TikTok took it for spam")
    assert chat.last.says("One post tries again at")
    await chat.press("Try now")
    assert chat.last.says("The next post for practice TikTok @ana tries at once")
    async with svc.db.read() as tx:
        (found,) = await breakers.open_ones(tx, scope)
    assert found.probe_at == svc.clock.now()


async def test_a_sign_in_that_ends_is_told_a_week_and_a_day_before_with_the_posts_at_risk(
    chat: Talk, svc: Services, clock: HeldClock, connect: Connect, make_clip: MakeClip
) -> None:
    account = await connect("instagram")
    await make_clip(chat)
    await chat.press("Schedule")
    await chat.write("in 12 days 18:00")
    async with svc.db.write() as tx:
        row = await tx.get_one(AccountRow, account)
        row.refresh_until = clock.now() + timedelta(days=8)
    await svc.posting.sweep()
    await chat.read()
    assert not chat.last.says("could not be renewed")
    for days in (2, 5):
        clock.forward(days=days)
        await svc.posting.sweep()
        await svc.posting.sweep()
        await chat.read()
    warned = [m for m in chat.messages if m.says("could not be renewed by itself")]
    assert len(warned) == 2
    assert warned[0].says("Posts that would not go out: On pricing (")
