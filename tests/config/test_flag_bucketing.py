"""Where a unit falls, and that it stays there."""

from collections import Counter
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.config.domain import hashing
from apps.config.domain.compiling import compile_set

FOUR = [["clubs", 25], ["diamonds", 25], ["hearts", 25], ["spades", 25]]
VARIANTS = {name: name for name in ("clubs", "diamonds", "hearts", "spades", "one", "two")}
NAMED: dict[str, Any] = {
    "fractional-flag": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "name"}]}, *FOUR],
    "shared": [{"cat": ["shared-seed", {"var": "name"}]}, *FOUR],
    "fractional-flag-shorthand": [["one"], ["two", 1]],
    "edge": [{"var": "targetingKey"}, ["one", 50], ["two", 50]],
}


def chosen(generation: str, key: str, unit: str, entries: list[Any]) -> str | None:
    flag = {
        "state": "ENABLED",
        "variants": VARIANTS,
        "bucketing": generation,
        "targeting": {"fractional": entries},
    }
    found = compile_set({"flags": {key: flag}}).evaluate(key, {"targetingKey": unit, "name": unit})
    return found.variant


@pytest.mark.parametrize(
    ("generation", "key", "expected"),
    [
        # flagd's test bed, v1; then what openfeature-flagd-core 1.0.0 and 2.0.0 answer.
        ("flagd-v1", "fractional-flag",
         {"jack": "spades", "queen": "clubs", "ten": "diamonds", "nine": "hearts"}),
        ("flagd-v1", "shared",
         {"jack": "hearts", "queen": "spades", "ten": "hearts", "nine": "diamonds"}),
        ("flagd-v1", "fractional-flag-shorthand",
         {"jon@company.com": "one", "jane@company.com": "two"}),
        ("flagd-v2", "fractional-flag",
         {"jack": "hearts", "queen": "spades", "ten": "clubs", "nine": "diamonds", "3": "clubs"}),
        ("flagd-v2", "shared",
         {"seven": "hearts", "eight": "diamonds", "nine": "clubs", "two": "spades"}),
        ("flagd-v2", "fractional-flag-shorthand",
         {"jon@company.com": "one", "jane@company.com": "two"}),
        # Their hashes are at the edges: 0, 2^31 - 1, 2^31, 2^32 - 1.
        ("flagd-v2", "edge",
         {"ejOoVL": "one", "bY9fO-": "one", "SI7p-": "one", "6LvT0": "two", "ceQdGm": "two"}),
        ("flagd-v3", "fractional-flag",
         {"jack": "diamonds", "queen": "diamonds", "ten": "clubs", "nine": "clubs", "3": "spades"}),
        ("flagd-v3", "shared",
         {"seven": "hearts", "eight": "hearts", "nine": "diamonds", "two": "diamonds"}),
        ("flagd-v3", "fractional-flag-shorthand",
         {"jon@company.com": "two", "jane@company.com": "two"}),
    ],
)  # fmt: skip
def test_each_generation_puts_them_where_flagd_does(
    generation: str, key: str, expected: dict[str, str]
) -> None:
    assert {unit: chosen(generation, key, unit, NAMED[key]) for unit in expected} == expected


@pytest.mark.parametrize("generation", hashing.GENERATIONS)
def test_shares_are_as_large_as_their_weights(generation: str) -> None:
    flag = {
        "state": "ENABLED",
        "variants": VARIANTS,
        "bucketing": generation,
        "targeting": {"fractional": [["one", 1], ["two", 3]]},
    }
    found = compile_set({"flags": {"it": flag}})

    shares = Counter(found.evaluate("it", {"targetingKey": f"u{n}"}).variant for n in range(8_000))

    assert shares.keys() == {"one", "two"}
    assert shares["one"] == pytest.approx(2_000, rel=0.1)


def test_a_flag_keeps_its_generation_whatever_the_sets_default_is() -> None:
    pinned = {
        "state": "ENABLED",
        "variants": VARIANTS,
        "bucketing": "flagd-v2",
        "targeting": {"fractional": FOUR},
    }
    unpinned = {key: value for key, value in pinned.items() if key != "bucketing"}
    sets = [
        compile_set({"flags": {"a": pinned, "b": unpinned}}, bucketing=generation)
        for generation in hashing.GENERATIONS
    ]

    def all_of(key: str) -> list[list[str | None]]:
        units = [{"targetingKey": f"u{n}"} for n in range(50)]
        return [[found.evaluate(key, unit).variant for unit in units] for found in sets]

    first, second, third = all_of("a")
    assert first == second == third
    first, second, third = all_of("b")
    assert first != second != third != first


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats().filter(lambda value: not value.is_integer()),
        st.text(st.characters(codec="utf-8")),
    ),
    lambda inner: (
        st.lists(inner, max_size=30) | st.dictionaries(st.text("abcé", max_size=30), inner)
    ),
    max_leaves=40,
)


@given(JSON)
def test_cbor_is_canonical(value: Any) -> None:
    assert hashing.cbor(value) == cbor2.dumps(value, canonical=True)


@pytest.mark.parametrize(("value", "same"), [(1.0, 1), (-2.0, -2), ([3.0], [3]), (1e300, 1e300)])
def test_whole_floats_are_hashed_as_integers(value: Any, same: Any) -> None:
    assert hashing.cbor(value) == cbor2.dumps(same, canonical=True)


@pytest.mark.parametrize(
    ("options", "unit", "expected"),
    [
        # Unleash's and GrowthBook's own examples.
        ({"algorithm": "unleash", "group": "gr1"}, "123", 72),
        ({"algorithm": "unleash", "group": "groupX"}, "999", 24),
        ({"algorithm": "growthbook-1", "seed": ""}, "a", 0.22),
        ({"algorithm": "growthbook-1", "seed": "b"}, "a", 0.946),
        ({"algorithm": "growthbook-2", "seed": "seed"}, "a", 0.0505),
        ({"algorithm": "growthbook-2", "seed": "seed"}, "b", 0.2696),
    ],
)
def test_numbers_of_other_systems(options: dict[str, Any], unit: str, expected: float) -> None:
    rule = {"septet.bucket": {**options, "by": {"var": "unit"}}}
    flag = {"state": "ENABLED", "variants": {"a": 1}, "targeting": {"==": [rule, -1]}}

    told = compile_set({"flags": {"it": flag}}).explain("it", {"unit": unit})

    detail = next(step.detail for step in told.steps if step.operator == "septet.bucket")
    assert detail is not None
    assert detail["bucket"] == pytest.approx(expected)


def test_a_split_and_ranges_choose_by_the_number() -> None:
    def choose(**options: Any) -> list[str | None]:
        rule = {"septet.bucket": {"algorithm": "growthbook-2", "seed": "s", **options}}
        flag = {"state": "ENABLED", "variants": VARIANTS, "targeting": rule}
        found = compile_set({"flags": {"it": flag}})
        return [found.evaluate("it", {"targetingKey": str(n)}).variant for n in range(100)]

    split = choose(split=[["one", 0.25], ["two", 0.5]])
    ranges = choose(ranges=[["one", 0, 0.25], ["two", 0.25, 0.75]])

    assert split == ranges
    assert set(split) == {"one", "two", None}
