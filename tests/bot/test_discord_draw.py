"""An `Out` as Discord gets it: nothing of what people write becomes markup, nothing is too long."""

from __future__ import annotations

from datetime import UTC, datetime

import discord
import pytest

from bot.discord_draw import ANSWER_ID, Drawn, Pen, escaped
from core.chat.message import Act, Button, Out
from core.i18n.catalog import Catalog
from core.say import Link, Say, When, say
from tests.doubles import discord_rules as rules
from tests.doubles.discord_people import plain

CATALOG = Catalog(
    {
        "en": {
            "t.plain": "{text}",
            "t.bold": "*{text}* stays, `{text}` too",
            "t.at": "It goes out {at}.",
            "t.link": "See {link}.",
            "t.label": "{text}",
            "discord.button_answer": "Answer…",
        }
    }
)


def draw(*text: Say, **how: object) -> Drawn:
    return Pen(CATALOG, "en").draw(Out(text, **how))  # type: ignore[arg-type]


def checked(drawn: Drawn) -> list[dict[str, object]]:
    """Its rows, after Discord itself would have taken all of it."""
    rows = drawn.view.to_components()
    embeds = [e.to_dict() for e in drawn.embeds]
    rules.check_message({"content": drawn.content, "embeds": embeds, "components": rows}, (), 1)
    return rows


@pytest.mark.parametrize(
    "hostile",
    [
        "*bold* **bolder** _it_ __under__ ~~gone~~ ||hidden|| `code` ```block```",
        "@everyone and @here",
        "<@123> <@&45> <#67> <t:0:R> </pay:1> <:x:2>",
        "[free money](https://evil.test)",
        "# loud",
        "-# small",
        "> quoted\n>>> more",
        "- a list\n* another\n+ third\n1. first\n2) second",
        "a \\ backslash and \\* more",
    ],
)
def test_what_people_write_is_shown_letter_by_letter(hostile: str) -> None:
    drawn = draw(say("t.plain", text=hostile)).content
    assert plain(drawn) == hostile
    for mark in ("*", "_", "~", "|", "`", "<", "[", "#", "@", ">"):
        unprotected = drawn.replace("\\\\", "").replace(f"\\{mark}", "")
        assert mark not in unprotected or mark == ">"
    assert not any(line.startswith((">", "-", "+", "1.", "2)")) for line in drawn.split("\n"))


def test_an_address_stays_whole_among_what_is_escaped() -> None:
    text = "look_here https://x.test/a_b_c?d=*e* and _there_"
    assert escaped(text) == "look\\_here https://x.test/a_b_c?d=*e* and \\_there\\_"


def test_our_own_markup_and_facts_in_it() -> None:
    assert draw(say("t.bold", text="a*b")).content == "**a\\*b** stays, `a*b` too"
    assert draw(say("t.link", link=Link("the [clip]", "https://x.test/1"))).content == (
        "See [the \\[clip\\]](<https://x.test/1>)."
    )


def test_an_instant_is_drawn_by_each_readers_own_client() -> None:
    at = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
    assert draw(say("t.at", at=When(at))).content == f"It goes out <t:{int(at.timestamp())}:F>."
    named = draw(say("t.at", at=When(at, "Europe/Berlin"))).content
    assert "18:00" in named and "<t:" not in named


@pytest.mark.parametrize("chars", [1999, 2001, 5000, 7900])
def test_a_long_text_goes_on_in_embeds(chars: int) -> None:
    words = " ".join(f"word{n}*" for n in range(chars))[:chars]
    drawn = draw(say("t.plain", text=words))
    checked(drawn)
    pieces = [drawn.content, *(e.description or "" for e in drawn.embeds)]
    shown = plain(" ".join(pieces))
    expected = words if len(escaped(words)) < 7900 else words[:5000]
    assert shown.startswith(expected[: min(len(expected), 5000)])


def test_what_is_longer_than_everything_ends_with_a_mark() -> None:
    drawn = draw(say("t.plain", text="все слова " * 2000))
    checked(drawn)
    assert (drawn.embeds[-1].description or "").endswith("…")


def test_a_text_is_never_cut_between_a_backslash_and_its_mark() -> None:
    for shift in range(4):
        drawn = draw(say("t.plain", text="x" * (1996 + shift) + "*" * 50))
        checked(drawn)
        assert (len(drawn.content) - len(drawn.content.rstrip("\\"))) % 2 == 0


def _button(number: int, **how: object) -> Button:
    label = say("t.label", text=how.pop("label", f"b{number}"))
    return Button(label, Act.of("test.press", number), **how)  # type: ignore[arg-type]


def test_buttons_carry_their_acts_and_their_weight() -> None:
    rows = checked(
        draw(
            say("t.plain", text="x"),
            buttons=((_button(1, style="main"), _button(2, style="danger"), _button(3)),),
        )
    )
    (row,) = [r["components"] for r in rows]
    assert [(b["custom_id"], b["style"]) for b in row] == [  # type: ignore[index, attr-defined]
        ("test.press:1", 1),
        ("test.press:2", 4),
        ("test.press:3", 2),
    ]


def test_too_many_buttons_are_set_anew_in_five_rows_of_five() -> None:
    many = tuple((_button(n),) for n in range(30))
    rows = checked(draw(say("t.plain", text="x"), buttons=many))
    assert [len(r["components"]) for r in rows] == [5] * 5  # type: ignore[arg-type]
    wide = (tuple(_button(n) for n in range(7)),)
    rows = checked(draw(say("t.plain", text="x"), buttons=wide))
    assert [len(r["components"]) for r in rows] == [5, 2]  # type: ignore[arg-type]


def test_the_same_act_twice_is_one_button_and_a_long_label_is_shortened() -> None:
    twice = ((_button(1), _button(1), _button(2, label="w " * 90)),)
    rows = checked(draw(say("t.plain", text="x"), buttons=twice))
    (row,) = [r["components"] for r in rows]
    assert len(row) == 2 and row[1]["label"].endswith("…")  # type: ignore[arg-type, index]


def test_an_address_no_button_can_lead_to_stands_in_the_text() -> None:
    buttons = (
        (
            Button(say("t.label", text="Open"), url="http://127.0.0.1:8080/x"),
            Button(say("t.label", text="Local"), url="http://localhost:8080/x"),
            Button(say("t.label", text="Long"), url="https://x.test/" + "a" * 600),
        ),
    )
    drawn = draw(say("t.plain", text="x"), buttons=buttons)
    (row,) = checked(drawn)
    assert [b["label"] for b in row["components"]] == ["Open"]  # type: ignore[attr-defined, index]
    assert "Local: http://localhost:8080/x" in drawn.content and "Long: https://" in drawn.content


def test_a_question_has_a_button_for_a_form() -> None:
    drawn = draw(say("t.plain", text="When?"), buttons=((_button(1),),), asks=True)
    rows = checked(drawn)
    assert rows[-1]["components"][-1]["custom_id"] == ANSWER_ID  # type: ignore[index]
    assert checked(draw(say("t.plain", text="So."))) == []


async def test_a_view_is_forgotten_by_the_library_at_once() -> None:
    drawn = draw(say("t.plain", text="x"), buttons=((_button(1),),))
    assert drawn.view.is_finished() and isinstance(drawn.view, discord.ui.View)
