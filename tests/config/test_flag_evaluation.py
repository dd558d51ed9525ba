"""What a set of flags answers, in OpenFeature's words."""

import json
from typing import Any

import pytest

from apps.config.domain.compiling import compile_set
from apps.config.domain.evaluations import Evaluation
from apps.config.domain.flags import FlagSet
from apps.config.domain.parsing import parse

SWITCH: dict[str, Any] = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "off",
}


def flags(strict: bool = True, **given: dict[str, Any]) -> FlagSet:
    return compile_set({"flags": given}, strict=strict)


def switch(targeting: Any, **more: Any) -> dict[str, Any]:
    return {**SWITCH, "targeting": targeting, **more}


@pytest.mark.parametrize(
    ("flag", "context", "answer"),
    [
        (SWITCH, {}, (False, "off", "STATIC")),
        (switch({}), {}, (False, "off", "STATIC")),
        (switch({"if": [{"var": "staff"}, "on"]}), {"staff": True},
         (True, "on", "TARGETING_MATCH")),
        (switch({"if": [{"var": "staff"}, "on"]}), {}, (False, "off", "DEFAULT")),
        (switch({"==": [{"var": "a"}, 1]}, variants={"true": 1, "false": 0}, defaultVariant="true"),
         {"a": "1"}, (1, "true", "TARGETING_MATCH")),
        (switch({"var": "n"}, variants={"1": "one"}, defaultVariant=None), {"n": 1},
         ("one", "1", "TARGETING_MATCH")),
        ({**SWITCH, "state": "DISABLED"}, {}, (None, None, "DISABLED")),
        (switch({"if": [True, "on"]}, state="DISABLED"), {}, (None, None, "DISABLED")),
        ({**SWITCH, "defaultVariant": None}, {}, (None, None, "DEFAULT")),
        ({"state": "ENABLED", "variants": {"a": 1}}, {}, (None, None, "DEFAULT")),
        (switch({"if": [False, "on"]}, defaultVariant=None), {}, (None, None, "DEFAULT")),
    ],
)  # fmt: skip
def test_value_variant_and_reason(
    flag: dict[str, Any], context: dict[str, Any], answer: tuple[Any, str | None, str]
) -> None:
    found = flags(it=flag).evaluate("it", context)

    assert (found.value, found.variant, found.reason) == answer
    assert found.error_code is None


def test_whole_floats_stay_floats() -> None:
    source = (
        b'{"flags": {"rate": {"state": "ENABLED", "variants": {"one": 1.0},'
        b' "defaultVariant": "one"}}}'
    )

    found = compile_set(parse(source)).evaluate("rate", expected="float")

    assert json.dumps(found.value) == "1.0"


def test_metadata_of_the_set_is_under_that_of_the_flag() -> None:
    definition = {
        "metadata": {"team": "a", "version": 3},
        "flags": {"x": {**SWITCH, "metadata": {"team": "b"}}, "y": SWITCH},
    }

    found = compile_set(definition)

    assert found.evaluate("x").metadata == {"team": "b", "version": 3}
    assert found.evaluate("y").metadata == {"team": "a", "version": 3}
    assert found.evaluate("gone").metadata == {"team": "a", "version": 3}


def test_an_unknown_flag_is_told() -> None:
    found = flags(a=SWITCH).evaluate("b")

    assert (found.reason, found.error_code) == ("ERROR", "FLAG_NOT_FOUND")


@pytest.mark.parametrize(
    ("value", "fitting"),
    [
        (True, {"boolean"}),
        (1, {"integer", "float"}),
        (1.0, {"float"}),
        ("1", {"string"}),
        ({"a": 1}, {"object"}),
    ],
)
def test_a_value_of_another_type_is_a_mismatch(value: Any, fitting: set[str]) -> None:
    found = flags(it={"state": "ENABLED", "variants": {"v": value}, "defaultVariant": "v"})

    for expected in ("boolean", "integer", "float", "string", "object"):
        code = found.evaluate("it", expected=expected).error_code
        assert code == (None if expected in fitting else "TYPE_MISMATCH"), expected


