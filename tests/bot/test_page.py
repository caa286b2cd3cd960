"""The page as a person meets it, in headless Chromium: sign in, send, press, lose the line."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from bot.gateway_session import owner_code
from core.chat.message import ChatRef, MediaOut, Out
from core.db import chats, outbox, people
from core.say import When, say
from core.services import Services
from tests.bot.conftest import Site, StartSite
from tests.conftest import HeldClock

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = (360, 768, 1280)
PHONE = ViewportSize(width=360, height=740)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if program is None:
        pytest.skip("Chromium is not on this machine")
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A tab whose console must stay quiet: a broken policy or script shows there."""
    page = await browser.new_page(viewport={"width": 768, "height": 900})
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "ERR_CONNECTION" not in message.text:
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(10_000)
    yield page
    await page.context.close()
    expected = ("403", "422", "WebSocket")  # a refusal is an answer, and the browser notes it
    assert not [c for c in complaints if not any(e in c for e in expected)], complaints


async def _sign_in(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}?code={await owner_code(site.svc)}")
    await expect(page.locator("#box")).to_be_focused()


async def _write(page: Page, words: str) -> None:
    await page.fill("#box", words)
    await page.press("#box", "Enter")


async def test_the_printed_address_signs_in_and_hides_its_code(page: Page, site: Site) -> None:
    await _sign_in(page, site)
    assert "code" not in page.url
    await expect(page.get_by_text("Drop a video here")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("Your code")).to_be_visible()


async def test_a_wrong_code_says_what_to_do_and_a_right_one_goes_on(page: Page, site: Site) -> None:
    await page.goto(f"{site.url}?code=AAAA-AAAA")
    await expect(page.locator("#sign-in-error")).to_contain_text("get a new one")
    await page.fill("#code", str(await owner_code(site.svc)).lower())
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("#box")).to_be_visible()


async def test_a_video_that_is_dropped_in_is_sent_by_itself(page: Page, site: Site) -> None:
    await _sign_in(page, site)
    data = await page.evaluate_handle(
        """() => { const t = new DataTransfer();
        t.items.add(new File([new Uint8Array(300000)], 'Über uns 🎬.mp4', {type: 'video/mp4'}));
        return t; }"""
    )
    await page.dispatch_event("body", "dragenter", {"dataTransfer": data})
    await expect(page.locator("#drop")).to_be_visible()
    await page.dispatch_event("body", "drop", {"dataTransfer": data})
    await expect(page.locator(".message.bot")).to_contain_text("Über uns 🎬.mp4 at in/")
    await expect(page.locator(".message.me .file-name")).to_have_text("Über uns 🎬.mp4")
    await expect(page.locator("#drop")).to_be_hidden()


async def test_files_wait_for_the_words_that_are_being_written(
    page: Page, site: Site, tmp_path: Path
) -> None:
    await _sign_in(page, site)
    (tmp_path / "a.mp4").write_bytes(b"x" * 5000)
    (tmp_path / "a.srt").write_bytes(b"1\n")
    await page.fill("#box", "/echo with files")
    await page.set_input_files("#files", [tmp_path / "a.mp4", tmp_path / "a.srt"])
    await expect(page.locator("#tray .upload")).to_have_count(2)
    await page.get_by_role("button", name="Remove a.srt").click()
    await expect(page.locator("#tray .upload")).to_have_count(1)
    await page.press("#box", "Enter")
    await expect(page.locator(".message.bot")).to_contain_text("connected: with files")
    await expect(page.locator(".message.me .file")).to_have_count(1)


async def test_an_empty_file_is_refused_without_a_second_try(
    page: Page, site: Site, tmp_path: Path
) -> None:
    await _sign_in(page, site)
    (tmp_path / "a.mp4").write_bytes(b"")
    await page.set_input_files("#files", tmp_path / "a.mp4")
    row = page.locator("#tray .upload")
    await expect(row).to_contain_text("a.mp4 is empty (0 bytes), so it was not sent")
    await expect(row.get_by_role("button", name="Try again")).to_be_hidden()
    await expect(page.locator("#tray-hint")).to_be_hidden()
    await row.get_by_role("button", name="Remove a.mp4").click()
    await expect(page.locator("#tray")).to_be_hidden()


