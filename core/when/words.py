"""The words of time people use in chats, as data. Names of days and months come from CLDR (Babel);
the short forms and turns of phrase below are what CLDR does not have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError

LANGUAGES = ("en", "de", "es", "fr", "pt", "ru", "ar")

NOW = {
    *("now", "right now", "immediately", "asap", "jetzt", "sofort", "ahora", "ahora mismo", "ya"),
    *("maintenant", "tout de suite", "agora", "agora mesmo", "сейчас", "прямо сейчас"),
    *("الآن", "الان", "حالا", "فورا"),
}

TODAY = {"today", "heute", "hoy", "aujourd'hui", "aujourdhui", "hoje", "сегодня", "اليوم"}
TOMORROW = {
    *("tomorrow", "tmr", "tmrw", "tomorow", "morgen", "mañana", "manana"),
    *("demain", "amanhã", "amanha", "завтра", "غدا", "غد", "بكرة"),
}
AFTER_TOMORROW = {
    *("day after tomorrow", "übermorgen", "uebermorgen", "pasado mañana", "pasado manana"),
    *("après-demain", "apres-demain", "après demain", "depois de amanhã", "послезавтра"),
    *("بعد غد", "بعد بكرة"),
}
YESTERDAY = {"yesterday", "gestern", "ayer", "hier", "ontem", "вчера", "امس", "البارحة"}

TONIGHT = {
    *("tonight", "this evening", "today evening", "heute abend", "esta noche", "esta tarde"),
    *("hoy por la noche", "ce soir", "hoje à noite", "hoje a noite", "esta noite"),
    *("сегодня вечером", "вечером", "هذا المساء", "الليلة", "مساء اليوم", "اليوم مساء"),
}

NEXT = {
    *("next", "nächsten", "nächster", "nächste", "nächstes", "naechsten", "kommenden"),
    *("próximo", "proximo", "próxima", "proxima", "prochain", "prochaine"),
    *("следующий", "следующую", "следующее", "следующая", "القادم", "القادمة", "المقبل"),
}
THIS = {
    *("this", "diesen", "dieser", "diese", "este", "esta", "ce", "cette", "coming"),
    *("этот", "эту", "это", "эта", "هذا", "هذه"),
}

FILLERS = {
    *("at", "on", "the", "of", "o'clock", "oclock", "@", "by", "around"),
    *("um", "am", "den", "dem", "der", "uhr", "gegen"),
    *("a", "las", "la", "el", "de", "del", "en", "lo", "los"),
    *("à", "le", "les", "du", "vers"),
    *("às", "as", "na", "no", "em", "da", "do", "feira", "o"),
    *("в", "во", "на", "к", "г", "года"),
    *("في", "يوم", "الساعة", "على", "عند", "تمام"),
}

MORNING_H, AFTERNOON_H, EVENING_H = 9, 15, 18
PARTS: Mapping[str, int] = {
    **dict.fromkeys(
        ("in the morning", "morning", "vormittag", "früh", "frueh", "por la mañana", "de manhã"),
        MORNING_H,
    ),
    **dict.fromkeys(("pela manhã", "matin", "au matin", "утром"), MORNING_H),
    **dict.fromkeys(
        ("in the afternoon", "afternoon", "nachmittag", "por la tarde", "après-midi", "à tarde"),
        AFTERNOON_H,
    ),
    **dict.fromkeys(("днем", "днём"), AFTERNOON_H),
    **dict.fromkeys(
        ("in the evening", "evening", "abend", "por la noche", "soir", "au soir", "à noite"),
        EVENING_H,
    ),
    "вечером": EVENING_H,
    **dict.fromkeys(("noon", "midday", "mittag", "mittags", "mediodía", "mediodia", "midi"), 12),
    **dict.fromkeys(("meio-dia", "meio dia", "полдень", "ظهرا", "الظهر"), 12),
    **dict.fromkeys(("صباحا", "في الصباح", "الصباح"), MORNING_H),
    **dict.fromkeys(("عصرا", "بعد الظهر", "العصر"), AFTERNOON_H),
    **dict.fromkeys(("مساء", "في المساء", "المساء"), EVENING_H),
}
"""Parts of a day that stand for an hour."""
MIDNIGHT = {
    *("midnight", "mitternacht", "medianoche", "minuit", "meia-noite", "полночь"),
    "منتصف الليل",
}

BEFORE_NOON = {
    *("am", "a.m.", "a.m", "in the morning", "morgens", "früh", "de la mañana", "da manhã"),
    *("du matin", "утра", "ص", "صباحا", "في الصباح"),
}
AFTER_NOON = {
    *("pm", "p.m.", "p.m", "in the afternoon", "in the evening", "at night", "nachmittags"),
    *("abends", "de la tarde", "de la noche", "da tarde", "da noite", "de l'après-midi"),
    *("du soir", "вечера", "дня", "م", "مساء", "في المساء", "ليلا", "عصرا", "بعد الظهر", "ظهرا"),
}

MINUTES = {
    *("m", "min", "mins", "minute", "minutes", "minuten", "minuto", "minutos"),
    *("мин", "минута", "минуту", "минуты", "минут", "دقيقة", "دقائق", "د"),
}
HOURS = {
    *("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "hora", "horas"),
    *("heure", "heures", "ч", "час", "часа", "часов", "ساعة", "ساعات", "س"),
}
DAYS = {
    *("d", "day", "days", "tag", "tage", "tagen", "día", "días", "dia", "dias", "jour", "jours"),
    *("день", "дня", "дней", "يوم", "ايام", "يوما"),
}
WEEKS = {
    *("w", "week", "weeks", "woche", "wochen", "semana", "semanas", "semaine", "semaines"),
    *("неделя", "неделю", "недели", "недель", "اسبوع", "اسابيع", "الاسبوع"),
}
MONTHS = {
    *("month", "months", "monat", "monate", "monaten", "mes", "meses", "mês", "mois"),
    *("месяц", "месяца", "месяцев", "شهر", "اشهر", "شهور"),
}
ONE = {
    *("a", "an", "one", "einer", "einem", "eine", "ein", "una", "un", "une", "uma", "um"),
    *("один", "одну"),
}

SHORT_DAYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        ("mo", "mon"),
        ("tu", "tue", "tues"),
        ("we", "wed"),
        ("th", "thu", "thur", "thurs"),
        ("fr", "fri"),
        ("sa", "sat"),
        ("su", "sun"),
    ),
    "de": (("mo",), ("di",), ("mi",), ("do",), ("fr",), ("sa", "sonnabend"), ("so",)),
    "es": (("lu",), ("ma",), ("mi", "miercoles"), ("ju",), ("vi",), ("sa", "sabado"), ("do",)),
    "fr": (("lu",), ("ma",), ("me",), ("je",), ("ve",), ("sa",), ("di",)),
    "pt": (
        ("seg", "segunda"),
        ("ter", "terça", "terca"),
        ("qua", "quarta"),
        ("qui", "quinta"),
        ("sex", "sexta"),
        ("sab", "sáb", "sabado"),
        ("dom",),
    ),
    "ru": (
        ("пн",),
        ("вт",),
        ("ср", "среду"),
        ("чт",),
        ("пт", "пятницу"),
        ("сб", "субботу"),
        ("вс",),
    ),
    "ar": (
        ("اثنين",),
        ("ثلاثاء",),
        ("اربعاء",),
        ("خميس",),
        ("جمعة",),
        ("سبت",),
        ("احد",),
    ),
}
"""Monday first."""


_SPELLING = str.maketrans(
    {
        "’": "'",
        "،": ",",
        **dict.fromkeys("أإآٱ", "ا"),
        **dict.fromkeys(map(chr, range(0x64B, 0x653))),  # vowel marks
        "ـ": None,  # tatweel, which only stretches a word
        **{chr(start + n): str(n) for start in (0x660, 0x6F0) for n in range(10)},
        **dict.fromkeys("\u200e\u200f\u061c\u2066\u2067\u2068\u2069"),  # marks of direction
    }
)
_TWO = re.compile(r"(?<!\w)(دقيق|ساع|يوم|اسبوع|شهر)(تين|ين)(?!\w)")
_ONE = re.compile(r"(?<!\w)(بعد|خلال) (دقيقة|ساعة|يوم|اسبوع|شهر)(?!\w)")


def plain(text: str) -> str:
    """One spelling for what people type: small letters, single spaces, straight quotes; digits of
    any script as ours, Arabic without the marks that nobody types twice alike."""
    text = " ".join(unicodedata.normalize("NFC", text).casefold().translate(_SPELLING).split())
    # Arabic says one and two without a number: "in an hour", "in two hours".
    text = _TWO.sub(lambda m: f"2 {m[1]}{'ة' if m[2] == 'تين' else ''}", text)
    return _ONE.sub(r"\1 1 \2", text)


def _names(language: str, kind: str) -> Mapping[str, int]:
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return {}
    found: dict[str, int] = {}
    table = locale.days if kind == "days" else locale.months
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated", "short"):
            names = table[context].get(width, {}) if context in table else {}
            for number, name in names.items():
                found.setdefault(plain(name).strip("."), number)
    return found


@lru_cache(maxsize=64)
def weekdays(language: str) -> Mapping[str, int]:
    """Every way to write a weekday in a language; Monday is 0."""
    short = {word: day for day, words in enumerate(SHORT_DAYS.get(language, ())) for word in words}
    return {**_names(language, "days"), **short}


@lru_cache(maxsize=64)
def months(language: str) -> Mapping[str, int]:
    """Every way to write a month in a language; January is 1."""
    extra = {"sept": 9, "märz": 3, "maerz": 3} if language in ("en", "de") else {}
    return {**_names(language, "months"), **extra}


def weekday(word: str, language: str) -> int | None:
    """In the person's own language first, then English, then the others."""
    return _find(word, language, weekdays)


def month(word: str, language: str) -> int | None:
    return _find(word, language, months)


def _find(word: str, language: str, table: object) -> int | None:
    assert callable(table)
    word = word.strip(".,")
    for name in dict.fromkeys((language.split("-")[0], *LANGUAGES)):
        found: int | None = table(name).get(word)
        if found is not None:
            return found
    return None
