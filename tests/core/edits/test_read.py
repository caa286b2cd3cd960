"""What people write about a clip, in six languages."""

from __future__ import annotations

import pytest

from core.edits.change import Change
from core.edits.read import read
from core.errors import Told

EARLIER = Change("start_by", -2)
SAID = [
    ("start 2 s earlier", EARLIER),
    ("Start it two seconds earlier, please", EARLIER),
    ("beginne 2 Sekunden früher", EARLIER),
    ("empieza 2 segundos antes", EARLIER),
    ("comece 2 segundos antes", EARLIER),
    ("начни на 2 секунды раньше", EARLIER),
    ("ابدأ قبل ثانيتين", EARLIER),
    ("end at 1:15", Change("end_at", 75)),
    ("закончи на 1:15", Change("end_at", 75)),
    ("end half a second later", Change("end_by", 0.5)),
    ("3 s longer", Change("end_by", 3)),
    ("drop the first sentence", Change("drop_first", 1)),
    ("lass den ersten Satz weg", Change("drop_first", 1)),
    ("drop the last 2 sentences", Change("drop_last", 2)),
    ("احذف آخر جملتين", Change("drop_last", 2)),
    ("tire a última frase", Change("drop_last", 1)),
    ("other speaker", Change("other")),
    ("другой человек", Change("other")),
    ("no captions", Change("captions", 0)),
    ("mit Untertiteln", Change("captions", 1)),
    ("style karaoke", Change("style", text="karaoke")),
    ("أسلوب كاريوكي", Change("style", text="karaoke")),
    ("bold", Change("style", text="pop")),
    ("square", Change("shape", text="1:1")),
    ("make it wide", Change("shape", text="16:9")),
    ("4:5", Change("shape", text="4:5")),
    ("change word prise to price", Change("fix", text="prise", new="price")),
    ("change the word square to cube", Change("fix", text="square", new="cube")),
    ("ersetze „Preis“ durch „Kosten“", Change("fix", text="Preis", new="Kosten")),
    ("prise -> price", Change("fix", text="prise", new="price")),
    ("delete the word um", Change("fix", text="um")),
    ("title: Why prices rise", Change("title", text="Why prices rise")),
    ("put the title on the cover", Change("cover", 1)),
    ("cover with text 'I quit, and then …'", Change("cover", 1, "I quit, and then …")),
    ("Cover with text I quit", Change("cover", 1, "I quit")),
    ("write “End at 1:15” on the cover", Change("cover", 1, "End at 1:15")),
    ("cover without text", Change("cover", 0)),
    ("schreibe „Kosten“ auf das Titelbild", Change("cover", 1, "Kosten")),
    ("Titelbild mit dem Titel", Change("cover", 1)),
    ("portada con el texto «Lo dejé»", Change("cover", 1, "Lo dejé")),
    ("pon el título en la portada", Change("cover", 1)),
    ("coloque o título na capa", Change("cover", 1)),
    ("capa sem texto", Change("cover", 0)),
    ("обложка с текстом «Я ушёл»", Change("cover", 1, "Я ушёл")),
    ("название на обложку", Change("cover", 1)),
    ("ضع العنوان على الغلاف", Change("cover", 1)),
    ("اكتب «سعر» على الغلاف", Change("cover", 1, "سعر")),
    ("with emoji", Change("emoji", 1)),
    ("censor swearing", Change("mask", 1)),
    ("translate captions to German", Change("language", text="de")),
    ("переведи на английский", Change("language", text="en")),
    ("clean the sound", Change("sound", text="clean")),
    ("leave the sound as it is", Change("sound", text="leave")),
    ("entferne das Rauschen", Change("sound", text="clean")),
    ("den Ton nicht reinigen", Change("sound", text="leave")),
    ("quita el ruido", Change("sound", text="clean")),
    ("deixe o som como está", Change("sound", text="leave")),
    ("убери шум", Change("sound", text="clean")),
    ("نظف الصوت", Change("sound", text="clean")),
    ("with music", Change("music", 1)),
    ("keine Musik", Change("music", 0)),
    ("sin música", Change("music", 0)),
    ("com música", Change("music", 1)),
    ("без музыки", Change("music", 0)),
    ("مع موسيقى", Change("music", 1)),
    ("remove the pauses", Change("tight", 1, "pauses")),
    ("cut the ums and uhs", Change("tight", 1, "fillers")),
    ("lass die Pausen und die Ähs weg", Change("tight", 1, "both")),
    ("lass die Pausen drin", Change("tight", 0, "pauses")),
    ("quita las pausas", Change("tight", 1, "pauses")),
    ("deixe as pausas", Change("tight", 0, "pauses")),
    ("убери слова-паразиты", Change("tight", 1, "fillers")),
    ("احذف الوقفات والحشو", Change("tight", 1, "both")),
    ("tighter", Change("tight", 1, "both")),
    ("undo", Change("undo")),
]


@pytest.mark.parametrize(("text", "change"), SAID, ids=[t for t, _ in SAID])
def test_a_change_is_understood(text: str, change: Change) -> None:
    assert read(text) == (change,)


def test_several_in_one_go_come_in_their_order() -> None:
    assert read("start 1 second later and end 2 seconds earlier, square; title: New") == (
        Change("start_by", 1),
        Change("end_by", -2),
        Change("shape", text="1:1"),
        Change("title", text="New"),
    )


@pytest.mark.parametrize("text", ["make it funnier", "…", "2 s", "drop it", "\u202e", "x" * 5000])
def test_what_nobody_understands_is_told(text: str) -> None:
    with pytest.raises(Told, match="not_understood"):
        read(text)


def test_of_a_wish_that_is_understood_in_part_nothing_is_done() -> None:
    with pytest.raises(Told, match="partly") as told:
        read("square, and make the sky green")
    assert "sky" in str(told.value.say.facts["said"])