async def test_on_a_phone_nobody_is_asked_to_drop_something(browser: Browser, site: Site) -> None:
    context = await browser.new_context(has_touch=True, is_mobile=True, viewport=PHONE)
    page = await context.new_page()
    await _sign_in(page, site)
    await expect(page.get_by_role("heading", name="Send a video")).to_be_visible()
    await expect(page.locator("#box")).to_have_attribute("placeholder", "Write, or attach a video")
    await context.close()


async def test_what_was_not_taken_says_why_and_can_be_removed(page: Page, site: Site) -> None:
    await _sign_in(page, site)
    await page.evaluate("document.querySelector('#box').removeAttribute('maxlength')")
    await _write(page, "far too long " * 400)
    refused = page.locator(".pending", has_text="longer than 4,000 characters")
    await expect(refused).to_contain_text("Not sent")
    body = refused.locator(".body")
    assert await body.evaluate("b => getComputedStyle(b).opacity") == "1"  # red must be readable
    await refused.get_by_role("button", name="Remove").click()
    await expect(page.locator(".pending")).to_have_count(0)


async def test_a_button_is_pressed_with_the_keyboard_alone(page: Page, site: Site) -> None:
    await _sign_in(page, site)
    await page.keyboard.type("/ec")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.keyboard.type(" by hand")
    await page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Back to the chat")
    await expect(button).to_be_visible()
    for _ in range(12):
        await page.keyboard.press("Shift+Tab")
        if await button.evaluate("b => b === document.activeElement"):
            break
    ring = await button.evaluate(
        "b => getComputedStyle(b).outlineStyle + b.matches(':focus-visible')"
    )
    assert ring == "solidtrue"
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.bot").last).to_contain_text("pressed is connected: (7,)")
    await expect(button).to_be_focused()
    await expect(page.locator("#live")).to_contain_text("pressed is connected")


async def test_after_a_restart_the_page_goes_on_by_itself(
    page: Page, start: StartSite, svc: Services
) -> None:
    async with start() as site:
        await _sign_in(page, site)
        await _write(page, "/echo before")
        await expect(page.locator(".message.bot")).to_contain_text("connected: before")
        svc.settings.port = site.url.port or 0
    await expect(page.locator("#strip")).to_contain_text("Reconnecting")
    await _write(page, "/echo written without a line")
    await expect(page.locator(".pending")).to_have_count(1)
    async with start():
        await expect(page.locator("#strip")).to_be_hidden()
        await expect(page.locator(".message.bot")).to_have_count(2)
        await expect(page.locator(".pending")).to_have_count(0)
        await page.get_by_role("button", name="Back to the chat").first.click()
        await expect(page.locator(".message.bot").last).to_contain_text("(7,)")


async def _news(svc: Services, out: Out, key: str, slot: str | None = None) -> None:
    async with svc.db.write() as tx:
        chat = await chats.find_chat(tx, ChatRef("web", "1"))
        assert chat is not None
        await outbox.say(tx, chat.id, out, key=key, now=svc.clock.now(), slot=slot)


async def test_a_status_moves_in_place_and_a_clip_keeps_its_player(
    page: Page, site: Site, clock: HeldClock, tmp_path: Path
) -> None:
    await _sign_in(page, site)
    (tmp_path / "clip").write_bytes(b"no video, and the page stays calm")
    await site.svc.store.put(tmp_path / "clip", "clips/1.mp4")
    media = MediaOut("video", "clips/1.mp4", "clip.mp4", 33, 1080, 1920, 31.0)

    def state(percent: int) -> Out:
        words = say("web.wrong_code", percent=percent)
        return Out((words,), media=media, alt=say("web.back_to_chat"), quiet=True)

    await _news(site.svc, state(10), "s", "cut:1")
    bar = page.locator("progress")
    await expect(bar).to_have_attribute("value", "10")
    await page.evaluate("document.querySelector('video').dataset.same = 'yes'")
    clock.forward(seconds=2)
    await _news(site.svc, state(60), "s", "cut:1")
    await expect(bar).to_have_attribute("value", "60")
    assert await page.locator(".message.bot").count() == 1
    assert await page.evaluate("document.querySelector('video').dataset.same") == "yes"
    await expect(page.get_by_role("link", name="Download clip.mp4")).to_be_visible()


