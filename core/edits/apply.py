"""Changes become another recipe for a clip, or the reason why that cannot be.

edited = apply(clip.recipe, read("start 2 s earlier"), analysis)
edited.recipe, edited.said     # what is to be made, and what was understood, in words
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.analysis.model import Analysis, Word
from core.analysis.timeline import Timeline, words_inside
from core.captions.look import Fix, Look
from core.captions.wording import corrected, plain, says
from core.clips.cover_words import MOST_CHARS
from core.clips.edges import Edges
from core.clips.sentences import Sentence, in_order, sentences_of
from core.clips.tight import Tight
from core.clips.wish import LONGEST_S, SHORTEST_S
from core.edits.change import Change
from core.edits.languages import own_name
from core.errors import Told
from core.render.recipe import Recipe
from core.say import Place, Say, Seconds, say
from core.sound.cleaning import Cleaning

NEAR_S = 120.0
"""A named time this far around the clip is one of the video; else one of the clip."""
SNAP_S = 0.6
"""A cut moves this far at most to be kind to words and shot edges."""


@dataclass(slots=True)
class Edited:
    """What came of the changes so far."""

    recipe: Recipe
    analysis: Analysis
    said: list[Say] = field(default_factory=list)
    title: str | None = None
    words: tuple[Word, ...] = ()
    """All of the source, in order."""
    music: str = ""
    """Key of the music of the workspace."""
    line: Timeline | None = None
    """The stretches the version is made of that somebody looks at."""
    titled: str = ""
    """What the clip is called."""


def apply(
    recipe: Recipe,
    changes: Iterable[Change],
    analysis: Analysis,
    music: str = "",
    line: Timeline | None = None,
    titled: str = "",
) -> Edited:
    """One change after the other; `music` is what the workspace lays under its clips, `line` what
    somebody looks at while they write. Raises Told for the first that cannot be; then none is
    done."""
    words = in_order(analysis.words, analysis.duration_s)
    known = replace(analysis, words=words)
    edited = Edited(recipe, known, words=words, music=music, line=line, titled=titled)
    for change in changes:
        _STEPS[change.kind](edited, change)
    return edited


# ── where it begins and ends ────────────────────────────────────────────────────────────────────


def _start_by(edited: Edited, change: Change) -> None:
    _span(edited, edited.recipe.start_s + change.amount, edited.recipe.end_s, "start")


def _end_by(edited: Edited, change: Change) -> None:
    _span(edited, edited.recipe.start_s, edited.recipe.end_s + change.amount, "end")


def _start_at(edited: Edited, change: Change) -> None:
    _span(edited, _in_source(edited, change.amount), edited.recipe.end_s, "start")


def _end_at(edited: Edited, change: Change) -> None:
    _span(edited, edited.recipe.start_s, _in_source(edited, change.amount), "end")


def _in_source(edited: Edited, at_s: float) -> float:
    """People read times off the video; off the clip only where the video cannot be meant."""
    recipe = edited.recipe
    if recipe.start_s - NEAR_S <= at_s <= recipe.end_s + NEAR_S:
        return at_s
    if at_s <= recipe.length_s + NEAR_S:
        # Read off a player that shows the clip without what was taken out.
        return edited.line.source_s(at_s) if edited.line else recipe.start_s + at_s
    raise Told("edit.far_away", at=Place(at_s), start=Place(recipe.start_s),
               end=Place(recipe.end_s))  # fmt: skip


def _span(edited: Edited, start_s: float, end_s: float, moved: str) -> None:
    """Keep the other end; the moved one goes where no word is cut, as near as that is."""
    whole_s = edited.analysis.duration_s
    start_s, end_s = max(0.0, start_s), min(whole_s, end_s)
    edges = Edges(edited.words, edited.analysis)
    if moved == "start" and start_s > 0:
        start_s = edges.near(start_s, SNAP_S)
    if moved == "end" and end_s < whole_s:
        end_s = edges.near(end_s, SNAP_S)
    _checked(edited, start_s, end_s)


def _checked(edited: Edited, start_s: float, end_s: float) -> None:
    recipe = edited.recipe
    start_s, end_s = round(start_s, 3), round(end_s, 3)
    if (start_s, end_s) == (recipe.start_s, recipe.end_s):
        raise Told("edit.no_room")
    if end_s - start_s < SHORTEST_S:
        raise Told("edit.too_short", least=Seconds(SHORTEST_S))
    if end_s - start_s > LONGEST_S:
        raise Told("edit.too_long", most=Seconds(LONGEST_S))
    edited.recipe = replace(recipe, start_s=start_s, end_s=end_s)
    # Two of them in one wish are one sentence.
    edited.said = [s for s in edited.said if s.key != "edit.span"]
    edited.said.append(say("edit.span", start=Place(start_s), end=Place(end_s)))


def _drop(edited: Edited, change: Change) -> None:
    inside = _sentences(edited)
    n = int(change.amount)
    if not inside:
        raise Told("edit.no_words")
    if n < 1 or n >= len(inside):
        raise Told("edit.few_sentences", n=len(inside))
    recipe, edges = edited.recipe, Edges(edited.words, edited.analysis)
    if change.kind == "drop_first":
        _checked(edited, edges.start(inside[n].first), recipe.end_s)
    else:
        _checked(edited, recipe.start_s, edges.end(inside[-n - 1].last, inside[-n].start_s))


def _sentences(edited: Edited) -> list[Sentence]:
    """Those that are heard in the clip: most of each lies inside."""
    recipe = edited.recipe
    every = sentences_of(edited.words, edited.analysis)
    return [
        s for s in every
        if recipe.start_s - 0.5 <= (s.start_s + s.end_s) / 2 <= recipe.end_s + 0.5
    ]  # fmt: skip


# ── how it looks ────────────────────────────────────────────────────────────────────────────────


def _other(edited: Edited, _: Change) -> None:
    edited.recipe = replace(edited.recipe, other=edited.recipe.other + 1)
    edited.said.append(say("edit.other"))


def _shape(edited: Edited, change: Change) -> None:
    _set(edited, replace(edited.recipe, format=change.text), say("edit.shape", shape=change.text))


def _captions(edited: Edited, change: Change) -> None:
    if change.amount and not _inside(edited):
        raise Told("edit.no_words")
    on = bool(change.amount)
    words = say("edit.captions_on") if on else say("edit.captions_off")
    recipe = edited.recipe
    if on and recipe.partly:  # asked for: then everywhere
        recipe = replace(recipe, burnt=True, partly=False)
    _set(edited, replace(recipe, captions=on), words)


def _style(edited: Edited, change: Change) -> None:
    look = replace(edited.recipe.look, style=change.text)
    _look(edited, look, say("edit.style", style=say(f"style.{change.text}")))


def _emoji(edited: Edited, change: Change) -> None:
    on = bool(change.amount)
    words = say("edit.emoji_on") if on else say("edit.emoji_off")
    _look(edited, replace(edited.recipe.look, emoji=on), words)


def _mask(edited: Edited, change: Change) -> None:
    on = bool(change.amount)
    words = say("edit.mask_on") if on else say("edit.mask_off")
    _look(edited, replace(edited.recipe.look, masked=on), words)


def _language(edited: Edited, change: Change) -> None:
    look = replace(edited.recipe.look, language=change.text)
    if not change.text:
        _look(edited, look, say("edit.original"))
        return
    _look(edited, look, say("edit.language", language=own_name(change.text)))


def _fix(edited: Edited, change: Change) -> None:
    recipe = edited.recipe
    known: Sequence[Word] = _inside(edited)
    for fix in recipe.look.fixes:
        known = corrected(known, fix)
    # Of a translation nobody here knows the words; what is not there is simply not found.
    if not recipe.look.language and not says(known, change.text):
        raise _no_such_word(known, change.text)
    fixes = (*recipe.look.fixes, Fix(change.text, change.new))
    said = say("edit.fixed", old=change.text, new=change.new)
    _look(edited, replace(recipe.look, fixes=fixes),
          said if change.new else say("edit.left_out", old=change.text))  # fmt: skip


def _no_such_word(words: Sequence[Word], wanted: str) -> Told:
    from rapidfuzz import fuzz, process

    there = list(dict.fromkeys(plain(w.text) for w in words if plain(w.text)))
    near = process.extract(plain(wanted), there, scorer=fuzz.ratio, limit=3, score_cutoff=60)
    if near:
        return Told("edit.word_near", said=wanted[:40], near=tuple(n for n, _, _ in near))
    return Told("edit.no_such_word", said=wanted[:40])


def _inside(edited: Edited) -> tuple[Word, ...]:
    return words_inside(edited.words, Timeline.whole(edited.recipe.start_s, edited.recipe.end_s))


def _look(edited: Edited, look: Look, said: Say) -> None:
    """Whoever asks for something of the captions wants to see them."""
    _set(edited, replace(edited.recipe, look=look, captions=bool(_inside(edited))), said)


def _set(edited: Edited, recipe: Recipe, said: Say) -> None:
    edited.recipe = recipe
    edited.said.append(said)


def _tight(edited: Edited, change: Change) -> None:
    """Pauses, fillers or both (`text`), out or back in."""
    on, was = bool(change.amount), edited.recipe.tight
    if on and edited.analysis.rough:  # the same clip would come again, and take as long
        raise Told("tight.rough")
    pauses = on if change.text != "fillers" else was.pauses
    fillers = on if change.text != "pauses" else was.fillers
    words = say(f"tight.{change.text}_{'out' if on else 'back'}")
    _set(edited, replace(edited.recipe, tight=Tight(pauses, fillers)), words)


# ── how it sounds ───────────────────────────────────────────────────────────────────────────────


def _sound(edited: Edited, change: Change) -> None:
    cleaning: Cleaning = "clean" if change.text == "clean" else "leave"
    said = say("edit.sound_clean") if cleaning == "clean" else say("edit.sound_leave")
    _set(edited, replace(edited.recipe, cleaning=cleaning), said)


def _music(edited: Edited, change: Change) -> None:
    on = bool(change.amount)
    if on and not (edited.music or edited.recipe.music):
        raise Told("music.none")
    music = (edited.music or edited.recipe.music) if on else ""
    said = say("edit.music_on") if on else say("edit.music_off")
    _set(edited, replace(edited.recipe, music=music), said)


def _cover(edited: Edited, change: Change) -> None:
    text = (change.text or edited.titled) if change.amount else ""
    if len(text) > MOST_CHARS:
        raise Told("edit.cover_long", n=len(text), limit=MOST_CHARS)
    said = say("edit.cover", text=text) if text else say("edit.cover_plain")
    _set(edited, replace(edited.recipe, cover=text), said)


def _title(edited: Edited, change: Change) -> None:
    if edited.recipe.cover and edited.recipe.cover == edited.titled:
        edited.recipe = replace(edited.recipe, cover=change.text[:MOST_CHARS])
    edited.title = edited.titled = change.text
    edited.said.append(say("edit.title", title=change.text))


def _undo(_: Edited, __: Change) -> None:
    raise Told("edit.undo_alone")


_STEPS: dict[str, Callable[[Edited, Change], None]] = {
    "start_by": _start_by, "end_by": _end_by, "start_at": _start_at, "end_at": _end_at,
    "drop_first": _drop, "drop_last": _drop, "other": _other, "captions": _captions,
    "style": _style, "shape": _shape, "fix": _fix, "title": _title, "emoji": _emoji,
    "mask": _mask, "language": _language, "sound": _sound, "music": _music, "tight": _tight,
    "cover": _cover,
    "undo": _undo,
}  # fmt: skip