def test_the_callers_own_default_has_any_type() -> None:
    found = flags(it={**SWITCH, "defaultVariant": None}).evaluate("it", expected="string")

    assert found == Evaluation("it", None, None, "DEFAULT")


@pytest.mark.parametrize("key", ["a/b", "with space", "smørrebrød", "~1", "", "$flagd"])
def test_odd_keys(key: str) -> None:
    found = compile_set({"flags": {key: SWITCH}})

    assert found.evaluate(key).variant == "off"
    assert [each.key for each in found.evaluate_all()] == [key]


def test_flags_as_a_list() -> None:
    found = compile_set({"flags": [{"key": "a", **SWITCH}, {"key": "b", **SWITCH}]})

    assert list(found) == ["a", "b"]
    assert found.findings == ()


def test_neither_context_nor_targeting_key_is_needed() -> None:
    found = flags(it=switch({"fractional": [["on", 1], ["off", 1]]}))

    assert found.evaluate("it").reason == "DEFAULT"
    assert found.evaluate("it", {"targetingKey": None}).reason == "DEFAULT"
    assert found.evaluate("it", {"targetingKey": 7}).reason == "DEFAULT"


def test_what_flagd_adds_to_the_context() -> None:
    later = switch({"if": [{">=": [{"var": "$flagd.timestamp"}, 100]}, "on"]})
    named = switch({"if": [{"==": [{"var": ["$flagd.flagKey"]}, "named"]}, "on"]})
    whole = switch({"if": [{"in": ["flagKey", {"cat": [{"var": ["$flagd.flagKey"]}]}]}, "on"]})
    missing = switch({"if": [{"missing": ["$flagd.flagKey", "x"]}, "on"]})
    found = flags(later=later, named=named, whole=whole, missing=missing)

    assert found.evaluate("later", {}, now=99).variant == "off"
    assert found.evaluate("later", {}, now=100).variant == "on"
    assert found.evaluate("named", {"$flagd": {"flagKey": "other"}}).variant == "on"
    assert found.evaluate("whole", {}).variant == "off"
    assert found.evaluate("missing", {"x": 1}).variant == "off"
    assert found.evaluate("missing", {}).variant == "on"


def test_a_flag_that_waits_for_another_is_asked_once() -> None:
    pair = {"and": [{"septet.flag": "base"}, {"==": [{"septet.variant": "base"}, "on"]}]}
    found = flags(
        base=switch({"if": [{"==": [{"var": "plan"}, "pro"]}, "on"]}),
        top=switch({"if": [pair, "on"]}),
        unmet=switch({"if": [{"septet.flag": "off"}, "on"]}),
        off={**SWITCH, "state": "DISABLED"},
    )

    assert found.evaluate("top", {"plan": "pro"}).variant == "on"
    assert found.evaluate("top", {"plan": "free"}).variant == "off"
    assert found.evaluate("unmet", {}).variant == "off"
    asked = [step.operator for step in found.explain("top", {"plan": "pro"}).steps]
    assert asked.count("septet.flag") == asked.count("septet.variant") == 1


def test_segments_list_their_members_and_may_have_a_rule() -> None:
    definition = {
        "$segments": {
            "beta": {
                "members": ["ann", "bob"],
                "excluded": ["eve"],
                "rule": {"ends_with": [{"var": "email"}, "@example.com"]},
            },
            "acme": {"attribute": "organisation", "members": ["7"]},
        },
        "flags": {
            "it": switch({"if": [{"septet.segment": "beta"}, "on"]}),
            "theirs": switch({"if": [{"septet.segment": "acme"}, "on"]}),
            "listed": switch({"if": [{"some": [{"var": "x"}, {"septet.segment": "acme"}]}, "on"]}),
        },
    }
    found = compile_set(definition)

    def variant(key: str, **context: Any) -> str | None:
        return found.evaluate(key, context).variant

    assert variant("it", targetingKey="ann") == "on"
    assert variant("it", targetingKey="cid", email="cid@example.com") == "on"
    assert variant("it", targetingKey="eve", email="eve@example.com") == "off"
    assert variant("it", targetingKey="cid") == variant("it") == "off"
    assert variant("theirs", organisation=7) == "on"
    assert variant("listed", organisation="7", x=[1]) == "on"


