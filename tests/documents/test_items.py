"""Items of a batch are read from what a file holds, bit by bit, each with its place."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.documents.domain.items import Item, ItemsError, items_of, kind_of
from apps.documents.domain.names import file_name

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def bits(text: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(text), size):
        yield text[at : at + size]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_lines_of_json_are_items(size: int) -> None:
    text = '\ufeff{"a": 1.50}\r\n\n{"ü": "x"}\nnonsense\n[1]\n{"b": 2}'.encode()

    found = list(items_of("jsonl", bits(text, size), most_bytes=100))

    assert [(one.data, one.place) for one in found if not one.problem] == [
        ('{"a": 1.50}', "line 1"),
        ('{"ü": "x"}', "line 3"),
        ('{"b": 2}', "line 6"),
    ]
    assert [one.place for one in found if one.problem] == ["line 4", "line 5"]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_rows_of_csv_are_items_whose_values_are_texts(size: int) -> None:
    text = b'name,note\r\nAda,"two\nlines"\r\n\r\nBob\r\nEve,=1+1\r\n'

    found = list(items_of("csv", bits(text, size), most_bytes=100))

    assert [json.loads(one.data) for one in found if not one.problem] == [
        {"name": "Ada", "note": "two\nlines"},
        {"name": "Eve", "note": "=1+1"},
    ]
    assert [one.problem for one in found if one.problem] == ["1 values for 2 fields"]


def test_a_list_of_json_is_items() -> None:
    found = list(items_of("json", [b'[{"a": 1}, 2, {"b": "', b'xxxxxxxxxxxx"}]'], most_bytes=12))

    assert found[0] == Item('{"a":1}', "/0")
    assert [one.problem for one in found[1:]] == [
        "an item is an object",
        "an item has at most 12 bytes",
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json", b"{}"),
        ("json", b"["),
        ("csv", b"a,a\n1,2"),
        ("csv", b""),
        ("csv", b'a\n"x'),
        ("jsonl", b"\xff\n"),
        ("jsonl", b"x" * 200),
    ],
)
def test_what_holds_no_items_is_refused(kind: str, text: bytes) -> None:
    with pytest.raises(ItemsError):
        list(items_of(kind, [text], most_bytes=100))  # type: ignore[arg-type]  # of the table


@given(st.lists(st.dictionaries(TEXT, TEXT | st.integers())), st.integers(1, 50))
def test_all_that_json_can_say_comes_through(values: list[object], size: int) -> None:
    text = "\n".join(json.dumps(one, ensure_ascii=False) for one in values).encode()

    found = list(items_of("jsonl", bits(text, size), most_bytes=1_000_000))

    assert [json.loads(one.data) for one in found] == values


def test_a_file_is_known_by_its_name_or_its_type() -> None:
    assert kind_of("a.JSONL", "") == kind_of("b", "application/x-ndjson") == "jsonl"
    with pytest.raises(ItemsError):
        kind_of("a.pdf", "application/pdf")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Rechnung 7/8", "Rechnung 7 8.pdf"),
        ("../../etc/passwd", "etc passwd.pdf"),
        ("", "document.pdf"),
        ("a\x00b\nc", "a b c.pdf"),
        ("x" * 300, "x" * 120 + ".pdf"),
    ],
)
def test_documents_have_names_that_every_system_takes(title: str, name: str) -> None:
    assert file_name(title, "pdf") == name
