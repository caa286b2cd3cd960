"""A code that works once becomes a session, and nobody else gets in."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
from sqlalchemy import text
from yarl import URL

from bot.app import talking
from bot.gateway_session import normal, owner_code
from core.chat.registry import Registry
from core.db.migrate import create_all
from core.db.session import Database
from core.services import Services, open_services
from tests.bot.conftest import Site
from tests.conftest import HeldClock


async def _post_code(site: Site, code: str, **headers: str) -> tuple[int, str]:
    async with site.http.post(
        site.url / "api/session", json={"code": code}, headers=headers
    ) as answer:
        return answer.status, await answer.text()


async def _me(site: Site) -> dict[str, object]:
    async with site.http.get(site.url / "api/me") as answer:
        return dict(await answer.json())


async def test_a_code_signs_in_once(site: Site) -> None:
    assert await _me(site) == {"signed_in": False}
    code = await owner_code(site.svc)
    assert code is not None
    status, _ = await _post_code(site, code)
    assert status == 200
    assert await _me(site) == {"signed_in": True, "name": "Owner", "role": "owner"}
    site.http.cookie_jar.clear()
    status, words = await _post_code(site, code)
    assert status == 403
    assert "used already" in words


async def test_two_installations_on_one_machine_do_not_sign_each_other_out(
    home: Site, registry: Registry, clock: HeldClock, tmp_path: Path
) -> None:
    other = home.svc.settings.model_copy(update={"data_dir": tmp_path / "other"})
    other.data_dir.mkdir()
    database = Database(other)
    await create_all(database)
    await database.close()
    async with open_services(other, clock) as svc, talking(svc, registry) as port:
        beside = Site(home.http, URL(f"http://127.0.0.1:{port}"), svc)
        assert await _me(beside) == {"signed_in": False}
        await beside.sign_in()
        assert (await _me(beside))["signed_in"] and (await _me(home))["signed_in"]


async def test_a_code_may_be_typed_as_people_type(site: Site) -> None:
    code = await owner_code(site.svc)
    assert code is not None
    status, _ = await _post_code(site, f" {code.lower().replace('-', ' ')} ")
    assert status == 200
    assert normal("abcd-efg") == ""


async def test_after_a_restart_a_new_code_lets_the_same_owner_in(home: Site) -> None:
    home.http.cookie_jar.clear()
    await home.sign_in()
    async with home.svc.db.read() as tx:
        assert (await tx.execute(text("select count(*) from member"))).scalar() == 1
        identities = (await tx.execute(text("select network, user_id from identity"))).all()
    assert identities == [("web", "1")]


async def test_guessing_is_slowed_down(site: Site) -> None:
    answers = [await _post_code(site, f"AAAA-BBB{n}") for n in range(2, 9)]
    assert [status for status, _ in answers] == [403] * 6 + [429]
    assert "wait" in answers[-1][1]


async def test_the_cookie_is_out_of_reach_and_its_token_is_not_stored(home: Site) -> None:
    await home.http.delete(home.url / "api/session")
    code = await owner_code(home.svc)
    async with home.http.post(home.url / "api/session", json={"code": code}) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    token = re.search(r"clipdesk-\w{8}=([^;]+)", cookie)
    assert token is not None
    async with home.svc.db.read() as tx:
        hashes = (await tx.execute(text("select token_hash from session"))).scalars().all()
    assert hashes and token[1] not in hashes


async def test_signing_out_ends_the_session_on_the_server(home: Site) -> None:
    kept = {c.key: c.value for c in home.http.cookie_jar}
    await home.http.delete(home.url / "api/session")
    home.http.cookie_jar.update_cookies(kept, home.url)
    assert await _me(home) == {"signed_in": False}


async def test_nothing_but_the_form_is_there_for_a_stranger(site: Site) -> None:
    for path in ("api/chat", "api/uploads/x"):
        async with site.http.get(site.url / path) as answer:
            assert answer.status == 401
    async with site.http.post(site.url / "api/uploads", json={"name": "a", "size": 1}) as answer:
        assert answer.status == 401
    async with site.http.get(site.url) as answer:
        assert answer.status == 200


async def test_another_site_can_do_nothing_here(home: Site) -> None:
    evil = {"Origin": "https://evil.example"}
    code = await owner_code(home.svc)
    assert (await _post_code(home, str(code), **evil))[0] == 403
    async with home.http.delete(home.url / "api/session", headers=evil) as answer:
        assert answer.status == 403
    async with home.http.get(
        home.url / "api/chat", headers={**evil, "Upgrade": "websocket", "Connection": "Upgrade"}
    ) as answer:
        assert answer.status == 403
    assert (await _me(home))["signed_in"]


async def test_a_plain_form_of_another_site_cannot_sign_somebody_in(site: Site) -> None:
    code = await owner_code(site.svc)
    body = f'{{"code": "{code}"}}'
    async with site.http.post(
        site.url / "api/session", data=body, headers={"Content-Type": "text/plain"}
    ) as answer:
        assert answer.status == 403


async def test_a_link_on_another_site_has_to_be_confirmed(site: Site) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    async with site.http.get(
        site.url.with_query(code="ABCD-EFGH"), headers=foreign, allow_redirects=False
    ) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/?code=ABCD-EFGH&ask=1"
    async with site.http.get(
        site.url.with_query(code="ABCD-EFGH", ask="1"), headers=foreign
    ) as answer:
        assert answer.status == 200


async def test_a_name_that_is_not_ours_is_refused(site: Site) -> None:
    for host, status in (("rebound.example", 421), ("localhost:8080", 200), ("[::1]:1", 200)):
        async with site.http.get(site.url, headers={"Host": host}) as answer:
            assert answer.status == status, host


async def test_every_answer_keeps_the_page_to_itself(site: Site) -> None:
    for path in ("", "app.js", "nothing.js", "media/x", "api/me", "healthz"):
        async with site.http.get(site.url / path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    folder = Path(__file__).parents[2] / "bot" / "web"
    page = (folder / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    for file in folder.iterdir():
        words = file.read_text()
        addresses = set(re.findall(r"https?://[^\s\"'`$)]+", words))
        assert addresses <= {"http://www.w3.org/2000/svg"}, file.name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", words
        )


async def test_machines_may_ask_how_it_is(site: Site) -> None:
    async with site.http.get(site.url / "healthz", headers={"Host": "bot:8080"}) as answer:
        assert answer.status == 200
    async with site.http.get(site.url / "readyz") as answer:
        assert await answer.json() == {"ok": True, "database": True, "redis": True}


async def test_behind_https_the_cookie_never_travels_in_the_clear(
    svc: Services, registry: Registry
) -> None:
    svc.settings.public_url = "https://clips.example"
    code = await owner_code(svc)
    async with talking(svc, registry) as port, aiohttp.ClientSession() as http:
        url, headers = f"http://127.0.0.1:{port}/api/session", {"Host": "clips.example"}
        async with http.post(url, json={"code": code}, headers=headers) as answer:
            cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-clipdesk-")
    assert "Secure" in cookie
