"""What differs between two definitions, and how two changes of one become one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.config.domain.differences import MISSING, Difference, differences, merge

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.0, 1.0]) | st.text("ab"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=1), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        ({"a": 1}, {"a": 1.0}, ["/a"]),
        ({"a": 1}, {"a": True}, ["/a"]),
        ({"a": {"b/c": 1}}, {"a": {"b/c": 2}}, ["/a/b~1c"]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["/a/1"]),
        ({"a": [1, 2]}, {"a": [1]}, ["/a"]),
        ({"a": None}, {}, ["/a"]),
        ({}, {"a": {}, "b": []}, ["/a", "/b"]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
    ],
)
def test_each_place_that_differs_is_named(before: Any, after: Any, places: list[str]) -> None:
    assert [one.place for one in differences(before, after)] == places


def test_what_is_not_there_is_not_null() -> None:
    assert list(differences({}, {"a": None})) == [Difference("/a", MISSING, None)]


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged", "conflicts"),
    [
        ({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 2}, ()),
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}, ()),
        ({"a": 1}, {"a": 2}, {"a": 3}, {"a": 3}, ("/a",)),
        ({"a": 1}, {}, {"a": 2}, {"a": 2}, ("/a",)),
        ({"a": 1, "b": 1}, {"b": 1}, {"a": 1, "b": 2}, {"b": 2}, ()),
        ({}, {"a": 1}, {"b": 1}, {"a": 1, "b": 1}, ()),
        ({}, {"a": {"x": 1}}, {"a": {"y": 1}}, {"a": {"x": 1, "y": 1}}, ()),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [1, 3]}, {"a": [1, 3]}, ("/a",)),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": 7}, {"a": 7}, ("/a",)),
    ],
)
def test_two_changes_become_one_where_they_do_not_meet(
    base: Any, ours: Any, theirs: Any, merged: Any, conflicts: tuple[str, ...]
) -> None:
    found = merge(base, ours, theirs)

    assert (found.merged, found.conflicts) == (merged, conflicts)


@given(JSON, JSON)
def test_who_alone_changed_something_gets_it(base: Any, ours: Any) -> None:
    assert list(differences(merge(base, ours, base).merged, ours)) == []
    assert list(differences(merge(base, base, ours).merged, ours)) == []
    assert merge(base, ours, ours).conflicts == ()
