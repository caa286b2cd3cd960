"""What people write, and the moment it means. Now is Tuesday 24 November 2026, 13:00 in Berlin."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.limits import LANGUAGES
from core.errors import Told
from core.i18n.catalog import Catalog
from core.when.parse import read_when
from core.when.place import describe

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BERLIN = "Europe/Berlin"

MEANT = """
now                                  | en | 2026-11-24 13:00
in 2h                                | en | 2026-11-24 15:00
in 20 minutes                        | en | 2026-11-24 13:20
in an hour                           | en | 2026-11-24 14:00
in half an hour                      | en | 2026-11-24 13:30
in 1 hour 30 minutes                 | en | 2026-11-24 14:30
90 min                               | en | 2026-11-24 14:30
in 2 stunden                         | de | 2026-11-24 15:00
dans 2 heures                        | fr | 2026-11-24 15:00
через 2 часа                         | ru | 2026-11-24 15:00
tonight                              | en | 2026-11-24 18:00
tonight 8                            | en | 2026-11-24 20:00
tomorrow 9am                         | en | 2026-11-25 09:00
  Tomorrow   9AM!                    | en | 2026-11-25 09:00
9 tomorrow                           | en | 2026-11-25 09:00
tomorrow morning                     | en | 2026-11-25 09:00
tomorrow evening 8                   | en | 2026-11-25 20:00
tomorrow at 9 in the evening         | en | 2026-11-25 21:00
fri 18                               | en | 2026-11-27 18:00
friday at 8                          | en | 2026-11-27 08:00
friday 18:00                         | en | 2026-11-27 18:00
tuesday 18:00                        | en | 2026-11-24 18:00
tuesday 9am                          | en | 2026-12-01 09:00
next monday 9:30                     | en | 2026-11-30 09:30
18:00                                | en | 2026-11-24 18:00
9:00                                 | en | 2026-11-25 09:00
noon                                 | en | 2026-11-25 12:00
midnight                             | en | 2026-11-25 00:00
12am                                 | en | 2026-11-25 00:00
24 dec 8pm                           | en | 2026-12-24 20:00
dec 24 2026, 8 pm                    | en | 2026-12-24 20:00
march 3rd 6pm                        | en | 2027-03-03 18:00
the 5th at 9                         | en | 2026-12-05 09:00
2026-12-24 20:00                     | en | 2026-12-24 20:00
2026-12-24T20:00                     | en | 2026-12-24 20:00
24/12 18:00                          | en | 2026-12-24 18:00
12/24 9am                            | en | 2026-12-24 09:00
4/4 9am                              | en | 2027-04-04 09:00
24.12. 18.30 uhr                     | de | 2026-12-24 18:30
10.12 18:00                          | de | 2026-12-10 18:00
24.12.26 18:00                       | de | 2026-12-24 18:00
fri 27.11. 18:00                     | en | 2026-11-27 18:00
Friday 27 November, 18:00 (Europe/Berlin) | en | 2026-11-27 18:00
in 3 days at 9am                     | en | 2026-11-27 09:00
3 weeks from now at 5pm              | en | 2026-12-15 17:00
next week 9am                        | en | 2026-12-01 09:00
day after tomorrow at noon           | en | 2026-11-26 12:00
freitag 18 uhr                       | de | 2026-11-27 18:00
fr 18                                | de | 2026-11-27 18:00
nächsten montag um 9:30              | de | 2026-11-30 09:30
morgen früh                          | de | 2026-11-25 09:00
morgen abend 19:30                   | de | 2026-11-25 19:30
heute abend 20 uhr                   | de | 2026-11-24 20:00
24. Dezember 20 Uhr                  | de | 2026-12-24 20:00
viernes 18:00                        | es | 2026-11-27 18:00
el viernes a las 18:00               | es | 2026-11-27 18:00
mañana a las 9                       | es | 2026-11-25 09:00
mañana por la mañana                 | es | 2026-11-25 09:00
mar 18                               | es | 2026-11-24 18:00
vendredi 18h30                       | fr | 2026-11-27 18:30
demain 9h                            | fr | 2026-11-25 09:00
le 24 décembre à 20h                 | fr | 2026-12-24 20:00
sexta 18h                            | pt | 2026-11-27 18:00
na sexta-feira às 18:00              | pt | 2026-11-27 18:00
amanhã 9h                            | pt | 2026-11-25 09:00
пятница 18:00                        | ru | 2026-11-27 18:00
в пятницу в 18:00                    | ru | 2026-11-27 18:00
завтра в 9                           | ru | 2026-11-25 09:00
24 декабря 20:00                     | ru | 2026-12-24 20:00
lunes próximo 18:00                  | es | 2026-11-30 18:00
غدا 9:00                             | ar | 2026-11-25 09:00
غدًا الساعة ٩ صباحًا                   | ar | 2026-11-25 09:00
غدا الساعة 9 مساءً                    | ar | 2026-11-25 21:00
غدا مساء                             | ar | 2026-11-25 18:00
يوم الجمعة الساعة ١٨:٠٠               | ar | 2026-11-27 18:00
الجمعة الساعة 6 م                    | ar | 2026-11-27 18:00
الإثنين القادم ٩:٣٠ ص                 | ar | 2026-11-30 09:30
بعد غد الساعة 7                      | ar | 2026-11-26 07:00
بعد ساعة                             | ar | 2026-11-24 14:00
بعد ساعتين                           | ar | 2026-11-24 15:00
بعد ٣ ساعات                          | ar | 2026-11-24 16:00
بعد نصف ساعة                         | ar | 2026-11-24 13:30
بعد ساعة و30 دقيقة                   | ar | 2026-11-24 14:30
بعد يومين الساعة 9                   | ar | 2026-11-26 09:00
بعد 3 أيام 18:00                     | ar | 2026-11-27 18:00
٢٤ ديسمبر ٨ م                        | ar | 2026-12-24 20:00
٢٤/١٢ ١٨:٠٠                          | ar | 2026-12-24 18:00
هذا المساء 8                         | ar | 2026-11-24 20:00
الأسبوع القادم 9:00                   | ar | 2026-12-01 09:00
"""

ASKED_BACK = """
5                     | when.bare_number
18                    | when.bare_number
2h                    | when.hour_or_hours
03/04                 | when.two_dates
03/04 18:00           | when.two_dates
friday                | when.no_hour
tomorrow              | when.no_hour
next friday 9:00      | when.which_week
mon 27.11. 18:00      | when.days_disagree
monday 27 nov 18:00   | when.days_disagree
friday midnight       | when.midnight
25:00                 | when.no_such_hour
feb 30 9am            | when.no_such_day
31.4. 9:00            | when.no_such_day
next slot             | when.no_slots
today 9am             | when.past
yesterday 9am         | when.past
24 nov 9am            | when.past
2025-12-24 20:00      | when.past
2028-12-24 20:00      | when.too_far
29 feb 9:00           | when.too_far
banana                | when.unclear
friday 18:00 please   | when.unclear
18:00 19:00           | when.unclear
tomorrow 930          | when.unclear
                      | when.unclear
