"""A finished clip as it is shown in a chat: player, why it was chosen, words, buttons."""

from __future__ import annotations

from core.chat.message import Act, Button, MediaOut, Out, Rows
from core.checks.mix import cleaned_in_words
from core.checks.words import sentences
from core.db.videos import Clip, Render
from core.render.taken import taken_out
from core.say import Bytes, Say, Seconds, say

NAMES = {
    "schedule": "clip.schedule",
    "now": "clip.now",
    "edit": "clip.edit",
    "caption": "clip.caption",
    "again": "clip.again",
    "discard": "clip.discard",
    "looked": "clip.looked",
}
"""Acts of the buttons under a clip; handlers declare what they do."""
CAPTIONS_ON = 8
"""The place of this change among those with a button (`handlers._edits.READY`)."""


def clip_buttons(clip: Clip) -> Rows:
    """What can be done with it now."""

    def button(name: str, style: str = "plain") -> Button:
        act = Act.of(NAMES[name], clip.id)
        return Button(say(f"card.button_{name}"), act, style=style)  # type: ignore[arg-type]

    more = (button("edit"), button("caption"), button("again"), button("discard", "danger"))
    if needs_a_look(clip):  # one thing at a time stands out
        return ((button("looked", "main"),), (button("schedule"), button("now")), more)
    first = (button("schedule", "main"), button("now"))
    if leaves_captions_out(clip):
        on = Button(say("edit.button_captions_on"), Act.of("clip.do", clip.id, CAPTIONS_ON))
        return ((*first, on), more)
    return (first, more)


def leaves_captions_out(clip: Clip) -> bool:
    """Its video shows captions of its own there, or in a part of it."""
    return (clip.recipe.burnt and not clip.captions) or (clip.recipe.partly and clip.captions)


def needs_a_look(clip: Clip) -> bool:
    """Rough captions are burned in and nobody has read them yet."""
    return clip.rough and clip.captions and clip.looked_at is None


def clip_media(clip: Clip, render: Render) -> MediaOut:
    """The player."""
    made = render.rendered
    return MediaOut(
        "video",
        render.media_key,
        f"{file_name(clip.title) or f'clip-{clip.id}'}.mp4",
        made.size_b,
        made.width,
        made.height,
        made.duration_s,
        render.cover_key,
    )


def file_name(title: str) -> str:
    kept = "".join(c if c.isalnum() else "-" for c in title.lower())
    return "-".join(part for part in kept.split("-") if part)[:60]


def clip_text(clip: Clip, render: Render) -> tuple[Say, ...]:
    """Title, score with its reasons, caption and tags, and what a person must know."""
    named = clip.caption.strip().casefold().startswith(clip.title.strip().casefold())
    text = [
        say(
            "card.head_named_below" if named else "card.head",
            title=clip.title,
            rank=clip.rank,
            length=Seconds(render.rendered.duration_s),
            size=Bytes(render.rendered.size_b),
        ),
        say("card.score", score=round(clip.span.score), reasons=clip.span.reasons),
        say("card.words", caption=clip.caption, tags=" ".join(f"#{t}" for t in clip.tags)),
    ]
    if leaves_captions_out(clip):
        text.append(say("edit.burnt_partly") if clip.captions else say("edit.burnt"))
    if taken := taken_out(clip.line, clip.recipe.tight):
        text.append(taken)
    if needs_a_look(clip):
        text.append(say("card.rough"))
    if (mix := render.rendered.mix) and mix.cleaned:
        text.append(say("card.cleaned", did=cleaned_in_words(mix.cleaned)))
    elif clip.recipe.cleaning == "clean":
        text.append(say("card.not_cleaned"))
    failed = sentences(render.rendered.checks)
    if failed:
        text.append(say("card.checks" if render.fit else "card.unfit", checks=failed))
    return tuple(text)


def clip_card(clip: Clip) -> Out:
    """The message with the finished clip. The clip must have been rendered."""
    assert clip.render is not None
    return Out(
        clip_text(clip, clip.render),
        clip_buttons(clip),
        clip_media(clip, clip.render),
        say("card.alt", title=clip.title, length=Seconds(clip.render.rendered.duration_s)),
    )
