"""Rules at random, by our closures and by the interpreter of flagd's own Python evaluator."""

import logging
import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from json_logic import jsonLogic  # type: ignore[import-untyped]
from openfeature.contrib.tools.flagd.core.targeting.targeting import OPERATORS

from apps.config.domain import operators
from apps.config.domain.compiler import Compiler, World
from apps.config.domain.frames import Frame
from apps.config.domain.values import number

assert operators.__all__

# It logs every rule that chooses nothing.
logging.getLogger("openfeature.contrib").disabled = True

NOW = 1_700_000_000
# Not drawn: texts of which panzi-json-logic makes other numbers than JavaScript ("", "1_0").
TEXTS = st.sampled_from(["a", "b", "abc", "xyz", "1", "2.5", "-3", "1.0.0", "v2.1", "é", "10"])
NUMBERS = st.one_of(st.integers(-5, 20), st.sampled_from([0.5, 2.5, -1.25, 3.0, 1e3]))
SCALARS = st.one_of(TEXTS, NUMBERS, st.none(), st.booleans())
PATHS = st.sampled_from(["a", "b", "n", "list", "nested.a", "nested.list.0", "list.1", "gone", "t"])
# No lists: what is one by its value alone, flagd's Python evaluator takes for a choice.
UNITS = SCALARS | PATHS.filter(lambda path: path != "list").map(lambda path: {"var": path})
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "a": SCALARS,
        "b": TEXTS,
        "n": NUMBERS,
        "t": st.booleans(),
        "list": st.lists(SCALARS, max_size=4),
        "nested": st.fixed_dictionaries({"a": SCALARS, "list": st.lists(TEXTS, max_size=2)}),
        "targetingKey": TEXTS,
    },
)


def calls(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def of(names: list[str], *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.builds(
            lambda name, given: {name: list(given)}, st.sampled_from(names), st.tuples(*arguments)
        )

    def many(names: list[str], least: int, most: int) -> st.SearchStrategy[Any]:
        items = st.lists(inner, min_size=least, max_size=most)
        return st.builds(lambda name, given: {name: given}, st.sampled_from(names), items)

    weights = st.lists(
        st.tuples(TEXTS, st.integers(0, 50)).map(list) | TEXTS.map(lambda text: [text]),
        min_size=1,
        max_size=4,
    )
    lists = st.one_of(st.lists(inner, max_size=3), st.just({"var": "list"}))
    return st.one_of(
        many(["if", "and", "or", "?:"], 1, 5),
        many(["+", "*", "min", "max", "cat", "merge"], 1, 3),
        of(["==", "!=", "===", "!==", "<", ">", "<=", ">=", "-", "%"], inner, inner),
        of(["<", "<="], NUMBERS, inner, NUMBERS),
        of(["!", "!!", "-", "+"], inner),
        of(["in"], inner, st.one_of(lists, TEXTS)),
        of(["starts_with", "ends_with"], inner, TEXTS),
        of(["sem_ver"], inner, st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "^", "~"]), TEXTS),
        of(["map", "filter", "all", "some", "none"], lists, inner),
        of(
            ["reduce"], lists, st.just({"+": [{"var": "current"}, {"var": "accumulator"}]}), NUMBERS
        ),
        of(["substr"], TEXTS, st.integers(-4, 4), st.integers(-4, 4)),
        of(["missing"], PATHS, PATHS),
        of(["missing_some"], st.integers(0, 2), st.lists(PATHS, max_size=3)),
        of(["var"], PATHS, SCALARS),
        weights.map(lambda given: {"fractional": given}),
        st.tuples(UNITS, weights).map(lambda given: {"fractional": [given[0], *given[1]]}),
    )


RULES = st.recursive(
    st.one_of(
        SCALARS, PATHS.map(lambda path: {"var": path}), PATHS.map(lambda path: {"var": [path]})
    ),
    calls,
    max_leaves=12,
)


class ElsewhereError(Exception):
    """Where the interpreter is known to differ from JavaScript, of which a table below tells."""


