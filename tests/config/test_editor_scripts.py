"""What the editor's scripts make of a definition: nothing is lost, every rule stays what it is."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.node.packages import node

SCRIPTS = Path(__file__).parents[2] / "apps" / "config" / "static" / "config"
PROGRAM = Path(__file__).with_name("editor_program.mjs")

ATTRIBUTE = {"var": "email"}
CONDITIONS: list[Any] = [
    {"==": [ATTRIBUTE, "ann"]},
    {"!=": [ATTRIBUTE, 1.0]},
    {"in": [ATTRIBUTE, ["a", 2, True]]},
    {"in": ["@", ATTRIBUTE]},
    {"septet.not_in": [ATTRIBUTE, ["a"]]},
    {"!": [{"starts_with": [ATTRIBUTE, "a"]}]},
    {"ends_with": [ATTRIBUTE, "a"]},
    {"sem_ver": [ATTRIBUTE, "^", "1.2.0"]},
    {"septet.regex": [ATTRIBUTE, "^a"]},
    {"septet.cidr": [ATTRIBUTE, ["10.0.0.0/8"]]},
    {"septet.date": [ATTRIBUTE, "<", "2026-01-01"]},
    {"!!": [ATTRIBUTE]},
    {"septet.segment": "beta"},
    {"!": [{"septet.segment": "beta"}]},
    {"==": [{"septet.variant": "other"}, "on"]},
    {"and": [{"!": [ATTRIBUTE]}, {"or": [{">=": [ATTRIBUTE, 5]}, {"septet.segment": "beta"}]}]},
    True,
]
#: What the builder has no words for.
CUSTOM: list[Any] = [
    {"some": [{"var": "roles"}, {"==": [{"var": ""}, "x"]}]},
    {"==": [{"var": ["email"]}, "ann"]},
    {"!": {"var": "x"}},
    {"and": [{"septet.segment": "beta"}]},
    {"septet.bucket": {"algorithm": "unleash", "group": "g", "split": [["on", 50]]}},
    False,
    None,
]
OUTCOMES: list[Any] = [
    "on",
    None,
    {"fractional": [["on", 20], ["off", 80]]},
    {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "org"}]}, ["on", 1], ["off", 1]]},
    {"fractional": [{"var": "org"}, ["on", 1]]},
    {"fractional": [["on"], ["off", {"var": "weight"}]]},
    {"if": [True, "on"]},
    True,
]


def through(definitions: list[str]) -> list[dict[str, Any]]:
    """Return what the scripts make of each."""
    done = subprocess.run(
        [node(), str(PROGRAM), SCRIPTS.as_uri()],
        input="\n".join(definitions),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def flag(targeting: Any) -> str:
    variants = {"2": 1.0, "1": 2}
    told = {"state": "ENABLED", "variants": variants, "more": [1.50], "targeting": targeting}
    return json.dumps(told, ensure_ascii=False)


def test_every_condition_that_has_words_is_shown_and_written_as_it_was() -> None:
    definitions = [flag({"if": [one, "1"]}) for one in CONDITIONS]

    told = through(definitions)

    assert [one["same"] for one in told] == definitions
    assert [one["custom"] for one in told] == [0] * len(CONDITIONS)
    assert [one["rules"] for one in told] == [1] * len(CONDITIONS)


def test_a_condition_without_words_is_kept_untouched() -> None:
    definitions = [flag({"if": [one, "1", "2"]}) for one in CUSTOM]

    told = through(definitions)

    assert [one["same"] for one in told] == definitions
    assert [one["custom"] for one in told] == [1] * len(CUSTOM)


def test_numbers_keep_their_text_and_members_their_order() -> None:
    written = '{"variants": {"10": 1.0, "9": 1e2, "a": -0.50}, "defaultVariant": "10"}'

    [told] = through([written])

    assert told["same"] == written


RULES = some.lists(
    some.tuples(some.sampled_from([*CONDITIONS, *CUSTOM]), some.sampled_from(OUTCOMES)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=3, deadline=None)
@given(some.lists(some.tuples(RULES, some.sampled_from(OUTCOMES)), min_size=30, max_size=30))
def test_rules_that_change_places_stay_what_they_are(
    drafts: list[tuple[list[tuple[Any, Any]], Any]],
) -> None:
    definitions = [flag(_branches(rules, rest)) for rules, rest in drafts]
    moved = [flag(_branches(rules[::-1], rest)) for rules, rest in drafts]

    told = through(definitions)

    assert [one["same"] for one in told] == definitions
    # An `if` that ends in null is one piece to the builder, which writes no such end itself.
    assert [
        (one["moved"], one["rules"]) for one, (_, rest) in zip(told, drafts, strict=True) if rest
    ] == [(text, len(rules)) for text, (rules, rest) in zip(moved, drafts, strict=True) if rest]


def _branches(rules: list[tuple[Any, Any]], rest: Any) -> dict[str, Any]:
    return {"if": [*(part for rule in rules for part in rule), rest]}


@pytest.mark.parametrize("broken", ["{", '{"a": 01}', '{"a": 1, "a": 2}', '{"a": "\\x"}', "[1,]"])
def test_what_is_no_json_is_refused(broken: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        through([broken])
