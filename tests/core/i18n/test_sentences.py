"""Every sentence the program can say is in the English file, with the facts it is given."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.i18n.catalog import FALLBACK, Catalog, Sentence

ROOT = Path(__file__).parents[3]
ROOMS = ("core", "bot", "workers", "handlers")
CALLS = {
    *("say", "Say", "Told", "NotUsable", "TooLarge", "NothingToCut", "NotAllowed"),
    *("NeedsSignIn", "BadSetting"),
}


@dataclass(frozen=True, slots=True)
class Call:
    where: str
    key: str
    """With `{}` where it is put together at run time."""
    facts: frozenset[str]
    open: bool
    """Facts are passed on with `**`, so not all of them can be seen."""


def _key(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(key)) if "." in key and " " not in key:
            yield key
        case ast.JoinedStr(values=parts):
            yield "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in parts)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _key(body)
            yield from _key(orelse)


def _calls() -> Iterator[Call]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name not in CALLS:
                    continue
                facts = frozenset(k.arg for k in node.keywords if k.arg)
                hidden = name == "Say" or any(k.arg is None for k in node.keywords)
                for key in _key(node.args[0]):
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield Call(where, key, facts, hidden)


def _placeholders(sentence: Sentence) -> set[str]:
    forms = [sentence] if isinstance(sentence, str) else list(sentence.values())
    return {name for f in forms for _, name, _, _ in string.Formatter().parse(f) if name}


def _english() -> Mapping[str, Sentence]:
    catalog = Catalog.load()
    return catalog.sentences(FALLBACK)


def test_every_sentence_that_is_said_is_in_the_english_file() -> None:
    known = _english()
    missing = {c.key: c.where for c in _calls() if "{" not in c.key and c.key not in known}
    assert not missing, "\n".join(f"{where}: {key}" for key, where in sorted(missing.items()))


def test_keys_that_are_put_together_lead_somewhere() -> None:
    known = _english()
    wrong = []
    for call in _calls():
        before, brace, _ = call.key.partition("{")
        if brace and not any(key.startswith(before) for key in known):
            wrong.append(f"{call.where}: {call.key}")
    assert not wrong, "\n".join(wrong)


def test_every_sentence_gets_the_facts_it_needs() -> None:
    known = _english()
    wrong = []
    for call in _calls():
        if call.open or call.key not in known:
            continue
        lacking = _placeholders(known[call.key]) - call.facts
        if not isinstance(known[call.key], str) and "n" not in call.facts:
            lacking.add("n")
        if lacking:
            wrong.append(f"{call.where}: {call.key} lacks {', '.join(sorted(lacking))}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", Catalog.load().languages)
def test_a_language_has_the_plural_forms_it_needs(language: str) -> None:
    for key, sentence in Catalog.load().sentences(language).items():
        if not isinstance(sentence, str):
            assert "other" in sentence, f"{language}: {key}"


def test_sentences_are_whole_and_calm() -> None:
    wrong = []
    for key, sentence in _english().items():
        forms = [sentence] if isinstance(sentence, str) else list(sentence.values())
        for form in forms:
            bold = form.count("*") % 2 or form.count("`") % 2
            glued = form.startswith((" ·", " –"))  # a part that is put behind another sentence
            if "!" in form or bold or "  " in form or (form != form.strip() and not glued):
                wrong.append(f"{key}: {form}")
    assert not wrong, "\n".join(wrong)
