"""Workflows as they are written: what they come to, and where each mistake is."""

from datetime import timedelta
from typing import Any

import pytest

from apps.notifications.domain.places import MistakesError
from apps.notifications.domain.rules import check_rules
from apps.notifications.domain.workflows import Jump, Send, Wait, read_steps

SEND = {"do": "send", "channel": "email", "template": "t"}
EVENTS = frozenset(["files.file.scanned.v1"])


def test_blocks_become_jumps() -> None:
    wait = {"do": "delay", "for": "2m"}
    branch = {"do": "branch", "when": "data.a", "then": [SEND], "else": [wait, SEND]}

    program = read_steps([{"do": "condition", "when": "data.b"}, branch, wait])

    assert [type(one) for one in program] == [Jump, Jump, Send, Jump, Wait, Send, Wait]
    assert [one.to for one in program if isinstance(one, Jump)] == [7, 4, 6]
    assert [one.place for one in program][4:6] == ["steps[1].else[0]", "steps[1].else[1]"]
    assert program[6] == Wait(place="steps[2]", length=timedelta(minutes=2))


@pytest.mark.parametrize(
    ("steps", "mistake"),
    [
        ([], "steps: expected a list"),
        ("send", "steps: expected a list"),
        ([1], "steps[0]: a step is an object"),
        ([{"do": "shout"}], "steps[0].do: one of send, fan_out, delay"),
        ([{**SEND, "channel": "fax"}], "steps[0].channel: one of"),
        ([{"do": "send", "channel": "email"}], "steps[0].template: expected"),
        ([{**SEND, "to": "x"}], "steps[0].to: there is no such field"),
        ([{"do": "delay", "for": "soon"}], "steps[0].for: a length of time is"),
        ([{"do": "delay", "for": "91d"}], "steps[0].for: at most 90d"),
        ([{"do": "digest", "for": "1h", "by": "data."}], "steps[0].by: at character"),
        ([{"do": "digest", "at": "8 o'clock"}], "steps[0].at: a time of the day is"),
        ([{"do": "digest", "at": "08:00", "for": "1h"}], "steps[0].at: a step waits `for` a time"),
        ([{"do": "digest", "at": "08:00", "on": ["today"]}], "steps[0].at: `on` is a list of mon"),
        ([{"do": "delay", "at": "08:00", "on": []}], "steps[0].at: `on` is a list of mon"),
        ([{"do": "delay", "on": ["mon"], "for": "1h"}], "steps[0].on: days go with a time"),
        (
            [{"do": "branch", "when": "a", "then": [SEND], "else": []}],
            "steps[0].else: expected a list of steps, of one at least",
        ),
        ([{"do": "throttle", "most": 0, "per": "1h"}], "steps[0].most: a whole number"),
        ([{"do": "condition", "when": "a +"}], "steps[0].when: at character"),
        (
            [{"do": "branch", "when": "a", "then": [{"do": "delay"}]}],
            "steps[0].then[0].for: a length of time",
        ),
        ([SEND] * 51, "steps: a workflow has at most 50 steps, found 51"),
    ],
)
def test_a_mistake_is_told_with_its_place(steps: Any, mistake: str) -> None:
    with pytest.raises(MistakesError) as refused:
        read_steps(steps)

    assert str(refused.value).startswith(mistake)


@pytest.mark.parametrize(
    ("rules", "mistake"),
    [
        ({}, "rules: expected a list"),
        ([{"event": "no.such.thing.v1", "topics": ["a"]}], "rules[0].event: there is no event"),
        ([{"event": "files.file.scanned.v1"}], "rules[0]: expected texts"),
        (
            [{"event": "files.file.scanned.v1", "topics": ["a"], "when": "("}],
            "rules[0].when: at character",
        ),
        (
            [{"event": "files.file.scanned.v1", "subscribers": ["data."]}],
            "rules[0].subscribers[0]: at character",
        ),
        ([{"event": "files.file.scanned.v1", "topics": ["a"], "to": 1}], "rules[0].to: no such"),
    ],
)
def test_a_mistake_in_a_rule_is_told_with_its_place(rules: Any, mistake: str) -> None:
    with pytest.raises(MistakesError) as refused:
        check_rules(rules, EVENTS)

    assert str(refused.value).startswith(mistake)
