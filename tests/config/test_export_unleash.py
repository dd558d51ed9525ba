"""Flags for Unleash: what its own engine says of them is what we say, or they are not there."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from yggdrasil_engine.engine import UnleashEngine  # type: ignore[import-untyped]

from apps.config.domain.compiling import compile_set
from apps.config.domain.exporting.unleash import export_unleash
from apps.config.domain.importing.reports import Line, Outcome
from apps.config.domain.importing.unleash import context_of, import_unleash

Json = Any
DATA = Path(__file__).parents[1] / "data" / "unleash" / "client-specification.json"
SPECIFICATIONS = json.loads(DATA.read_text())
PRO = {"==": [{"var": "plan"}, "pro"]}
NEW = {"sem_ver": [{"var": "version"}, ">=", "2.0.0"]}
STAFF = {"ends_with": [{"var": "email"}, "@example.com"]}


def boolean(rule: Json, default: str | None = "off") -> Json:
    variants = {"on": True, "off": False}
    return {"variants": variants, "defaultVariant": default, "targeting": rule}


FLAGS = {
    "plain": {"variants": {"on": True, "off": False}, "defaultVariant": "on"},
    "off": {"variants": {"on": True, "off": False}, "defaultVariant": "off"},
    "pro": boolean({"if": [PRO, "on"]}),
    "not-pro": boolean({"if": [{"!": [PRO]}, "on", "off"]}),
    "other-plan": boolean({"if": [{"!=": [{"var": "plan"}, "pro"]}, "on"]}),
    "either": boolean({"if": [{"or": [PRO, {"and": [NEW, STAFF]}]}, "on"]}),
    "firsts": boolean({"or": [{"if": [PRO, "on", NEW, None, STAFF, "on"]}, {"if": [NEW, "on"]}]}),
    "neither": boolean({"if": [{"!": [{"or": [PRO, {"and": [NEW, STAFF]}]}]}, "on"]}),
    "but-for": boolean({"if": [STAFF, "off", PRO, "on", NEW, "off", "on"]}),
    "nested": boolean({"if": [PRO, {"if": [NEW, "on", "off"]}, STAFF, "on"]}),
    "numbers": boolean({"if": [{">": [{"var": "age"}, 17]}, "on"]}),
    "beta": boolean({"if": [{"septet.segment": "beta"}, "on"]}),
    "ref": boolean({"if": [{"$ref": "staff"}, "on"]}),
    "dates": boolean(
        {"if": [{"septet.date": [{"var": "since"}, ">", "2026-01-01T00:00:00Z"]}, "on"]}
    ),
    "listed": boolean({"if": [{"in": [{"var": "targetingKey"}, ["ann", "bob"]]}, "on"]}),
    "colour": {
        "variants": {"blue": "#00f", "red": "#f00", "none": "#000"},
        "defaultVariant": "none",
        "targeting": {"if": [PRO, "blue", {"or": [NEW, STAFF]}, "red"]},
    },
    "size": {
        "variants": {"s": 1, "l": 2.5},
        "defaultVariant": None,
        "targeting": {"if": [PRO, "l", NEW, None, STAFF, "s"]},
    },
}
DEFINITION = {
    "$evaluators": {"staff": STAFF},
    "$segments": {"beta": {"members": ["ann"], "excluded": ["eve"], "rule": PRO}},
    "flags": FLAGS,
}


def engine_of(features: Json) -> UnleashEngine:
    engine = UnleashEngine()
    engine.take_state(json.dumps({"version": 2, **features}))
    return engine


def contexts(count: int) -> list[dict[str, Any]]:
    draw = random.Random(7)
    found = []
    for _ in range(count):
        given = {
            "userId": draw.choice(["ann", "bob", "eve", "zoe"]),
            "plan": draw.choice(["pro", "free", None]),
            "version": draw.choice(["1.9.9", "2.0.0", "2.1.0", None]),
            "email": draw.choice(["a@example.com", "b@example.org", None]),
            "age": draw.choice(["17", "18", None]),
            "since": draw.choice(["2025-12-31T00:00:00Z", "2026-02-01T00:00:00Z", None]),
        }
        found.append({name: value for name, value in given.items() if value is not None})
    return found


def test_each_flag_is_decided_alike_by_unleashs_engine() -> None:
    flags = compile_set(DEFINITION)
    exported = export_unleash(DEFINITION)
    engine = engine_of(exported.definition)

    assert {line.outcome for line in exported.report} == {Outcome.IMPORTED}
    for context in contexts(400):
        user, properties = context["userId"], {k: v for k, v in context.items() if k != "userId"}
        theirs = {"userId": user, "properties": properties}
        for key in FLAGS:
            ours = flags.evaluate(key, {"targetingKey": user, **context})
            enabled = engine.is_enabled(key, theirs).is_enabled
            told = (key, context, ours)
            if isinstance(next(iter(FLAGS[key]["variants"].values())), bool):
                assert enabled == (ours.value is True), told
            elif ours.variant is None:
                assert not enabled, told
            else:
                variant = engine.get_variant(key, theirs).variant
                assert (enabled, variant.name) == (True, ours.variant), told
                payload = variant.payload
                value = payload["value"]
                assert (value if payload["type"] == "string" else json.loads(value)) == ours.value


@pytest.mark.parametrize("specification", SPECIFICATIONS, ids=lambda each: each["name"])
def test_what_came_from_unleash_goes_back_as_it_was(specification: Json) -> None:
    imported = import_unleash(specification["state"])
    exported = export_unleash(imported.definition)
    engine = engine_of(exported.definition)
    there = {feature["name"] for feature in exported.definition["features"]}

    for case in specification.get("tests", []):
        if case["toggleName"] in there:
            found = engine.is_enabled(case["toggleName"], case["context"]).is_enabled
            assert found == case["expectedResult"], case["description"]
    for case in specification.get("variantTests", []):
        if case["toggleName"] in there and case["expectedResult"]["feature_enabled"]:
            variant = engine.get_variant(case["toggleName"], case["context"]).variant
            assert variant.name == case["expectedResult"]["name"], case["description"]


def test_most_of_what_came_from_unleash_goes_back() -> None:
    kept = known = 0
    for specification in SPECIFICATIONS:
        report = export_unleash(import_unleash(specification["state"]).definition).report
        known += len(report)
        kept += sum(line.outcome is Outcome.IMPORTED for line in report)

    assert kept / known > 0.8


def test_what_unleash_cannot_say_is_left_out_and_told() -> None:
    definition = {
        "flags": {
            "share": boolean({"fractional": [["on", 10], ["off", 90]]}),
            "depends": boolean({"if": [{"septet.flag": "share"}, "on"]}),
            "sums": boolean({"if": [{"==": [{"+": [{"var": "a"}, 1]}, "2"]}, "on"]}),
            "disabled": {"state": "DISABLED", "variants": {"on": True}, "defaultVariant": "on"},
            "good": boolean({"if": [PRO, "on"]}),
        }
    }

    result = export_unleash(definition)

    assert [feature["name"] for feature in result.definition["features"]] == ["good"]
    assert result.report == [
        Line(
            "share",
            Outcome.LEFT_OUT,
            "fractional puts other users into its shares than Unleash does",
        ),
        Line("depends", Outcome.LEFT_OUT, "Unleash has no septet.flag as it is used here"),
        Line("sums", Outcome.LEFT_OUT, "a test of something else than an attribute"),
        Line("disabled", Outcome.LEFT_OUT, "it is disabled: everybody gets their own default"),
        Line("good", Outcome.IMPORTED),
    ]


def test_context_of_is_what_unleash_sends() -> None:
    assert context_of({"userId": "ann", "properties": {"plan": "pro"}}) == {
        "userId": "ann",
        "plan": "pro",
    }


def test_a_rule_that_is_odd_takes_no_other_flag_down() -> None:
    odd = [{"!": []}, {"septet.bucket": {}}, {"septet.bucket": [7]}, {"septet.segment": []}, 7]
    flags = {str(n): boolean({"if": [rule, "on"]}) for n, rule in enumerate(odd)}
    split = {"algorithm": "flagsmith", "split": [7]}
    flags |= {"split": boolean({"septet.bucket": split}), "good": boolean({"if": [PRO, "on"]})}
    definition = {"flags": flags}

    report = export_unleash(definition).report

    assert [one.key for one in report if one.outcome is Outcome.IMPORTED] == ["4", "good"]
    assert {one.key for one in report if one.outcome is Outcome.LEFT_OUT} == set("0123") | {"split"}
