"""How changes of fields are told to people."""

from typing import Any

import pytest

from apps.audit.domain.differences import MOST_TOLD, differences


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("open", "done", [("f", "open", "done")]),
        (None, "done", [("f", "null", "done")]),
        ("", "1", [("f", '""', '"1"')]),
        (1, True, [("f", "1", "true")]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("f.b", "2", "3")]),
        ({"a": 1}, {"b": "x"}, [("f.a", "1", ""), ("f.b", "", "x")]),
        ({"a": [1, 2]}, {"a": [1, 3, "é"]}, [("f.a[1]", "2", "3"), ("f.a[2]", "", "é")]),
        ({"a": 1}, [1], [("f", '{"a": 1}', "[1]")]),
        ({"a": 1}, {"a": 1}, [("f", '{"a": 1}', '{"a": 1}')]),
    ],
)  # fmt: skip
def test_only_what_is_another_is_told_with_its_place(
    before: Any, after: Any, told: list[tuple[str, str, str]]
) -> None:
    assert differences("f", before, after) == told


def test_of_very_many_the_first_are_told() -> None:
    found = differences("f", list(range(1_000)), list(range(1, 1_001)))

    assert len(found) == MOST_TOLD + 1
    assert found[-1] == ("…", "", "and more")


def test_a_long_value_is_cut() -> None:
    assert differences("f", "a" * 1_000, "b")[0].before == "a" * 500 + "…"