async def test_words_from_elsewhere_are_never_markup(page: Page, site: Site) -> None:
    await _sign_in(page, site)
    evil = "<img src=x onerror=document.title='owned'>"
    await _write(page, f"/echo {evil}")
    await expect(page.locator(".message.bot")).to_contain_text(evil)
    assert await page.title() == "Clipdesk"
    assert await page.locator("#thread img").count() == 0


async def test_times_are_shown_in_the_readers_own_zone(browser: Browser, site: Site) -> None:
    context = await browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB")
    page = await context.new_page()
    await _sign_in(page, site)
    await _news(site.svc, Out.of(say("web.open", address=When(site.svc.clock.now()))), "t")
    time = page.locator(".text time")
    await expect(time).to_contain_text("21:00")
    assert "Asia/Tokyo" in str(await time.get_attribute("title"))
    await context.close()


async def test_nothing_sticks_out_at_any_width(page: Page, site: Site, tmp_path: Path) -> None:
    await _sign_in(page, site)
    await _write(page, "/echo " + "a-very-long-word-" * 20)
    await expect(page.locator(".message.bot")).to_have_count(1)
    (tmp_path / ("long name " * 12 + ".mp4")).write_bytes(b"x" * 100)
    await page.fill("#box", "words")
    await page.set_input_files("#files", next(tmp_path.glob("*.mp4")))
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 740})
        await asyncio.sleep(0.1)
        out = await page.evaluate(
            """() => [...document.querySelectorAll('body *')].filter(e => e.checkVisibility()
            && !e.closest('.skip, .unseen') && e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.className || e.tagName)"""
        )
        assert out == [], width
        small = await page.evaluate(
            """() => [...document.querySelectorAll('#desk button, #desk .button')]
            .filter(e => e.checkVisibility()).map(e => [e.id, e.getBoundingClientRect()])
            .filter(([, r]) => r.width < 24 || r.height < 24).map(([id]) => id)"""
        )
        assert small == [], "smaller than WCAG 2.2 asks of a target (2.5.8)"


async def test_the_page_is_arabic_from_right_to_left_and_turns_german_on_the_spot(
    browser: Browser, site: Site
) -> None:
    context = await browser.new_context(locale="ar", viewport={"width": 768, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await _sign_in(page, site)
    await expect(page.get_by_text("يمكن إفلات فيديو هنا")).to_be_visible()
    send, attach = page.locator("#send"), page.locator("#attach")
    at, other = await send.bounding_box(), await attach.bounding_box()
    assert at and other and at["x"] < other["x"], "sending is at the left end of the line"
    assert await send.get_attribute("aria-label") == "إرسال"
    box = page.locator("#box")
    assert await box.evaluate("b => getComputedStyle(b).direction") == "rtl"
    await box.fill("/echo")
    assert await box.evaluate("b => getComputedStyle(b).direction") == "ltr", "a command"
    await _write(page, "/echo مرحبا world")
    await expect(page.locator(".message.bot p").first).to_have_attribute("dir", "rtl")
    async with site.svc.db.write() as tx:
        owner = await people.owner(tx)
        assert owner is not None
        await people.set_member(tx, owner.id, language="de")
    await page.fill("#box", "noch nicht gesendet")
    await page.evaluate("() => document.body.dataset.here = 'yes'")
    async with site.svc.db.write() as tx:
        chat = await chats.find_chat(tx, ChatRef("web", str(owner.id)))
        assert chat is not None
        out = Out.of(say("web.back_to_chat"))
        await outbox.say(tx, chat.id, out, key="more", now=site.svc.clock.now())
    await expect(page.locator("html")).to_have_attribute("lang", "de", timeout=10_000)
    await expect(page.locator("html")).to_have_attribute("dir", "ltr")
    await expect(page.get_by_role("button", name="Abmelden")).to_be_visible()
    assert await page.input_value("#box") == "noch nicht gesendet"
    assert await page.evaluate("() => document.body.dataset.here") == "yes", "not loaded again"
    await context.close()
