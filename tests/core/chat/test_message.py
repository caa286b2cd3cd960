"""What travels between people and the bot survives the database and stays within its bounds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.message import MAX_ACT_B, Act, Button, MediaOut, Out
from core.chat.registry import Arg, Ask, Registry, command, discover, reaches
from core.say import Bytes, Link, Seconds, When, say

names = st.sampled_from(["post.undo", "clip.at", "target.set"])
ids = st.lists(st.integers(0, 2**63 - 1), max_size=3).map(tuple)


@given(name=names, numbers=ids)
def test_an_act_survives_its_button(name: str, numbers: tuple[int, ...]) -> None:
    packed = Act(name, numbers).pack()
    assert len(packed.encode()) <= MAX_ACT_B
    assert Act.unpack(packed) == Act(name, numbers)


@given(st.text(max_size=100))
def test_no_text_breaks_unpacking(packed: str) -> None:
    try:
        act = Act.unpack(packed)
    except ValueError:
        return
    assert act.name


def test_too_much_for_a_button_is_refused_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        Act("post.undo", tuple([2**63] * 4)).pack()


def test_a_message_survives_the_database() -> None:
    at = When(datetime(2026, 11, 27, 17, tzinfo=UTC), "Europe/Berlin")
    facts = {"at": at, "size": Bytes(5), "length": Seconds(1.5), "link": Link("a", "https://a")}
    out = Out(
        (say("queue.empty"), say("t.x", inner=say("t.y", n=1), parts=("a", at), **facts)),
        ((Button(say("t.b"), Act.of("post.undo", 1), style="danger"),),),
        MediaOut("video", "clips/a.mp4", "a.mp4", 10, 1, 2, 3.0, "clips/a.jpg"),
        say("t.alt"),
        quiet=True,
    )
    assert Out.from_json(out.to_json()) == out


@pytest.mark.parametrize(
    ("role", "needed", "may"),
    [
        ("owner", "owner", True),
        ("approver", "owner", False),
        ("approver", "editor", True),
        ("viewer", "viewer", True),
        ("nobody", "viewer", False),
    ],
)
def test_roles_reach_what_stands_below_them(role: str, needed: str, may: bool) -> None:
    assert reaches(role, needed) is may  # type: ignore[arg-type]


def test_a_command_is_found_by_its_file_and_helps_with_its_docstring() -> None:
    import handlers

    registry: Registry = discover(handlers)
    again = registry.commands["again"]
    assert again.help == "Cut the last video once more, with other moments."
    assert again.args == (Arg("wish"),)
    assert registry.video is not None


def test_the_same_command_in_two_files_is_refused() -> None:
    async def other(ask: Ask, _: object) -> None:
        """Another one."""

    with pytest.raises(ValueError, match="declared twice"):
        command("again", role="viewer")(other)
