"""Ours against engines of others in Java, JavaScript and Python, around changes of clocks.

There are two policies for a time that a change leaves out, and most engines have a third of their
own. So what is expected is what a walk through time says, where at least one of the engines says
the same. Where most engines say something else, the reason is one of two that are known.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim, CronSimError

from apps.scheduler.domain.cron.evaluating import DstPolicy
from apps.scheduler.domain.cron.expressions import read
from apps.scheduler.domain.timetables import CronTimes, Timetable
from tests.nights import at_night
from tests.scheduler.cron import oracle
from tests.scheduler.oracles.engines import Answer, Case, Engine, MissingError, of_java, of_node

#: What the walk looks at, and times that are compared within it.
HOURS, COUNT = 56, 4
#: Of the cases, so many at most may be ones that no other engine says the same of as the walk.
MOST_ALONE = 0.01


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> list[Engine]:
    found: list[Engine] = []
    missing = []
    makers: list[Callable[[Path], list[Engine]]] = [of_java, lambda path: [of_node(path)]]
    for make in makers:
        try:
            found += make(tmp_path_factory.mktemp("oracle"))
        except MissingError as error:
            missing.append(str(error))
    if missing:
        pytest.skip("; ".join(missing))
    return found


def say(line: str) -> None:
    """Tell it to who runs this with `-s`, or sees it fail."""
    sys.stdout.write(f"{line}\n")


def ours(case: Case, policy: str) -> list[datetime]:
    times = Timetable(CronTimes(read(case.text), ZoneInfo(case.zone), DstPolicy(policy)))
    return list(times.first_after(case.after, case.count))


def by_cronsim(case: Case) -> Answer:
    try:
        times = CronSim(case.text, case.after.astimezone(ZoneInfo(case.zone)))
    except CronSimError:
        # Of days that no month has, such as 30 February.
        return None
    return [one.astimezone(UTC) for one in islice(times, case.count)]


def for_quartz(expression: oracle.Expression) -> str:
    """Return an expression as Quartz has it; what it has not is no expression there."""
    minute, hour, day, month, weekday = expression.fields
    days = ",".join(str(one + 1) for one in sorted(weekday.values))
    if weekday.text == "*":
        return f"0 {minute.text} {hour.text} {day.text} {month.text} ?"
    return f"0 {minute.text} {hour.text} {'?' if day.text == '*' else day.text} {month.text} {days}"


def within(found: Answer, until: datetime) -> Answer:
    return None if found is None else [one for one in found if one <= until]


def changes(zone: str, since: datetime, until: datetime) -> bool:
    """Say whether clocks change within a time, or in the day before it."""
    here, moment = ZoneInfo(zone), since - timedelta(days=1)
    offset = moment.astimezone(here).utcoffset()
    while moment < until:
        moment += timedelta(hours=1)
        if moment.astimezone(here).utcoffset() != offset:
            return True
    return False


def dispute(case: Case, found: Sequence[datetime]) -> str:
    """Return what engines have two minds about in a case, if anything.

    Where a day or a weekday begins with a star and has a step, Vixie's cron takes both to have to
    fit, as ours does, and others either.
    """
    _, _, day, _, weekday = case.text.split()
    if "*" not in (day, weekday) and (day[0] == "*" or weekday[0] == "*"):
        return "a star with a step among the days"
    if changes(case.zone, case.after, found[-1] if found else case.after):
        return "a change of clocks"
    return ""


def answers(
    engines: Sequence[Engine], told: Sequence[tuple[Case, oracle.Expression]]
) -> list[dict[str, Answer]]:
    """Return what each engine says of each case."""
    found: list[dict[str, Answer]] = [{"cronsim": by_cronsim(case)} for case, _ in told]
    for engine in engines:
        asked = [
            Case(text=for_quartz(expression), zone=case.zone, after=case.after)
            if engine.name == "quartz"
            else case
            for case, expression in told
        ]
        for one, answer in zip(found, engine.ask(asked), strict=True):
            one[engine.name] = answer
    return found


@pytest.mark.parametrize("count", at_night(1_000))
@pytest.mark.parametrize("policy", ["vixie", "skip"])
def test_nothing_differs_from_what_other_engines_bear_out(
    engines: list[Engine], policy: str, count: int
) -> None:
    chance = random.Random(f"engines {policy}")
    told: list[tuple[Case, oracle.Expression]] = []
    while len(told) < count:
        expression, (zone, after) = oracle.expressions(chance), oracle.starts(chance)
        told.append((Case(text=expression.text, zone=zone, after=after), expression))

    alone, against, differing = [], [], Counter[str]()
    for (case, expression), said in zip(told, answers(engines, told), strict=True):
        walked = oracle.due(expression, ZoneInfo(case.zone), case.after, HOURS, policy)[:COUNT]
        until = case.after.replace(second=0) + timedelta(hours=HOURS)
        found = [one for one in ours(case, policy) if one <= until]
        assert found == walked, f"{case} {policy}"
        heard = {name: within(one, until) for name, one in said.items() if one is not None}
        if not heard:
            # They refuse days that no month has, such as 30 February; of ours it is never due.
            assert found == []
            continue
        differing.update(name for name, one in heard.items() if one != found)
        if found not in heard.values():
            alone.append((case, found, heard))
        others = Counter(tuple(one or ()) for one in heard.values())
        most, votes = others.most_common(1)[0]
        if votes * 2 > len(heard) and list(most) != found:
            against.append((case, found))

    summary = f"{policy}: {len(alone)} alone of {count}, {len(against)} against most, {differing}"
    for case, found in against:
        reason = dispute(case, found) or "no reason that is known"
        say(f"against most, {policy}, {reason}: {case.text} in {case.zone} after {case.after}")
    for case, found, said_of in alone:
        say(f"alone, {policy}: {case.text} in {case.zone} after {case.after}: {found}, {said_of}")
    say(summary)
    assert len(alone) <= count * MOST_ALONE, summary
    assert [one for one in against if not dispute(one[0], one[1])] == [], summary


EXTENDED = {
    # Ours, and as Quartz has it.
    "0 0 L * *": "0 0 0 L * ?",
    "0 0 LW * *": "0 0 0 LW * ?",
    "30 4 L 2 *": "0 30 4 L 2 ?",
    "0 12 * * 5L": "0 0 12 ? * 6L",
    "0 12 * * 0L": "0 0 12 ? * 1L",
    "15 6 * * 1#1": "0 15 6 ? * 2#1",
    "0 0 * * 3#5": "0 0 0 ? * 4#5",
    "0 0 15W * *": "0 0 0 15W * ?",
    "0 0 1W * *": "0 0 0 1W * ?",
    "0 0 31W * *": "0 0 0 31W * ?",
    "0 0 29 2 *": "0 0 0 29 2 ?",
    "0 0 31 * *": "0 0 0 31 * ?",
}


@pytest.mark.nightly
def test_letters_mean_what_most_engines_take_them_for(engines: list[Engine]) -> None:
    chance = random.Random(11)
    first = datetime(2020, 1, 1, tzinfo=UTC)
    told = [
        Case(
            text=text,
            zone="UTC",
            after=first + timedelta(minutes=chance.randrange(5_000_000)),
            count=12,
        )
        for text in EXTENDED
        for _ in range(100)
    ]
    as_quartz = [
        Case(text=EXTENDED[one.text], zone="UTC", after=one.after, count=12) for one in told
    ]
    said = {
        engine.name: engine.ask(told if engine.name == "croner" else as_quartz)
        for engine in engines
    }

    differing: Counter[str] = Counter()
    against = []
    for number, case in enumerate(told):
        found = ours(case, "vixie")
        heard = {name: one for name, all_ in said.items() if (one := all_[number]) is not None}
        if answer := by_cronsim(case):
            heard["cronsim"] = answer
        differing.update(f"{name} {case.text}" for name, one in heard.items() if one != found)
        if sum(one == found for one in heard.values()) * 2 <= len(heard):
            against.append((case, found, heard))
    say(f"letters: {dict(differing)}")
    assert against == []
