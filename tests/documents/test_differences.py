"""What is otherwise in one version of a template than in another."""

from typing import Any

import pytest

from apps.documents.domain.differences import MISSING, differences

RULE = {"type": "rule"}


def a_paragraph(text: str) -> dict[str, str]:
    return {"type": "paragraph", "text": text}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, [("/a", 1, 1.0)]),
        ({"a": True}, {"a": 1}, [("/a", True, 1)]),
        ({"a": None}, {}, [("/a", None, MISSING)]),
        ({}, {"a/b": None}, [("/a~1b", MISSING, None)]),
        ([RULE, a_paragraph("a")], [a_paragraph("a")], [("/0", RULE, MISSING)]),
        (
            [a_paragraph("a"), a_paragraph("b")],
            [a_paragraph("a"), RULE, a_paragraph("b")],
            [("/1", MISSING, RULE)],
        ),
        ([a_paragraph("a")], [a_paragraph("b")], [("/0/text", "a", "b")]),
        ([a_paragraph("a")], [RULE], [("/0", a_paragraph("a"), RULE)]),
        ([1] * 1_001, [1] * 1_000 + [2], [("/1000", 1, 2)]),
    ],
)
def test_what_was_put_in_and_taken_out_is_told_and_nothing_beside_it(
    before: Any, after: Any, found: list[Any]
) -> None:
    assert [(one.place, one.before, one.after) for one in differences(before, after)] == found
