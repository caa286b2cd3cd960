"""What people write with a video is understood, in six languages; the rest stays as words."""

from __future__ import annotations

import pytest

from core.analysis.model import Spell
from core.clips.base import Wish
from core.clips.tight import Tight
from core.clips.topic import tones_of, topic_of
from core.clips.wish import placed, read_wish
from core.errors import Told

HOUR_S = 3600.0
TIGHT = Tight(pauses=True, fillers=True)
START, END, SECOND = Spell(0, 900), Spell(2700, 3600), Spell(1800, 3600)

UNDERSTOOD: dict[str, Wish] = {
    "": Wish(),
    "3 under 40s": Wish(count=3, max_s=40),
    "3 clips under 40 s": Wish(count=3, max_s=40),
    "two clips of 30 to 45 seconds": Wish(count=2, min_s=30, max_s=45),
    "two 30-45 second clips": Wish(count=2, min_s=30, max_s=45),
    "30s-45s": Wish(min_s=30, max_s=45),
    "at least 20s": Wish(min_s=20),
    "20 seconds or more": Wish(min_s=20),
    "40s max": Wish(max_s=40),
    "under 1:30": Wish(max_s=90),
    "half a minute each": Wish(min_s=22.5, max_s=37.5),
    "5x": Wish(count=5),
    "top 3": Wish(count=3),
    "3-5 clips": Wish(count=5),
    "give me the best 4": Wish(count=4),
    "500 clips": Wish(count=500),
    "about pricing": Wish(text="about pricing"),
    "the funny part": Wish(text="funny part"),
    "2 of the funniest moments": Wish(text="funniest moments", count=2),
    "5 tips for writing": Wish(text="5 tips for writing"),
    "my trip to Rome": Wish(text="my trip to Rome"),
    "12:30-13:05": Wish(spans=(Spell(750, 785),)),
    "12:30–13:05 and 1:02:03 to 1:02:45.5": Wish(spans=(Spell(750, 785), Spell(3723, 3765.5))),
    "from the second half": Wish(within=Spell(1800, 3600)),
    "first 10 minutes": Wish(within=Spell(0, 600)),
    "skip the first 5 minutes": Wish(within=Spell(300, 3600)),
    "the last 10 minutes of the talk": Wish(within=Spell(3000, 3600)),
    "after 12:30": Wish(within=Spell(750, 3600)),
    "before 5:00": Wish(within=Spell(0, 300)),
    "around 12:30": Wish(within=Spell(705, 795)),
    "no captions": Wish(captions=False),
    "3 under 40s, no pauses": Wish(count=3, max_s=40, tight=Tight(pauses=True)),
    "without the ums and pauses, about pricing": Wish(text="about pricing", tight=TIGHT),
    "2 clips, tight": Wish(count=2, tight=TIGHT),
    "ohne Pausen": Wish(tight=Tight(pauses=True)),
    "sin silencios ni muletillas": Wish(tight=TIGHT),
    "sem hesitações": Wish(tight=Tight(fillers=True)),
    "без пауз": Wish(tight=Tight(pauses=True)),
    "بدون وقفات": Wish(tight=Tight(pauses=True)),
    "about tight budgets": Wish(text="about tight budgets"),
    "square": Wish(format="1:1"),
    "1:1": Wish(format="1:1"),
    "4:5": Wish(format="4:5"),
    "2 clips 4x5": Wish(format="4:5", count=2),
    "3 clips for the feed": Wish(format="4:5", count=3),
    "zwei Clips über Preise für den Feed": Wish(text="über Preise", count=2, format="4:5"),
    "about what cats feed on": Wish(text="about what cats feed on"),
    "horizontal": Wish(format="16:9"),
    "16:9, 2 clips": Wish(format="16:9", count=2),
    "9:16": Wish(),
    "make 2 vertical clips please": Wish(count=2),
    "3 about Times Square": Wish(text="about Times Square", count=3),
    "3 clips, 20-30s each, square, about cats": Wish(
        text="about cats", count=3, min_s=20, max_s=30, format="1:1"
    ),
    "3 under 40s about pricing, from the second half": Wish(
        text="about pricing", count=3, max_s=40, within=Spell(1800, 3600)
    ),
    "drei Clips unter 40 Sekunden über Preise": Wish(text="über Preise", count=3, max_s=40),
    "die erste Hälfte, ohne Untertitel": Wish(within=Spell(0, 1800), captions=False),
    "3 clips de menos de 40 segundos sobre precios": Wish(text="sobre precios", count=3, max_s=40),
    "trois clips de moins de 40 secondes, sans sous-titres": Wish(
        count=3, max_s=40, captions=False
    ),
    "dois clipes de 30 a 45 segundos": Wish(count=2, min_s=30, max_s=45),
    "3 клипа до 40 секунд про цены": Wish(text="про цены", count=3, max_s=40),
    "3 under 40s 🙂": Wish(count=3, max_s=40),
    "1 from the start": Wish(count=1, within=START),
    "2 from the beginning": Wish(count=2, within=START),
    "the start": Wish(within=START),
    "from the end": Wish(within=END),
    "about the start of the war": Wish(text="about the start of the war"),
    "one from the middle": Wish(count=1, within=Spell(1200, 2400)),
    "skip the intro": Wish(within=Spell(60, 3600)),
    "0:45 to the end": Wish(within=Spell(45, 3600)),
    "between 12:30 and 13:05": Wish(spans=(Spell(750, 785),)),
    "1h02m03s-1h03m": Wish(spans=(Spell(3723, 3780),)),
    "under 1m30s": Wish(max_s=90),
    "start at the joke": Wish(opening="joke"),
    "2 about bread, start with the fire": Wish(text="about bread", count=2, opening="fire"),
    "start at the joke from the second half": Wish(opening="joke", within=SECOND),
    "not about politics": Wish(without="politics"),
    "3 funny ones, nothing about money": Wish(text="funny", count=3, without="money"),
    "one about pricing and one about hiring": Wish(count=2, topics=(("pricing", 1), ("hiring", 1))),
    "funny: two clips on pricing, another about old bakers, under 40s": Wish(
        text="funny", count=3, max_s=40, topics=(("pricing", 2), ("old bakers", 1))
    ),
    "4 clips, one about pricing and one about hiring, no captions": Wish(
        count=4, captions=False, topics=(("pricing", 1), ("hiring", 1))
    ),
    "one each about bread and the fire": Wish(count=2, topics=(("bread", 1), ("fire", 1))),
    "one about bread and butter": Wish(text="about bread and butter", count=1),
    "the part where he talks about the dog": Wish(text="part where he talks about the dog"),
    "shorter": Wish(max_s=30),
    "a short one": Wish(count=1, max_s=30),
    "3 longer clips": Wish(count=3, min_s=45, max_s=90),
    "3 funny clips under 30 s from the second half, no captions": Wish(
        text="funny", count=3, max_s=30, within=SECOND, captions=False
    ),
    "2 with music, clean the sound": Wish(count=2, music=True, cleaning="clean"),
    "leave the sound as it is": Wish(cleaning="leave"),
    # Spanish
    "3 cortos sin música": Wish(count=3, max_s=30, music=False),
    "2 desde el principio": Wish(count=2, within=START),
    "1 del final": Wish(count=1, within=END),
    "empieza en el chiste": Wish(opening="chiste"),
    "2 graciosos de menos de 30 segundos, de la segunda mitad": Wish(
        text="graciosos", count=2, max_s=30, within=SECOND
    ),
    "nada sobre política": Wish(without="política"),
    "entre 12:30 y 13:05": Wish(spans=(Spell(750, 785),)),
    "más cortos": Wish(max_s=30),
    "uno sobre precios y otro sobre el motor": Wish(count=2, topics=(("precios", 1), ("motor", 1))),
    # German
    "einen über Preise und zwei über Hunde": Wish(count=3, topics=(("Preise", 1), ("Hunde", 2))),
    "je einen über Preise und Hunde": Wish(count=2, topics=(("Preise", 1), ("Hunde", 1))),
    "1 vom Anfang": Wish(count=1, within=START),
    "2 vom Ende, lustig": Wish(text="lustig", count=2, within=END),
    "beginne mit dem Witz": Wish(opening="dem Witz"),
    "3 kurze Clips ohne Politik": Wish(count=3, max_s=30, without="Politik"),
    "zwischen 12:30 und 13:05": Wish(spans=(Spell(750, 785),)),
    "ohne Musik, entferne das Brummen": Wish(music=False, cleaning="clean"),
    # Portuguese
    "com música de fundo": Wish(music=True),
    "2 do começo": Wish(count=2, within=START),
    "1 do fim": Wish(count=1, within=END),
    "comece na piada": Wish(opening="piada"),
    "3 clipes curtos sobre preços": Wish(text="sobre preços", count=3, max_s=30),
    "um sobre preços e outro sobre o motor": Wish(count=2, topics=(("preços", 1), ("motor", 1))),
    "un sur les prix et un sur le moteur": Wish(count=2, topics=(("prix", 1), ("moteur", 1))),
    # Russian
    "один про цены и два про собак": Wish(count=3, topics=(("цены", 1), ("собак", 2))),
    "2 из начала": Wish(count=2, within=START),
    "1 с конца": Wish(count=1, within=END),
    "начни с шутки": Wish(opening="шутки"),
    "3 смешных из второй половины": Wish(text="смешных", count=3, within=SECOND),
    "не про политику": Wish(without="политику"),
    "3 с музыкой, не чисти звук": Wish(count=3, music=True, cleaning="leave"),
    # Arabic
    "واحد عن الأسعار وواحد عن الكلاب": Wish(count=2, topics=(("الأسعار", 1), ("الكلاب", 1))),
    "٣ مقاطع بدون موسيقى": Wish(count=3, music=False),
    "3 مقاطع أقل من 40 ثانية عن الأسعار": Wish(text="عن الأسعار", count=3, max_s=40),
    "مقطعان من النصف الثاني": Wish(count=2, within=SECOND),
    "٣ مقاطع": Wish(count=3),
    "مقطع واحد من البداية": Wish(count=1, within=START),
    "ابدأ من النكتة": Wish(opening="النكتة"),
    "12:30 إلى 13:05": Wish(spans=(Spell(750, 785),)),
    "أول 10 دقائق بدون ترجمة": Wish(within=Spell(0, 600), captions=False),
    "٣ مقاطع بنسبة ٤:٥": Wish(count=3, format="4:5"),
    "مقطعان 4:5 عن الأسعار": Wish(text="عن الأسعار", count=2, format="4:5"),
    "3 مقاطع للخلاصة": Wish(count=3, format="4:5"),
    "مقطع واحد بتنسيق الخلاصة": Wish(count=1, format="4:5"),
    "بنسبة 4 على 5": Wish(format="4:5"),
    "ليس عن السياسة": Wish(without="السياسة"),
    "نصف دقيقة": Wish(min_s=22.5, max_s=37.5),
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_a_wish_is_understood(text: str) -> None:
    assert read_wish(text, duration_s=HOUR_S) == UNDERSTOOD[text]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("0 clips", "wish.no_clips"),
        ("at least 40s under 10s", "wish.min_over_max"),
        ("under 2s", "wish.too_short"),
        ("13:05-12:30", "wish.span_backwards"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_answered_in_words(text: str, key: str) -> None:
    with pytest.raises(Told) as told:
        read_wish(text, duration_s=HOUR_S)
    assert told.value.say.key == key


TONES = {
    "emotion": ("3 funny ones", "algo divertido", "was Lustiges", "engraçados", "смешное", "مضحك"),
    "complete": ("serious", "serios", "ernste Stellen", "sérios", "серьёзные", "جاد"),
}


@pytest.mark.parametrize(("tone", "texts"), TONES.items())
def test_a_tone_is_no_topic(tone: str, texts: tuple[str, ...]) -> None:
    for text in texts:
        wish = read_wish(text, duration_s=HOUR_S)
        assert tones_of(wish) == (tone,), text


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("the part where he talks about the dog", "dog"),
        ("la parte donde habla del perro", "perro"),
        ("die Stelle, wo er über den Hund spricht", "hund"),
        ("a parte em que ele fala do cachorro", "cachorro"),
        ("момент где он говорит про собаку", "собаку"),
        ("الجزء الذي يتحدث فيه عن الكلب", "الكلب"),
        ("1 from the start", ""),
        ("2 del principio, graciosos", ""),
    ],
)
def test_of_a_topic_only_its_words_are_looked_for(text: str, topic: str) -> None:
    assert str(topic_of(read_wish(text, duration_s=HOUR_S).text, None)) == topic