def _strict(theirs: Any) -> Any:
    def apply(data: Any = None, *items: Any) -> Any:
        flat = [part for item in items for part in (item if isinstance(item, list) else [item])]
        if len({isinstance(item, bool) for item in flat}) > 1:
            raise ElsewhereError
        return theirs(data, *items)

    return apply


def _ordered(theirs: Any) -> Any:
    def apply(data: Any = None, *items: Any) -> Any:
        if any(item is None or isinstance(item, list | dict) for item in items):
            raise ElsewhereError
        return theirs(data, *items)

    return apply


def _extreme(theirs: Any) -> Any:
    def apply(data: Any = None, *items: Any) -> Any:
        if any(math.isnan(number(item)) for item in items):
            raise ElsewhereError
        return theirs(data, *items)

    return apply


def _texts(theirs: Any) -> Any:
    def apply(data: Any = None, *items: Any) -> Any:
        if not all(isinstance(item, str | int) and not isinstance(item, bool) for item in items):
            raise ElsewhereError
        return theirs(data, *items)

    return apply


def _numbers(theirs: Any) -> Any:
    def apply(data: Any = None, *items: Any) -> Any:
        if any(item == "" or isinstance(item, list) for item in items):
            raise ElsewhereError
        return theirs(data, *items)

    return apply


def _loose(theirs: Any) -> Any:
    def apply(data: Any = None, *items: Any) -> Any:
        if None in items or any(isinstance(item, list | dict) for item in items):
            raise ElsewhereError
        return theirs(data, *items)

    return apply


ORACLE = {
    **OPERATORS,
    **{name: _strict(OPERATORS[name]) for name in ("===", "!==", "in")},
    **{name: _ordered(_numbers(OPERATORS[name])) for name in ("<", "<=", ">", ">=")},
    **{name: _loose(_numbers(OPERATORS[name])) for name in ("==", "!=")},
    **{name: _texts(OPERATORS[name]) for name in ("cat", "substr")},
    **{name: _numbers(OPERATORS[name]) for name in ("+", "-", "*", "%", "missing_some")},
    **{name: _extreme(_numbers(OPERATORS[name])) for name in ("min", "max")},
}


def ours(rule: Any, context: dict[str, Any]) -> Any:
    compiler = Compiler(World({}, {}, (), {}), "flag", "flagd-v3")
    node = compiler.node(rule, "")
    scope = {**context, "$flagd": {"flagKey": "flag", "timestamp": NOW}}
    return node(scope, Frame(scope, NOW, None))


def theirs(rule: Any, context: dict[str, Any]) -> Any:
    scope = {**context, "$flagd": {"flagKey": "flag", "timestamp": NOW}}
    scope.setdefault("targetingKey", None)
    return jsonLogic(rule, scope, ORACLE)


def alike(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, float) and isinstance(b, int | float) and math.isnan(a):
        return math.isnan(b)
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


@settings(max_examples=500, deadline=None)
@given(rule=RULES, context=CONTEXTS)
def test_rules_answer_like_flagd(rule: Any, context: dict[str, Any]) -> None:
    try:
        expected = theirs(rule, context)
    except (ElsewhereError, ZeroDivisionError, TypeError, ValueError, AttributeError):
        assume(False)

    assert alike(ours(rule, context), expected), (ours(rule, context), expected)


@pytest.mark.parametrize(
    ("rule", "result"),
    [
        # Where the interpreter above differs from JavaScript, by which JsonLogic is defined.
        ({"==": ["", 0]}, True),
        ({"==": [0, None]}, False),
        ({"==": [None, {"var": "gone"}]}, True),
        ({"==": [[1], 1]}, True),
        ({"===": [1, True]}, False),
        ({"cat": [True, " ", 1.0, " ", None]}, "true 1 null"),
        ({"/": [1, 0]}, math.inf),
        ({"==": [{"min": [0, "a"]}, 0]}, False),
        ({"<": [None, "x"]}, False),
        ({"in": [True, [1]]}, False),
        ({"==": ["1_0", 10]}, False),
    ],
)
def test_where_they_differ_it_is_javascript_that_counts(rule: Any, result: Any) -> None:
    assert ours(rule, {}) == result