"""


def _rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(c.strip() for c in line.split("|")) for line in table.strip("\n").splitlines()]


@pytest.mark.parametrize(("text", "language", "wall"), _rows(MEANT))
def test_plain_words_become_the_moment_they_mean(text: str, language: str, wall: str) -> None:
    moment = read_when(text, now=NOW, zone=BERLIN, language=language)
    assert f"{moment.wall:%Y-%m-%d %H:%M}" == wall
    assert moment.at == moment.wall.replace(tzinfo=ZoneInfo(BERLIN))
    assert moment.zone == BERLIN


@pytest.mark.parametrize(("text", "key"), _rows(ASKED_BACK))
def test_what_is_unclear_or_impossible_is_told_and_never_guessed(text: str, key: str) -> None:
    with pytest.raises(Told) as told:
        read_when(text, now=NOW, zone=BERLIN, language="en")
    assert told.value.say.key == key
    assert Catalog.load().has(key)


def test_the_suggestion_of_an_ambiguous_date_can_be_written_as_it_stands() -> None:
    with pytest.raises(Told) as told:
        read_when("03/04 18:00", now=NOW, zone=BERLIN)
    ways = [str(told.value.say.facts[k]) for k in ("one", "other")]
    moments = [read_when(f"{way} 18:00", now=NOW, zone=BERLIN) for way in ways]
    assert [f"{m.wall:%d.%m.}" for m in moments] == ["03.04.", "04.03."]


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("friday 18:00 new york", "America/New_York", datetime(2026, 11, 27, 23, tzinfo=UTC)),
        ("18:00 UTC", "UTC", datetime(2026, 11, 24, 18, tzinfo=UTC)),
        ("tomorrow 9am UTC+2", "Etc/GMT-2", datetime(2026, 11, 25, 7, tzinfo=UTC)),
    ],
)
def test_a_zone_behind_the_hour_counts_for_this_time(text: str, zone: str, at: datetime) -> None:
    moment = read_when(text, now=NOW, zone=BERLIN)
    assert (moment.zone, moment.at) == (zone, at)


def test_an_hour_that_does_not_exist_moves_forward_and_says_so() -> None:
    moment = read_when("28 mar 2027 2:30", now=NOW, zone=BERLIN)
    assert moment.at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert moment.note
    assert Catalog.load().text(moment.note) == (
        "Clocks go forward that night and there is no 02:30, so it becomes 03:30."
    )


def test_an_hour_that_comes_twice_means_the_first_and_says_so() -> None:
    summer = datetime(2027, 9, 1, 12, tzinfo=UTC)
    moment = read_when("31 oct 2:30", now=summer, zone=BERLIN)
    assert (moment.at, moment.fold) == (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), 0)
    assert moment.note and "comes twice" in Catalog.load().text(moment.note)
    second = read_when(str(moment.note.facts["other"]), now=summer, zone=BERLIN)
    assert second.at - moment.at == timedelta(hours=1)


def test_in_two_hours_is_two_hours_also_across_a_change_of_clocks() -> None:
    night = datetime(2027, 10, 31, 0, 15, tzinfo=UTC)  # 02:15 in Berlin, for the first time
    moment = read_when("in 1h", now=night, zone=BERLIN)
    assert moment.at - night == timedelta(hours=1)
    assert (f"{moment.wall:%H:%M}", moment.fold) == ("02:15", 1)


def test_next_slot_is_the_soonest_of_the_usual_times() -> None:
    slots = (time(9), time(12, 30), time(19))
    moment = read_when("next slot", now=NOW, zone=BERLIN, slots=slots)
    assert f"{moment.wall:%d %H:%M}" == "24 19:00"


def test_tonight_late_in_the_evening_is_still_ahead() -> None:
    late = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
    assert f"{read_when('tonight', now=late, zone=BERLIN).wall:%H:%M}" == "22:00"


zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
)


@given(
    now=st.integers(0, 700 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    ahead_min=st.integers(10, 360 * 24 * 60),
    zone=zones,
)
def test_the_wall_time_stays_what_was_said(now: datetime, ahead_min: int, zone: str) -> None:
    wall = (now.replace(tzinfo=None) + timedelta(days=1, minutes=ahead_min)).replace(
        second=0, microsecond=0
    )
    moment = read_when(f"{wall:%Y-%m-%d %H:%M}", now=now, zone=zone)
    assert moment.wall == wall
    shown = moment.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert shown == wall or (moment.note and moment.note.key == "when.gap" and shown > wall)


@given(
    ahead_min=st.integers(5, 300 * 24 * 60),
    zone=zones,
    language=st.sampled_from(LANGUAGES),
)
def test_our_own_echo_can_be_read_back(ahead_min: int, zone: str, language: str) -> None:
    at = (NOW + timedelta(minutes=ahead_min)).replace(second=0)
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    moment = read_when(f"{wall:%Y-%m-%d %H:%M}", now=NOW, zone=zone)
    echo = _echo(moment, language)
    assert read_when(echo, now=NOW, zone="UTC", language=language).wall == wall


def _echo(moment: object, language: str) -> str:
    from babel import Locale

    from core.i18n.measures import moment_text

    when = describe(moment, NOW)  # type: ignore[arg-type]
    return moment_text(when.at, when.zone, Locale.parse(language), when.part)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        moment = read_when(text, now=NOW, zone=BERLIN)
    except Told as told:
        assert Catalog.load().has(told.say.key)
    else:
        assert moment.at > NOW - timedelta(minutes=1)
