"""Whatever a rule is given, and whoever asks: there is an answer, and soon."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.config.domain import ofrep
from apps.config.domain.compiler import OPERATORS
from apps.config.domain.compiling import compile_set
from apps.config.domain.limits import TEXT_LENGTH

SWITCH: dict[str, Any] = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "off",
}
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["on", "a.b", "", "1.2.3", "^x", "10.0.0.0/8", "=", "EQUAL", "unleash", "it"]),
)
NAMES = st.sampled_from(sorted(OPERATORS))
KEYS = st.one_of(
    NAMES,
    st.sampled_from(["algorithm", "by", "group", "size", "split", "ranges", "$and", "$in", "$all"]),
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3)
)


@settings(max_examples=300, deadline=None)
@given(name=NAMES, arguments=JSON, context=st.dictionaries(st.text("ab", max_size=2), JSON))
def test_every_operator_takes_anything(name: str, arguments: Any, context: dict[str, Any]) -> None:
    rule = {name: arguments}
    definition = {
        "flags": {"it": {**SWITCH, "targeting": rule}, "other": SWITCH},
        "$evaluators": {"it": rule},
        "$segments": {"it": {"rule": rule}},
    }
    flags = compile_set(definition, strict=False)

    found = flags.evaluate("it", context)

    assert found.reason in {"TARGETING_MATCH", "DEFAULT", "ERROR"}
    assert flags.explain("it", context).evaluation.reason in {"TARGETING_MATCH", "DEFAULT", "ERROR"}
    assert ofrep.encode(ofrep.answer(found))
    assert flags.evaluate("other").variant == "off"


@settings(max_examples=100, deadline=None)
@given(definition=st.dictionaries(
    st.sampled_from(["flags", "metadata", "$evaluators", "$segments"]),
    st.dictionaries(st.sampled_from(["a", "b"]), JSON | st.fixed_dictionaries(
        {"variants": JSON},
        optional={"state": JSON, "defaultVariant": JSON, "targeting": JSON, "metadata": JSON},
    )) | JSON,
))  # fmt: skip
def test_every_definition_is_answered_for(definition: dict[str, Any]) -> None:
    flags = compile_set(definition, strict=False)

    for found in flags.evaluate_all({"targetingKey": "ann"}):
        assert found.reason in {"TARGETING_MATCH", "DEFAULT", "STATIC", "DISABLED", "ERROR"}


BIG = list(range(10_000))


def deep() -> list[Any]:
    found: list[Any] = []
    for _ in range(900):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("rule", "context"),
    [
        ({"septet.growthbook": [{"a": {"$all": list(range(100))}}]}, {"a": BIG}),
        ({"septet.growthbook": [{"a": {"$elemMatch": {"$in": list(range(19_000))}}}]}, {"a": BIG}),
        ({"septet.flagsmith": [{"var": "a"}, "IN", "[" * 100_000]}, {"a": "x"}),
        ({"septet.flagsmith": [{"var": "a"}, "EQUAL", "1"]}, {"a": "1" * 1_000_000}),
        ({"septet.text": [{"var": "a"}, "contains", ["a" * 1_000 + "b"] * 9_000]},
         {"a": "a" * 1_000_000}),
        ({"cat": [{"var": "a"}]}, {"a": deep()}),
        ({"===": [{"var": "a"}, {"var": "b"}]}, {"a": deep(), "b": deep()}),
        ({"fractional": [{"var": "a"}, ["on", 1]]}, {"a": {"x": deep()}}),
        ({"in": [{"var": "x"}, {"var": "a"}]}, {"x": 1, "a": [deep(), *BIG * 20]}),
        ({"missing_some": [1, {"var": "a"}]}, {"a": ["a." * 50_000] * 100}),
        ({"max": [{"var": "a"}]}, {"a": "9" * 5_000_000}),
        ({"map": [{"var": "a"}, {"cat": [{"var": ""}, {"var": ""}]}]},
         {"a": ["x" * 30_000] * 9_000}),
        ({"septet.cidr": [{"var": "a"}, ["10.0.0.0/8"] * 9_000]}, {"a": "1.2.3.4"}),
    ],
)  # fmt: skip
def test_large_contexts_are_answered_soon(rule: Any, context: dict[str, Any]) -> None:
    flags = compile_set({"flags": {"it": {**SWITCH, "targeting": rule}}}, strict=False)
    start = time.process_time()

    flags.evaluate("it", context)

    assert time.process_time() - start < 3


def test_texts_beyond_the_limit_match_nothing() -> None:
    rule = {"if": [{"septet.text": [{"var": "a"}, "contains", ["x"]]}, "on"]}
    flags = compile_set({"flags": {"it": {**SWITCH, "targeting": rule}}})

    assert flags.evaluate("it", {"a": "x" * TEXT_LENGTH}).variant == "on"
    assert flags.evaluate("it", {"a": "x" * (TEXT_LENGTH + 1)}).variant == "off"
