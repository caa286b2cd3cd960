"""The language of a conversation: what the client is set to, what somebody chose, and in groups."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.chat.limits import LANGUAGE_NAMES
from core.chat.message import ChatRef
from core.db import chats
from core.services import Services
from tests.handlers.conftest import Connect, MakeClip, member
from tests.handlers.talk import Talk


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("de-AT", "Alles ansehen, worum du bitten kannst."),
        ("pt-PT", "Ver tudo o que você pode pedir."),
        ("ru", "Посмотреть всё, о чём можно попросить."),
        ("ar-EG", "عرض كل ما يمكن طلبه."),
        ("fr", "See everything you can ask for."),
        ("es-MX", "Ver todo lo que puedes pedir."),
    ],
)
async def test_help_is_in_the_language_of_the_client(chat: Talk, client: str, words: str) -> None:
    chat.who = replace(chat.who, language=client)
    await chat.write("/help")
    assert chat.last.says(words)
    assert chat.last.says("/clip")


async def test_the_language_follows_the_client_until_somebody_chooses(
    chat: Talk, svc: Services
) -> None:
    await chat.write("/queue")
    assert chat.last.says("Nothing waits")
    chat.who = replace(chat.who, language="de")
    await chat.write("/queue")
    assert chat.last.says("Es wartet nichts")
    await chat.write("/language spanisch")
    assert chat.last.says("A partir de ahora hablo Español")
    await chat.write("/queue")
    assert chat.last.says("No hay nada en espera")
    async with svc.db.read() as tx:
        found = await chats.find_chat(tx, chat.where)
    assert found is not None and found.language == "es"


async def test_what_somebody_chose_counts_in_their_other_chats_too(chat: Talk) -> None:
    await chat.write("/language Русский")
    phone = replace(chat, where=ChatRef("web", "phone"), messages=[], log=[])
    await phone.write("/queue")
    assert phone.last.says("Выхода ничего не ждёт")


async def test_a_group_keeps_its_language_whoever_speaks(chat: Talk, svc: Services) -> None:
    group = ChatRef("web", "group")
    ana = replace(chat, where=group, title="Studio", who=replace(chat.who, language="de"))
    await ana.write("/queue")
    assert ana.last.says("Es wartet nichts")
    other = await member(svc, "editor", "ben", zone="Europe/Berlin")
    ben = replace(other, where=group, title="Studio", who=replace(other.who, language="ru"))
    await ben.write("/queue")
    assert ben.last.says("Es wartet nichts")
    await ben.write("/help")
    assert ben.last.says("Alles ansehen, worum du bitten kannst.")


async def test_every_language_has_a_button_and_answers_in_itself(chat: Talk) -> None:
    for name in LANGUAGE_NAMES.values():
        await chat.write("/language")
        await chat.press(name)
        assert chat.last.says(name)


async def test_a_clip_is_planned_in_arabic_from_right_to_left(
    chat: Talk, make_clip: MakeClip, connect: Connect
) -> None:
    await connect("tiktok")
    await make_clip(chat)
    await chat.write("/language العربية")
    await chat.write("/clip")
    await chat.write("/schedule 1 غدًا الساعة ٩ صباحًا")
    assert chat.last.says("الأربعاء، 25 نوفمبر، 09:00 (Europe/Berlin)"), chat.last.text
    assert chat.last.says("\u2068TikTok") or chat.last.says("\u2066\u2068TikTok"), chat.last.text


async def test_never_mind_is_understood_in_every_language(chat: Talk, make_clip: MakeClip) -> None:
    for word in ("abbrechen", "cancelar", "отмена", "إلغاء", "annuler", "never mind"):
        await chat.write("/timezone")
        await chat.write(word)
        assert chat.last.says("not waiting for an answer"), word


async def test_what_is_missing_is_named_in_the_language(chat: Talk) -> None:
    chat.who = replace(chat.who, language="de")
    await chat.write("/post")
    assert chat.last.says("/post nummer")
