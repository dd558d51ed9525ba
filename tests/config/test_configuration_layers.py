"""Layers of a configuration: who says what holds, and what differs between two of its values."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.config.domain.configuration.differences import Difference, Verb, differences
from apps.config.domain.configuration.layering import Layer, Resolved, Said, resolve


def said(*values: Any) -> list[Said]:
    return [Said(layer, value, 1) for layer, value in zip(Layer, values, strict=False)]


def test_the_narrowest_layer_wins_as_a_whole() -> None:
    found = resolve(said({"a": 1}, {"b": 2}), merge=False)

    assert found == Resolved({"b": 2}, Layer.ENVIRONMENT)


def test_merged_layers_tell_who_said_each_member() -> None:
    found = resolve(
        said(
            {"host": "a", "tls": {"on": True, "versions": [1, 2]}},
            {"tls": {"versions": [3]}},
            {"host": None, "retries": 2},
            {"tls": {"on": False}},
        ),
        merge=True,
    )

    assert found == Resolved(
        {"tls": {"on": False, "versions": [3]}, "retries": 2},
        Layer.SERVICE,
        {
            "/tls/versions": Layer.ENVIRONMENT,
            "/retries": Layer.TENANT,
            "/tls/on": Layer.SERVICE,
        },
    )


def test_an_object_in_the_place_of_a_text_takes_its_origin_too() -> None:
    found = resolve(said({"a": "x"}, {"a": {"b/c": 1}}, {"a": {"b/c": None}}), merge=True)

    assert found == Resolved({"a": {}}, Layer.TENANT, {"/a": Layer.TENANT})


def test_nothing_said_is_nothing() -> None:
    assert resolve([], merge=True) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab/~", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab/~", max_size=2), inner),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text("ab/~", max_size=2), JSON)


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, as it is written there."""
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = merge_patch(target.get(name), value)
    return target


@settings(deadline=None)
@given(st.lists(OBJECTS, min_size=1, max_size=4))
def test_merging_is_what_the_rfc_says(layers: list[dict[str, Any]]) -> None:
    expected: Any = {}
    for layer in layers:
        expected = merge_patch(expected, layer)

    found = resolve(said(*layers), merge=True)

    assert found is not None
    assert found.value == expected


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
def test_every_leaf_has_one_origin(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = resolve(said(one, other), merge=True)

    assert found is not None
    assert set(found.origins) == set(leaves(found.value, "")) - {""}


def leaves(value: Any, place: str) -> list[str]:
    if not isinstance(value, dict) or not value:
        return [place]
    return [
        leaf
        for name, one in value.items()
        for leaf in leaves(one, f"{place}/{name.replace('~', '~0').replace('/', '~1')}")
    ]


def test_differences_name_each_place() -> None:
    found = differences(
        {"a": 1, "b": {"c/d": [1], "e": True}, "same": None},
        {"a": 1.0, "b": {"c/d": [1, 2]}, "new": {}, "same": None},
    )

    assert list(found) == [
        Difference("/a", Verb.CHANGED, 1, 1.0),
        Difference("/b/c~1d", Verb.CHANGED, [1], [1, 2]),
        Difference("/b/e", Verb.REMOVED, before=True),
        Difference("/new", Verb.ADDED, after={}),
    ]


@settings(deadline=None)
@given(JSON)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert list(differences(value, value)) == []
