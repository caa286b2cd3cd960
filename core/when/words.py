"""The words of time people use in chats, as data. Names of days and months come from CLDR (Babel);
the short forms and turns of phrase below are what CLDR does not have."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError

LANGUAGES = ("en", "de", "es", "fr", "pt", "ru")

NOW = {
    *("now", "right now", "immediately", "asap", "jetzt", "sofort", "ahora", "ahora mismo", "ya"),
    *("maintenant", "tout de suite", "agora", "agora mesmo", "сейчас", "прямо сейчас"),
}

TODAY = {"today", "heute", "hoy", "aujourd'hui", "aujourdhui", "hoje", "сегодня"}
TOMORROW = {
    *("tomorrow", "tmr", "tmrw", "tomorow", "morgen", "mañana", "manana"),
    *("demain", "amanhã", "amanha", "завтра"),
}
AFTER_TOMORROW = {
    *("day after tomorrow", "übermorgen", "uebermorgen", "pasado mañana", "pasado manana"),
    *("après-demain", "apres-demain", "après demain", "depois de amanhã", "послезавтра"),
}
YESTERDAY = {"yesterday", "gestern", "ayer", "hier", "ontem", "вчера"}

TONIGHT = {
    *("tonight", "this evening", "today evening", "heute abend", "esta noche", "esta tarde"),
    *("hoy por la noche", "ce soir", "hoje à noite", "hoje a noite", "esta noite"),
    *("сегодня вечером", "вечером"),
}

NEXT = {
    *("next", "nächsten", "nächster", "nächste", "nächstes", "naechsten", "kommenden"),
    *("próximo", "proximo", "próxima", "proxima", "prochain", "prochaine"),
    *("следующий", "следующую", "следующее", "следующая"),
}
THIS = {
    *("this", "diesen", "dieser", "diese", "este", "esta", "ce", "cette", "coming"),
    *("этот", "эту", "это", "эта"),
}

FILLERS = {
    *("at", "on", "the", "of", "o'clock", "oclock", "@", "by", "around"),
    *("um", "am", "den", "dem", "der", "uhr", "gegen"),
    *("a", "las", "la", "el", "de", "del", "en", "lo", "los"),
    *("à", "le", "les", "du", "vers"),
    *("às", "as", "na", "no", "em", "da", "do", "feira", "o"),
    *("в", "во", "на", "к", "г", "года"),
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
    **dict.fromkeys(("meio-dia", "meio dia", "полдень"), 12),
}
"""Parts of a day that stand for an hour."""
MIDNIGHT = {"midnight", "mitternacht", "medianoche", "minuit", "meia-noite", "полночь"}

BEFORE_NOON = {
    *("am", "a.m.", "a.m", "in the morning", "morgens", "früh", "de la mañana", "da manhã"),
    *("du matin", "утра"),
}
AFTER_NOON = {
    *("pm", "p.m.", "p.m", "in the afternoon", "in the evening", "at night", "nachmittags"),
    *("abends", "de la tarde", "de la noche", "da tarde", "da noite", "de l'après-midi"),
    *("du soir", "вечера", "дня"),
}

MINUTES = {
    *("m", "min", "mins", "minute", "minutes", "minuten", "minuto", "minutos"),
    *("мин", "минута", "минуту", "минуты", "минут"),
}
HOURS = {
    *("h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "hora", "horas"),
    *("heure", "heures", "ч", "час", "часа", "часов"),
}
DAYS = {
    *("d", "day", "days", "tag", "tage", "tagen", "día", "días", "dia", "dias", "jour", "jours"),
    *("день", "дня", "дней"),
}
WEEKS = {
    *("w", "week", "weeks", "woche", "wochen", "semana", "semanas", "semaine", "semaines"),
    *("неделя", "неделю", "недели", "недель"),
}
MONTHS = {
    *("month", "months", "monat", "monate", "monaten", "mes", "meses", "mês", "mois"),
    *("месяц", "месяца", "месяцев"),
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
}
"""Monday first."""


def plain(text: str) -> str:
    """One spelling for what people type: small letters, single spaces, straight quotes."""
    text = unicodedata.normalize("NFC", text).casefold().replace("’", "'")
    return " ".join(text.split())


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
