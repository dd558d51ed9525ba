"""What expressions are read as, and where those that are none go wrong."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from apps.scheduler.domain.cron.describing import describe
from apps.scheduler.domain.cron.evaluating import DstPolicy, next_after
from apps.scheduler.domain.cron.expressions import NICKNAMES, read
from apps.scheduler.domain.cron.fields import CronError
from apps.scheduler.domain.cron.linting import lint

NOW = datetime(2026, 11, 30, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("text", "position", "message", "hint"),
    [
        ("61 * * * *", 0, "minute: 61 is not within 0 to 59", ""),
        ("0 24 * * *", 2, "hour: 24 is not within 0 to 23", "midnight is hour 0"),
        ("0 0 0 * *", 4, "day of the month: 0 is not within 1 to 31", ""),
        ("0 0 * * MONDAY", 8, "day of the week: 'MONDAY' is no value", "write MON"),
        (
            "0 0 * * FRI-MON",
            8,
            "day of the week: the range FRI-MON goes backwards",
            "write FRI-SAT,SUN-MON",
        ),
        ("0 22-2 * * *", 2, "hour: the range 22-2 goes backwards", "write 22-23,0-2"),
        ("1,,2 * * * *", 2, "minute: nothing between commas", ""),
        (
            "*/0 * * * *",
            2,
            "minute: '0' is no step",
            "write a number of 1 or more after the slash",
        ),
        ("? * * * *", 0, "minute: ? is for days only", "write *"),
        (
            "0 0 L-3 * *",
            4,
            "day of the month: days are not counted back from the last",
            "write L for the last day",
        ),
        (
            "0 0 * * L",
            8,
            "day of the week: L needs a day before it",
            "write 5L for the last Friday",
        ),
        (
            "0 0 * * 2#6",
            10,
            "day of the week: '6' says no occurrence in a month",
            "write 1 to 5, or L for the last",
        ),
        ("@reboot", 0, "@reboot names no time", "a platform is not started at one"),
        ("  @dayly", 2, "'@dayly' is no nickname", f"there are {', '.join(NICKNAMES)}"),
        ("@daily *", 7, "nothing stands behind @daily", ""),
        ("0 0 0 1 1 * 1969", 12, "year: 1969 is not within 1970 to 2099", ""),
    ],
)
def test_what_is_none_says_where_and_what_to_write(
    text: str, position: int, message: str, hint: str
) -> None:
    with pytest.raises(CronError) as refused:
        read(text)

    assert (refused.value.position, refused.value.message) == (position, message)
    assert refused.value.hint == hint
    assert f"at character {position + 1}" in str(refused.value)


@pytest.mark.parametrize("text", ["", "* * * *", "* * * * * * * *"])
def test_the_fields_are_five_to_seven(text: str) -> None:
    with pytest.raises(CronError, match=f"found {len(text.split())}"):
        read(text)


def due(text: str, count: int, zone: ZoneInfo | None = None) -> list[str]:
    """Return the first times after the last of November 2026, as the zone shows them."""
    found, moment = [], NOW
    for _ in range(count):
        following = next_after(read(text), zone or UTC, moment)
        if following is None:
            break
        found.append(f"{following.astimezone(zone or UTC):%y-%m-%d %H:%M:%S}")
        moment = following
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@yearly", ["27-01-01 00:00:00", "28-01-01 00:00:00"]),
        ("@HOURLY", ["26-11-30 01:00:00", "26-11-30 02:00:00"]),
        ("30 0 0 * * *", ["26-11-30 00:00:30", "26-12-01 00:00:30"]),
        ("0 0 0 1 1 * 2030", ["30-01-01 00:00:00"]),
        ("0 0 0 1 1 ? 2028-2032/4", ["28-01-01 00:00:00", "32-01-01 00:00:00"]),
        ("0 0 * * fri-sun", ["26-12-04 00:00:00", "26-12-05 00:00:00"]),
        ("0 0 1 * MON", ["26-12-01 00:00:00", "26-12-07 00:00:00"]),
        ("0 0 1 * +MON", ["27-02-01 00:00:00", "27-03-01 00:00:00"]),
        ("0 0 29 2 +1", ["44-02-29 00:00:00", "72-02-29 00:00:00"]),
        ("0 0 ? * 5#L", ["26-12-25 00:00:00", "27-01-29 00:00:00"]),
        ("0 0 30 2 *", []),
        ("0 0 31 2,4,6,9,11 *", []),
    ],
)
def test_expressions_are_due_when_they_say(text: str, found: list[str]) -> None:
    assert due(text, 2) == found


def test_policies_differ_by_the_run_after_a_gap() -> None:
    before = datetime(2027, 3, 27, 12, tzinfo=UTC)
    cron = read("30 2 * * *")

    vixie = next_after(cron, AMSTERDAM, before, DstPolicy.VIXIE)
    skip = next_after(cron, AMSTERDAM, before, DstPolicy.SKIP)

    assert vixie == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert skip == datetime(2027, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "english", "german", "french", "spanish", "dutch"),
    [
        (
            "*/5 * * * *",
            "Every 5 minutes",
            "Alle 5 Minuten",
            "Toutes les 5 minutes",
            "Cada 5 minutos",
            "Elke 5 minuten",
        ),
        (
            "0 9 * * 1-5",
            "At 09:00 from Monday to Friday",
            "Um 09:00 von Montag bis Freitag",
            "À 09:00 du lundi au vendredi",
            "A las 09:00 de lunes a viernes",
            "Om 09:00 van maandag tot en met vrijdag",
        ),
        (
            "0 0 LW 1,6 *",
            "At 00:00 on the last weekday of the month in January and June",
            "Um 00:00 am letzten Werktag des Monats im Januar und Juni",
            "À 00:00 le dernier jour ouvré du mois en janvier et juin",
            "A las 00:00 el último día laborable del mes en enero y junio",
            "Om 00:00 op de laatste werkdag van de maand in januari en juni",
        ),
    ],
)
def test_five_languages_tell_it(
    text: str, english: str, german: str, french: str, spanish: str, dutch: str
) -> None:
    told = [describe(read(text), language) for language in ("en", "de", "fr-CA", "es", "nl")]

    assert told == [english, german, french, spanish, dutch]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("* * * * * *", "Every second"),
        ("*/10 30 2 * * *", "Every 10 seconds, at minute 30, of hour 2"),
        ("5 * * * *", "At minute 5 every hour"),
        ("*/15 8-17 * * *", "Every 15 minutes of hour 8 to 17"),
        ("0 12 13 * FRI", "At 12:00 on day 13 of the month or on Friday"),
        ("0 12 13 * +FRI", "At 12:00 on day 13 of the month, if it is Friday"),
        ("0 0 15W * *", "At 00:00 on the weekday nearest day 15 of the month"),
        ("0 0 * * 5#2", "At 00:00 on the second Friday of the month"),
        ("0 0 0 1 1 * 2030,2031", "At 00:00 on day 1 of the month in January in 2030 and 2031"),
    ],
)
def test_english_tells_what_fields_add(text: str, told: str) -> None:
    assert describe(read(text)) == told


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("0 3 * * *", []),
        ("*/5 * * * *", []),
        ("0 0 30 2 *", ["never"]),
        ("0 0 29 2 +1", ["far"]),
        ("0 0 13 * 5", ["either"]),
        ("*/7 4 * * *", ["step"]),
        ("*/60 4 * * *", ["step"]),
        ("* * * * * *", ["often"]),
        ("30 2 * * *", ["gap", "overlap"]),
        ("*/10 2 * * *", ["gap", "overlap"]),
    ],
)
def test_what_is_seldom_meant_is_found(text: str, codes: list[str]) -> None:
    assert [one.code for one in lint(read(text), AMSTERDAM, NOW)] == codes


def test_findings_say_which_change_of_clocks_they_are_of() -> None:
    gap, overlap = lint(read("30 2 * * *"), AMSTERDAM, NOW)
    (far,) = lint(read("0 0 29 2 +1"), AMSTERDAM, NOW)

    assert gap.message == (
        "28 March 2027: 02:30 does not exist, so it fires right after the change of clocks"
    )
    assert overlap.message == "31 October 2027: 02:30 comes twice, and it fires at the first"
    assert far.message == "it fires in 2044 for the first time"