def test_evaluators_are_shared_and_may_use_each_other() -> None:
    definition = {
        "$evaluators": {
            "staff": {"ends_with": [{"var": "email"}, "@example.com"]},
            "staff-of-pro": {"and": [{"$ref": "staff"}, {"==": [{"var": "plan"}, "pro"]}]},
            "half": {"fractional": [[True, 1], [False, 1]]},
        },
        "flags": {
            "a": switch({"if": [{"$ref": "staff-of-pro"}, "on"]}),
            # Other keys, other halves: a rule that asks for the flag is its own for each.
            **{f"f{n}": switch({"if": [{"$ref": "half"}, "on"]}) for n in range(64)},
        },
    }
    found = compile_set(definition)

    assert found.evaluate("a", {"email": "x@example.com", "plan": "pro"}).variant == "on"
    assert found.evaluate("a", {"email": "x@example.com"}).variant == "off"
    halves = {found.evaluate(f"f{n}", {"targetingKey": "ann"}).variant for n in range(64)}
    assert halves == {"on", "off"}


def test_a_broken_flag_takes_no_other_down() -> None:
    found = flags(
        strict=False,
        good=SWITCH,
        none=7,  # type: ignore[arg-type]
        state={**SWITCH, "state": "HALF"},
        operator=switch({"no such": [1]}),
        variant=switch({"if": [True, "gone"]}),
        surrogate=switch({"fractional": [["on", 1]]}),
    )

    answers = {each.key: each for each in found.evaluate_all({"targetingKey": "\ud800"})}

    assert answers["good"].variant == "off"
    assert {key: each.error_code for key, each in answers.items()} == {
        "good": None,
        "none": "PARSE_ERROR",
        "state": "PARSE_ERROR",
        "operator": "PARSE_ERROR",
        "variant": "GENERAL",
        "surrogate": "GENERAL",
    }


def test_only_who_comes_to_a_broken_rule_meets_it() -> None:
    found = flags(
        strict=False, it=switch({"if": [{"var": "staff"}, "on", {"no such": 1}, "on", "off"]})
    )

    assert found.evaluate("it", {"staff": True}).variant == "on"
    assert found.evaluate("it", {}).error_code == "PARSE_ERROR"


def test_explain_tells_rule_bucket_and_revision() -> None:
    rule = {
        "if": [{"==": [{"var": "plan"}, "pro"]}, "on", {"fractional": [["on", 30], ["off", 70]]}]
    }
    found = compile_set({"flags": {"a/b": switch(rule)}}, revision="r7")

    told = found.explain("a/b", {"targetingKey": "ann", "plan": "free"})

    assert told.evaluation == found.evaluate("a/b", {"targetingKey": "ann", "plan": "free"})
    assert (told.revision, told.bucketing) == ("r7", "flagd-v3")
    assert [(step.place, step.result) for step in told.steps] == [
        ("/flags/a~1b/targeting/if/0/==/0/var", "free"),
        ("/flags/a~1b/targeting/if/0/==", False),
        ("/flags/a~1b/targeting/if/2/fractional", told.evaluation.variant),
        ("/flags/a~1b/targeting/if", told.evaluation.variant),
    ]
    detail = told.steps[2].detail
    assert detail is not None
    assert (detail["bucket"] < 30) == (told.evaluation.variant == "on")
    assert detail["of"] == 100