@pytest.mark.parametrize(
    "text", ["3 from the second half about dogs", "last 5 minutes", "the start"]
)
def test_a_place_waits_for_the_length_when_it_is_not_known_yet(text: str) -> None:
    early = read_wish(text)
    assert early.within is None
    assert placed(early, HOUR_S) == read_wish(text, duration_s=HOUR_S)
    assert placed(early, HOUR_S).within is not None


def test_a_wish_survives_its_way_through_the_database() -> None:
    wish = read_wish("2 square about cats, from the second half, 0:10-0:40", duration_s=HOUR_S)
    assert Wish.from_json(wish.to_json()) == wish


@pytest.mark.parametrize(
    "text", ["1:" * 400, "a " * 4000, "1-" * 900, "the " * 900 + "clips", "\0"]
)
def test_nonsense_of_any_length_is_read_quickly(text: str) -> None:
    assert read_wish(text, duration_s=HOUR_S).count in (None, 1)


@pytest.mark.parametrize(
    ("said", "cover"),
    [
        ("2 clips about pricing, put the title on the cover", ""),
        (
            "2 clips about pricing, cover with text 'Under 10 s, no captions'",
            "Under 10 s, no captions",
        ),
        ("2 clips about pricing, no text on the cover", None),
        ("2 clips about pricing, Titelbild mit dem Titel", ""),
        ("2 clips about pricing", None),
    ],
)
def test_a_text_for_the_cover_is_taken_out_of_the_wish_whole(said: str, cover: str | None) -> None:
    wish = read_wish(said)
    assert (wish.cover, wish.count, wish.captions, wish.max_s) == (cover, 2, True, None)
    assert wish.text == read_wish("2 clips about pricing").text
