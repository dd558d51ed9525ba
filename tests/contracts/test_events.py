"""Events: named well, of types that JSON holds, and read back as they were written."""

import ast
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args, get_origin

import pytest

import contracts
from contracts.catalogue import event_types
from contracts.codec import MalformedEventError, field_types, from_data, to_data
from contracts.envelope import Actor, Envelope, UnknownEventTypeError
from contracts.event import REGISTRY, Event, topic_of
from contracts.files import FileRenamed
from contracts.identity import ApiKeyIssued, LockedOut

FOLDER = Path(contracts.__path__[0])
ID = "0194f1c2-0000-7000-8000-000000000001"
TENANT = "0194f1c2-0000-7000-8000-000000000002"
NOON = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)


def example(cls: type[Event]) -> Event:
    """Return an event with a value in every field."""
    values: dict[Any, Any] = {str: "a", int: 3, float: 0.5, bool: True, datetime: NOON}
    return cls(
        **{
            field.name: (values[_inner(hint)],) * 2
            if get_origin(hint) is tuple
            else values[_inner(hint)]
            for field, hint in field_types(cls)
        }
    )


def _inner(hint: Any) -> Any:
    return hint if hint in {str, int, bool} or not get_args(hint) else get_args(hint)[0]


@pytest.mark.parametrize("type_", event_types())
def test_every_event_comes_back_as_it_was_written(type_: str) -> None:
    cls = event_types()[type_]
    event = example(cls)

    assert from_data(cls, to_data(event)) == event
    assert event.subject
    assert cls.__doc__
    assert not cls.__doc__.startswith(cls.__name__)


def test_a_module_imports_the_standard_library_only() -> None:
    foreign = [
        f"{path.name}: {name}"
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name]
        if name and name.partition(".")[0] not in {*sys.stdlib_module_names, "contracts"}
    ]

    assert foreign == []


def test_every_module_with_events_is_in_the_catalogue() -> None:
    with_events = {cls.__module__ for cls in event_types().values()}
    modules = {
        f"contracts.{path.stem}" for path in FOLDER.glob("*.py") if "(Event):" in path.read_text()
    }

    assert modules == with_events


def test_what_is_optional_may_be_missing_and_what_is_unknown_is_passed_over() -> None:
    told = {"username": "ada", "failures": 5, "added_later": {"by": "another release"}}

    assert from_data(LockedOut, told) == LockedOut(username="ada", failures=5)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"file_id": "1", "name": "a"}, "previous_name is missing"),
        ({"file_id": "1", "name": None, "previous_name": "b"}, "name is None"),
        ({"file_id": 1, "name": "a", "previous_name": "b"}, "file_id is 1"),
    ],
)
def test_data_of_another_form_is_told_by_its_field(data: dict[str, Any], problem: str) -> None:
    with pytest.raises(MalformedEventError, match=problem):
        from_data(FileRenamed, data)


@pytest.mark.parametrize(
    "scopes", ["files:read", [1], {"files:read": True}], ids=["text", "numbers", "object"]
)
def test_a_list_of_texts_is_one(scopes: Any) -> None:
    with pytest.raises(MalformedEventError, match="scopes is"):
        from_data(ApiKeyIssued, {"key_id": "1", "name": "a", "scopes": scopes})


def test_an_envelope_is_a_cloud_event_and_comes_back() -> None:
    envelope = Envelope.of(
        FileRenamed.TYPE,
        "f1",
        id_=ID,
        time=NOON,
        tenant=TENANT,
        partition_key="t1/f1",
        traceparent="00-a-b-00",
        actor=Actor(type="user", id="7", name="Ada"),
        data={"file_id": "f1", "name": "a", "previous_name": "b"},
    )

    told = envelope.to_json()

    assert told == {
        "specversion": "1.0",
        "id": ID,
        "source": "/files",
        "type": "files.file.renamed.v1",
        "subject": "f1",
        "time": "2026-03-01T12:00:00.000005+00:00",
        "datacontenttype": "application/json",
        "dataschema": "urn:septet:files.file.renamed.v1",
        "partitionkey": "t1/f1",
        "tenant": TENANT,
        "traceparent": "00-a-b-00",
        "authtype": "user",
        "authid": "7",
        "authname": "Ada",
        "data": {"file_id": "f1", "name": "a", "previous_name": "b"},
    }
    assert Envelope.from_json(told) == envelope
    assert envelope.event() == FileRenamed(file_id="f1", name="a", previous_name="b")


def test_names_of_attributes_are_those_that_cloud_events_allow() -> None:
    envelope = Envelope.of("a.b.c.v1", "s", id_=ID, time=NOON, partition_key="k", data={})

    # CloudEvents 1.0, section 3.1: lower-case letters and digits, better not over 20 of them.
    assert [name for name in envelope.to_json() if not name.isalnum() or len(name) > 20] == []
    assert "tenant" not in envelope.to_json()


def test_a_type_that_is_not_known_here_is_told() -> None:
    envelope = Envelope.of("a.b.done.v1", "s", id_=ID, time=NOON, partition_key="k", data={})

    with pytest.raises(UnknownEventTypeError, match=r"a\.b\.done\.v1"):
        envelope.event()


def test_what_is_no_cloud_event_is_told() -> None:
    with pytest.raises(MalformedEventError, match="'id'"):
        Envelope.from_json({"type": "a.b.done.v1", "time": "2026-03-01T12:00:00Z", "data": {}})


def test_a_topic_is_shared_by_the_events_of_an_entity() -> None:
    assert topic_of(FileRenamed.TYPE) == "files.file"


@pytest.mark.parametrize(
    "type_", ["files.renamed.v1", "files.file.renamed", "Files.file.renamed.v1", "files.file.a.v0"]
)
def test_a_type_is_named_as_all_are(type_: str) -> None:
    with pytest.raises(ValueError, match="is not <app>"):

        class Wrong(Event):
            TYPE: ClassVar[str] = type_
            ENTITY: ClassVar[str] = "File"
            SUBJECT: ClassVar[str] = "file_id"
            file_id: str

    assert type_ not in REGISTRY


def test_two_events_never_share_a_type() -> None:
    with pytest.raises(ValueError, match="both have the type"):

        class Another(Event):
            TYPE: ClassVar[str] = FileRenamed.TYPE
            ENTITY: ClassVar[str] = "File"
            SUBJECT: ClassVar[str] = "file_id"
            file_id: str

    assert REGISTRY[FileRenamed.TYPE] is FileRenamed


def test_the_subject_is_a_field() -> None:
    with pytest.raises(ValueError, match="has no field file_id"):

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Wrong(Event):
            TYPE: ClassVar[str] = "tests.file.lost.v1"
            ENTITY: ClassVar[str] = "File"
            SUBJECT: ClassVar[str] = "file_id"
            other: Literal["a", "b"]

    assert "tests.file.lost.v1" not in REGISTRY
