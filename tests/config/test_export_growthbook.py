"""Flags for GrowthBook: read back by its importer they answer as before, or they are not there."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from apps.config.domain.compiling import compile_set
from apps.config.domain.exporting.growthbook import export_growthbook
from apps.config.domain.exporting.growthbook_conditions import BY_FALLBACK, BY_TYPE
from apps.config.domain.importing.growthbook import import_growthbook
from apps.config.domain.importing.reports import Line, Outcome

Json = Any
DATA = Path(__file__).parents[1] / "data" / "growthbook" / "answers.json"
PAYLOADS = json.loads(DATA.read_text())
PRO = {"==": [{"var": "plan"}, "pro"]}
NEW = {"sem_ver": [{"var": "version"}, ">=", "2.0.0"]}
STAFF = {"ends_with": [{"var": "email"}, "@example.com"]}


def boolean(rule: Json, default: str | None = "off") -> Json:
    variants = {"on": True, "off": False}
    return {"variants": variants, "defaultVariant": default, "targeting": rule}


def bucket(split: Json, **more: Json) -> Json:
    return {"septet.bucket": {"algorithm": "growthbook-2", "seed": "s", "split": split, **more}}


FLAGS = {
    "plain": {"variants": {"on": True, "off": False}, "defaultVariant": "on"},
    "nothing": {"variants": {"a": "a"}, "defaultVariant": None},
    "pro": boolean({"if": [PRO, "on"]}),
    "not-pro": boolean({"if": [{"!": [PRO]}, "on", "off"]}),
    "other-plan": boolean({"if": [{"!==": [{"var": "plan"}, "pro"]}, "on"]}),
    "firsts": boolean({"or": [{"if": [PRO, "on", NEW, None, STAFF, "on"]}, {"if": [NEW, "on"]}]}),
    "neither": boolean({"if": [{"!": [{"or": [PRO, {"and": [NEW, STAFF]}]}]}, "on"]}),
    "but-for": boolean({"if": [STAFF, "off", PRO, "on", NEW, "off", "on"]}),
    "young": boolean({"if": [{"<": [{"var": "age"}, 18]}, "on"]}),
    "grown": boolean({"if": [{"!": [{"<": [{"var": "age"}, 18]}]}, "on"]}),
    "between": boolean({"if": [{"<": [{"var": "plan"}, "m"]}, "on"]}),
    "tagged": boolean({"if": [{"in": ["new", {"var": "tags"}]}, "on"]}),
    "many": boolean({"if": [{"in": [{"var": "plan"}, ["pro", "free"]]}, "on"]}),
    "listed": boolean({"if": [{"in": [{"var": "targetingKey"}, ["ann", "bob"]]}, "on"]}),
    "beta": boolean({"if": [{"septet.segment": "beta"}, "on"]}),
    "ref": boolean({"if": [{"$ref": "staff"}, "on"]}),
    "begins": boolean({"if": [{"starts_with": [{"var": "email"}, "a@e"]}, "on"]}),
    "has": boolean(
        {"if": [{"septet.text": [{"var": "email"}, "contains", ["B@", "x."], True]}, "on"]}
    ),
    "needs": boolean({"if": [{"==": [{"septet.flag": "pro"}, True]}, "on"]}),
    "needs-not": boolean({"if": [{"!": [{"septet.flag": "share"}]}, "on"]}),
    "share": boolean({"if": [bucket([[True, 0.3]]), "on"]}),
    "colour": {
        "variants": {"blue": "#00f", "red": "#f00", "none": "#000"},
        "defaultVariant": "none",
        "targeting": {"if": [PRO, bucket([["blue", 0.25], ["red", 0.25]]), "red"]},
    },
    "goes-on": {
        "variants": {"blue": "#00f", "red": "#f00", "none": "#000"},
        "defaultVariant": "none",
        "targeting": {"or": [{"if": [PRO, bucket([["blue", 0.5]])]}, {"if": [NEW, "red"]}]},
    },
    "splits-in-turn": {
        "variants": {"blue": "#00f", "red": "#f00", "none": "#000"},
        "defaultVariant": "none",
        "targeting": {
            "or": [
                {"or": [bucket([["blue", 0.3]]), bucket([["red", 0.3]], seed="t")]},
                {"if": [PRO, {"or": [bucket([["red", 0.3]], seed="u"), "blue"]}, None]},
            ]
        },
    },
    "some-get-nothing": {
        "variants": {"s": 1, "l": 2.5},
        "defaultVariant": None,
        "targeting": {"if": [PRO, "l", NEW, None, STAFF, "s"]},
    },
    "split-or-nothing": {
        "variants": {"s": {"a": 1}, "l": {"a": 2}},
        "defaultVariant": None,
        "targeting": {"if": [PRO, bucket([["s", 0.2]], seed="other"), STAFF, "l"]},
    },
}
DEFINITION = {
    "$evaluators": {"staff": STAFF},
    "$segments": {"beta": {"members": ["ann"], "excluded": ["eve"], "rule": PRO}},
    "flags": FLAGS,
}


def contexts(count: int) -> list[dict[str, Any]]:
    draw = random.Random(7)
    found = []
    for number in range(count):
        given = {
            "targetingKey": draw.choice(["ann", "bob", "eve", "zoe", f"u{number}", None]),
            "plan": draw.choice(["pro", "free", None]),
            "version": draw.choice(["1.9.9", "2.0.0", "2.1.0-rc.1", None]),
            "email": draw.choice(["a@example.com", "b@example.org", None]),
            "age": draw.choice([17, 18, None]),
            "tags": draw.choice([["new", "x"], ["x"], "renewed", "x", None]),
        }
        found.append({name: value for name, value in given.items() if value is not None})
    return found


def test_each_flag_that_is_read_back_answers_as_before() -> None:
    flags = compile_set(DEFINITION)
    exported = export_growthbook(DEFINITION)
    back = compile_set(import_growthbook(exported.definition).definition)

    assert {line.key for line in exported.report if line.outcome is Outcome.LEFT_OUT} == set()
    assert set(exported.definition["features"]) == set(FLAGS)
    for context in contexts(600):
        for key in FLAGS:
            ours, theirs = flags.evaluate(key, context), back.evaluate(key, context)
            assert ours.error_code is None
            assert theirs.value == ours.value, (key, context)


def test_every_variant_was_given_to_somebody() -> None:
    """Else the test before says little."""
    flags = compile_set(DEFINITION)
    given = {(key, flags.evaluate(key, one).variant) for one in contexts(600) for key in FLAGS}

    assert {("colour", "blue"), ("colour", "red"), ("goes-on", "blue"), ("share", "off")} <= given
    assert {("goes-on", "none"), ("split-or-nothing", "l"), ("split-or-nothing", None)} <= given


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_what_came_from_growthbook_goes_back_as_it_was(payload: Json) -> None:
    imported = import_growthbook(payload)
    exported = export_growthbook(imported.definition)
    back = compile_set(import_growthbook(exported.definition).definition)
    flags = compile_set(imported.definition)

    for case in payload["cases"]:
        context = dict(case["attributes"])
        unit = {"targetingKey": context.pop("id")} if "id" in context else {}
        for key in exported.definition["features"]:
            found = back.evaluate(key, {**context, **unit})
            assert found.value == flags.evaluate(key, {**context, **unit}).value, key


def test_most_of_what_came_from_growthbook_goes_back() -> None:
    kept = known = 0
    for payload in PAYLOADS:
        report = export_growthbook(import_growthbook(payload).definition).report
        known += len({line.key for line in report})
        kept += len({line.key for line in report if line.outcome is not Outcome.LEFT_OUT})

    assert kept / known > 0.8


def test_what_growthbook_cannot_say_is_left_out_and_told() -> None:
    ours = {"algorithm": "unleash", "group": "g", "split": [[True, 10]]}
    definition = {
        "flags": {
            "share": boolean({"fractional": [["on", 10], ["off", 90]]}),
            "depends": boolean({"if": [{"septet.flag": "share"}, "on"]}),
            "unleash": boolean({"if": [{"septet.bucket": ours}, "on"]}),
            "sums": boolean({"if": [{"==": [{"+": [{"var": "a"}, 1]}, "2"]}, "on"]}),
            "since": boolean({"if": [{"septet.date": [{"var": "at"}, ">", "2026-01-01"]}, "on"]}),
            "id": boolean({"if": [{"==": [{"var": "id"}, "x"]}, "on"]}),
            "disabled": {"state": "DISABLED", "variants": {"on": True}, "defaultVariant": "on"},
            "second": boolean(
                {"if": [PRO, bucket([["on", 0.5]], by={"or": [{"var": "a"}, {"var": "b"}]})]}
            ),
            "other-type": boolean({"if": [{"==": [{"septet.flag": "good"}, "true"]}, "on"]}),
            "within": boolean({"if": [bucket([[True, 0.5]], by={"var": "a.b"}), "on"]}),
            "age": boolean({"if": [{">": [{"var": "age"}, 17]}, "on"]}),
            "good": boolean({"if": [PRO, "on"]}),
        }
    }

    result = export_growthbook(definition)

    assert list(result.definition["features"]) == ["second", "age", "good"]
    elsewhere = "puts other users into its shares than GrowthBook does"
    assert sorted(result.report, key=lambda line: line.key) == [
        Line("age", Outcome.CHANGED, BY_TYPE),
        Line("depends", Outcome.LEFT_OUT, "it depends on share, which is left out"),
        Line("disabled", Outcome.LEFT_OUT, "it is disabled: everybody gets their own default"),
        Line("good", Outcome.IMPORTED),
        Line("id", Outcome.LEFT_OUT, "a test of something else than an attribute"),
        Line("other-type", Outcome.LEFT_OUT, "a comparison of a flag with what it never is"),
        Line("second", Outcome.CHANGED, BY_FALLBACK),
        Line("share", Outcome.LEFT_OUT, f"fractional {elsewhere}"),
        Line("since", Outcome.LEFT_OUT, "GrowthBook has no septet.date as it is used here"),
        Line("sums", Outcome.LEFT_OUT, "a test of something else than an attribute"),
        Line(
            "unleash",
            Outcome.LEFT_OUT,
            "a share that puts other users into it than GrowthBook does",
        ),
        Line("within", Outcome.LEFT_OUT, "an attribute within another one is hashed"),
    ]


def test_the_payload_is_growthbooks() -> None:
    payload = export_growthbook(DEFINITION).definition

    assert payload["savedGroups"] == {"beta": ["ann"], "beta: excluded": ["eve"]}
    assert payload["features"]["pro"] == {
        "defaultValue": False,
        "rules": [{"condition": {"plan": {"$eq": "pro"}}, "force": True}],
    }
    assert payload["features"]["goes-on"]["rules"][0] == {
        "condition": {"plan": {"$eq": "pro"}},
        "hashVersion": 2,
        "seed": "s",
        "hashAttribute": "id",
        "force": "#00f",
        "range": [0.0, 0.5],
        "coverage": 0.5,
    }
    colour = payload["features"]["colour"]["rules"]
    assert colour[0]["variations"] == ["#00f", "#f00"]
    assert colour[0]["ranges"] == [[0.0, 0.25], [0.25, 0.5]]
    assert colour[1] == {"condition": {"plan": {"$eq": "pro"}}, "force": "#000"}


def test_a_rule_that_is_odd_takes_no_other_flag_down() -> None:
    odd = [{"!": []}, {"septet.bucket": {}}, {"septet.bucket": [7]}, {"septet.segment": []}, 7]
    flags = {str(n): boolean({"if": [rule, "on"]}) for n, rule in enumerate(odd)}
    split = {"algorithm": "flagsmith", "split": [7]}
    flags |= {"split": boolean({"septet.bucket": split}), "good": boolean({"if": [PRO, "on"]})}
    definition = {"flags": flags}

    report = export_growthbook(definition).report

    assert [one.key for one in report if one.outcome is Outcome.IMPORTED] == ["4", "good"]
    assert {one.key for one in report if one.outcome is Outcome.LEFT_OUT} == set("0123") | {"split"}
