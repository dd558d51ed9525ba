"""JSON Schemas of events: true of every event, and changed in one way only."""

import copy
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import (  # type: ignore[import-untyped]  # it ships no types
    Draft7Validator,
    Draft202012Validator,
    FormatChecker,
)

from contracts.asyncapi import asyncapi_document
from contracts.catalogue import event_types
from contracts.codec import to_data
from contracts.envelope import Envelope
from contracts.event import REGISTRY, Event
from contracts.examples import example_of, webhook_example_of
from contracts.files import FileRenamed
from contracts.identity import LockedOut
from contracts.json_schema import incompatibilities, schema_of
from tests.contracts.test_events import example

Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("type_", event_types())
def test_every_event_is_valid_by_its_schema(type_: str) -> None:
    cls = event_types()[type_]
    schema = schema_of(cls)
    Draft202012Validator.check_schema(schema)

    validator = Draft202012Validator(schema, format_checker=FormatChecker())

    assert list(validator.iter_errors(to_data(example(cls)))) == []
    assert not validator.is_valid({})


def test_what_may_be_missing_or_null_is_told() -> None:
    schema = schema_of(LockedOut)

    assert schema["required"] == ["username", "failures"]
    assert schema["properties"]["until"] == {
        "anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]
    }


def test_a_schema_is_compatible_with_itself() -> None:
    assert incompatibilities(schema_of(FileRenamed), schema_of(FileRenamed)) == []


def test_a_field_with_a_default_may_be_added() -> None:
    new = schema_of(FileRenamed)
    new["properties"]["reason"] = {"type": "string"}

    assert incompatibilities(schema_of(FileRenamed), new) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda new: new["properties"].pop("name"), "name was removed"),
        (
            lambda new: new["properties"].update(name={"type": "integer"}),
            "name was {'type': 'string'} and is {'type': 'integer'}",
        ),
        (
            lambda new: (new["properties"].update(by={}), new["required"].append("by")),
            "by is new and has no default",
        ),
        (lambda new: new["required"].remove("name"), "name was required and is optional"),
    ],
)
def test_any_other_change_breaks_who_reads_it(change: Change, problem: str) -> None:
    new = copy.deepcopy(schema_of(FileRenamed))
    change(new)

    assert incompatibilities(schema_of(FileRenamed), new) == [problem]


def test_an_event_holds_what_json_can_hold() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Strange(Event):
        TYPE: ClassVar[str] = "tests.thing.strange.v1"
        ENTITY: ClassVar[str] = "Thing"
        SUBJECT: ClassVar[str] = "thing"
        thing: str
        more: dict[str, str]

    del REGISTRY[Strange.TYPE]

    with pytest.raises(TypeError, match=r"Strange\.more: an event holds no dict"):
        schema_of(Strange)


def test_where_no_endpoint_is_posted_to_nothing_is_told_of_it() -> None:
    types: dict[str, type[Event]] = {FileRenamed.TYPE: FileRenamed}
    document = asyncapi_document(types, version="1", groups={}, posted=[])

    assert set(document["channels"]) == {"files.file"}
    assert set(document["components"]["messages"]) == {FileRenamed.TYPE}


def document_of(types: dict[str, type[Event]]) -> dict[str, Any]:
    """Return the AsyncAPI document of these events, each handled and posted."""
    told = [*types]
    return asyncapi_document(types, version="1", groups={"audit.trail": told}, posted=told)


@pytest.mark.parametrize("type_", event_types())
def test_the_example_of_an_event_is_such_an_event(type_: str) -> None:
    cls = event_types()[type_]
    validator = Draft202012Validator(schema_of(cls), format_checker=FormatChecker())

    told = example_of(cls)
    posted = webhook_example_of(cls)

    assert Envelope.from_json(told).event().subject == told["subject"]
    validator.validate(told["data"])
    assert (posted["type"], posted["data"]) == (type_, told["data"])


def test_the_asyncapi_document_is_one_by_its_published_schema() -> None:
    packed = Path(__file__).parent.parent / "data" / "asyncapi" / "3.0.0.json.gz"
    validator = Draft7Validator(json.loads(gzip.decompress(packed.read_bytes())))
    document = document_of(event_types())

    assert [error.message for error in validator.iter_errors(document)] == []
    del document["channels"]["webhooks"]["messages"]
    document["channels"]["webhooks"]["message"] = {}
    assert not validator.is_valid(document)


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    types = event_types()
    document = document_of(types)

    def follow(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                at: Any = document
                for part in value["$ref"].removeprefix("#/").split("/"):
                    at = at[part]
            for one in value.values():
                follow(one)
        elif isinstance(value, list):
            for one in value:
                follow(one)

    follow(document)
    assert set(document["components"]["messages"]) == {*types, "webhook"}
    assert len(document["components"]["messages"]["webhook"]["payload"]["oneOf"]) == len(types)
    receives = document["operations"]["audit.trail_receives_files.file"]
    assert receives["messages"][0] == {
        "$ref": "#/channels/files.file/messages/files.file.created.v1"
    }
