"""Whole flags at random, by us and by openfeature-flagd-core 2.0: value, variant, reason, code."""

import copy
import logging
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError

from apps.config.domain.compiling import compile_set

logging.getLogger("openfeature.contrib").disabled = True

VARIANTS: dict[str, dict[str, Any]] = {
    "boolean": {"on": True, "off": False, "true": True},
    "string": {"on": "hi", "off": "", "1": "one"},
    "integer": {"on": 1, "off": 0},
    "float": {"on": 1.0, "off": 0.5},
    "object": {"on": {"a": [1]}, "off": {}},
}
RESULTS = st.sampled_from(["on", "off", "true", "1", "gone", None, True, 1])
CONDITIONS = st.sampled_from(
    [
        {"var": "a"},
        {"==": [{"var": "a"}, "x"]},
        {"$ref": "shared"},
        {"$ref": "missing"},
        {"in": [{"var": "targetingKey"}, ["u1", "u2"]]},
        {"==": [{"var": "$flagd.flagKey"}, "it"]},
        {"no-operator": 1},
    ]
)
RULES = st.one_of(
    st.none(),
    st.just({}),
    st.builds(
        lambda *parts: {"if": list(parts)}, CONDITIONS, RESULTS, CONDITIONS, RESULTS, RESULTS
    ),
    st.builds(lambda *parts: {"if": list(parts)}, CONDITIONS, RESULTS),
    st.builds(lambda a, b: {"fractional": [[a, 3], [b, 2]]}, RESULTS, RESULTS),
)
METADATA = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["x", 1, 1.5, True]))


@st.composite
def definitions(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(list(VARIANTS)))
    flag: dict[str, Any] = {
        "state": draw(st.sampled_from(["ENABLED", "ENABLED", "ENABLED", "DISABLED"])),
        "variants": VARIANTS[kind],
        "metadata": draw(METADATA),
    }
    rule = draw(RULES)
    if rule is not None:
        flag["targeting"] = rule
    default = draw(st.sampled_from(["on", "off", None, "absent"]))
    if default != "absent":
        flag["defaultVariant"] = default
    shared = {"==": [{"var": "a"}, "x"]}
    definition = {
        "flags": {"it": flag},
        "$evaluators": {"shared": shared},
        "metadata": draw(METADATA),
    }
    return kind, definition


CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "a": st.sampled_from(["x", "", True, 0]),
        "targetingKey": st.sampled_from(["u1", "u9"]),
    },
)


@settings(max_examples=300, deadline=None)
@given(drawn=definitions(), context=CONTEXTS, asked=st.sampled_from([None, *VARIANTS]))
def test_details_are_those_of_flagd(
    drawn: tuple[str, dict[str, Any]], context: dict[str, Any], asked: str | None
) -> None:
    kind, definition = drawn
    expected = asked or kind
    # For Python's own sake flagd-core takes a boolean for a float, which its test bed forbids.
    assume((kind, expected) != ("boolean", "float"))
    core = FlagdCore()
    core.set_flags(copy.deepcopy(definition))
    attributes = {name: value for name, value in context.items() if name != "targetingKey"}
    theirs = EvaluationContext(context.get("targetingKey"), attributes)

    found = compile_set(definition, strict=False).evaluate("it", context, expected=expected)

    if found.error_code is not None:
        with pytest.raises(OpenFeatureError) as caught:
            getattr(core, f"resolve_{expected}_value")("it", "DEFAULT", theirs)
        assert found.error_code == caught.value.error_code.value
        return
    answer = getattr(core, f"resolve_{expected}_value")("it", "DEFAULT", theirs)
    value = "DEFAULT" if found.variant is None else found.value
    assert (value, found.variant, found.reason, found.metadata) == (
        answer.value,
        answer.variant,
        answer.reason,
        answer.flag_metadata,
    )
