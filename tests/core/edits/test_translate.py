"""Captions in another language: by ids, in their times, and not at all for a bad answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from aiohttp import web

from core.clips.llm_wire import LlmSettings
from core.edits.translate import translated
from core.errors import Told
from tests.core.edits.test_apply import WORDS, talk
from tests.doubles.language_model import (
    Answer,
    Body,
    completion,
    language_model,
    question_in,
    says,
    sends,
)

GERMAN = [
    "Zuerst hatten wir kein Geld.", "Dann stieg der Preis sehr stark!", "Maria sagte wow.",
    "Niemand hatte das vorher gesehen.", "Also verkauften wir alles.", "Das war das Ende.",
]  # fmt: skip
Lines = list[dict[str, str]]


def answers(make: Callable[[Lines], Lines]) -> Answer:
    async def answer(_: web.Request, body: Body) -> web.Response:
        return completion(json.dumps({"sentences": make(question_in(body)["sentences"])}))

    return answer


def german(lines: Lines) -> Lines:
    return [{"id": line["id"], "text": text} for line, text in zip(lines, GERMAN, strict=True)]


async def test_sentences_are_translated_and_keep_their_times() -> None:
    async with language_model(answers(german)) as model:
        llm = LlmSettings(api_root=model.root, model="m")
        words = await translated(WORDS, "de", talk(), llm)
    assert " ".join(w.text for w in words) == " ".join(GERMAN)
    assert "German" in json.dumps(model.asked[0])
    price = next(w for w in words if w.text == "Dann")
    assert price.start_s == pytest.approx(WORDS[5].start_s), "where its sentence begins"
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(words))


BAD = {
    "an id is missing": answers(lambda lines: german(lines)[:-1]),
    "an id comes twice": answers(lambda lines: [*german(lines)[:-1], german(lines)[0]]),
    "an unknown id": answers(lambda lines: [*german(lines)[:-1], {"id": "s9", "text": "Aus."}]),
    "nothing": answers(lambda lines: [{**k, "text": ""} for k in german(lines)]),
    "a novel": answers(lambda lines: [{**k, "text": k["text"] * 9} for k in german(lines)]),
    "an address": answers(lambda lines: [{**german(lines)[0], "text": "Kauf auf https://x.example"},
                                         *german(lines)[1:]]),
    "no JSON": says("Here you go!"),
    "a fault": sends("oops", 500),
}  # fmt: skip


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
async def test_a_model_that_fails_or_lies_changes_nothing(answer: Answer) -> None:
    async with language_model(answer) as model:
        llm = LlmSettings(api_root=model.root, model="m")
        with pytest.raises(Told, match="not_translated"):
            await translated(WORDS, "de", talk(), llm)


async def test_an_answer_in_other_letters_is_no_translation() -> None:
    async with language_model(answers(german)) as model:
        llm = LlmSettings(api_root=model.root, model="m")
        with pytest.raises(Told, match="not_translated"):
            await translated(WORDS, "ru", talk(), llm)


async def test_without_a_model_that_is_said() -> None:
    with pytest.raises(Told, match="no_translator"):
        await translated(WORDS, "de", talk(), LlmSettings(api_root=None, model=None))
