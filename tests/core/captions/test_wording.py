"""Words that stand out, words that are masked, words with a picture: told by data, not by luck."""

from __future__ import annotations

import pytest

from core.analysis.model import Word
from core.captions.ass import captions_ass
from core.captions.emphasis import key_words
from core.captions.look import Fix, Look
from core.captions.style import OFFERED, load_style
from core.captions.wording import masked, written
from core.media.facts import VERTICAL


def spoken(text: str, each_s: float = 0.4) -> list[Word]:
    return [Word(t, k * each_s, (k + 0.9) * each_s) for k, t in enumerate(text.split())]


FILL = "and then we went on and did it all again because it was nice to be there with all of them "


def test_names_numbers_and_what_a_video_turns_around_stand_out() -> None:
    text = (
        FILL * 3
        + "then Maria paid 99 euros for the telescope, a telescope that Maria loved. "
        + FILL * 3
    )
    keys = key_words(spoken(text))
    assert {"maria", "99", "telescope"} <= keys
    assert not keys & {"and", "then", "because", "there", "again"}


def test_where_every_noun_has_a_capital_a_capital_is_no_name() -> None:
    text = (
        "wir haben das Haus am See mit dem Hund und der Katze im Garten gesehen und die Blumen " * 3
    )
    assert not key_words(spoken(text)) & {"haus", "see", "hund", "katze"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Fucking!", "F******!"),
        ("«mierda»", "«m*****»"),
        ("Scheiße,", "S******,"),
        ("porra", "p****"),
        ("блядь", "б****"),
        ("شرموطة", "ش*****"),
        ("Scunthorpe", "Scunthorpe"),
        ("assistant", "assistant"),
        ("computador", "computador"),
    ],
)
def test_rude_words_keep_their_first_letter_and_others_all(said: str, shown: str) -> None:
    assert masked(said) == shown


def test_corrections_come_before_the_mask() -> None:
    look = Look(masked=True, fixes=(Fix("duck", "fuck"),))
    assert [w.text for w in written(spoken("what the duck"), look)] == ["what", "the", "f***"]
    assert Look.from_json(look.to_json()) == look


def test_emoji_come_on_wish_and_in_an_event_of_their_own() -> None:
    words = spoken("we love pizza")
    plain = captions_ass(words, VERTICAL, load_style("default"))
    rich = captions_ass(words, VERTICAL, load_style("default"), emoji=True)
    extra = [line for line in rich.splitlines() if line not in plain.splitlines()]
    assert "❤" not in plain and len(extra) == 1 and extra[0].startswith("Dialogue: 9,")


def _light(rgb: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(rgb[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _contrast(a: str, b: str) -> float:
    high, low = sorted((_light(a), _light(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_style_can_be_read_on_its_own_edge_and_one_meets_aaa_on_any_picture() -> None:
    for name in OFFERED:
        style = load_style(name)
        behind = style.plate or style.outline
        assert _contrast(style.spoken, behind) >= 4.5, name
        assert _contrast(style.fill, style.outline) >= 7, name
    safe = load_style("contrast")
    assert safe.box and safe.shadow.endswith("FF"), "nothing of the picture shines through"
    assert min(_contrast(safe.fill, safe.shadow), _contrast(safe.spoken, safe.shadow)) >= 7
