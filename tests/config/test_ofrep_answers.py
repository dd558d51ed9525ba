"""Requests and answers of OFREP, without a server."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from apps.config.domain import ofrep
from apps.config.domain.compiling import compile_set
from apps.config.domain.flags import FlagSet

SWITCH: dict[str, Any] = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "off",
}
PLAN = {"if": [{"==": [{"var": "plan"}, "pro"]}, "on"]}


def flags(revision: str = "1", **given: Any) -> FlagSet:
    return compile_set({"flags": given, "metadata": {"team": "a"}}, revision=revision, strict=False)


@pytest.mark.parametrize(
    ("body", "context"),
    [
        (b"", {}),
        (b"  ", {}),
        (b"{}", {}),
        (b'{"context": null}', {}),
        (b'{"context": {}}', {}),
        (
            b'{"context": {"targetingKey": "ann", "rate": 1.0}}',
            {"targetingKey": "ann", "rate": 1.0},
        ),
    ],
)
def test_a_context_may_be_missing(body: bytes, context: dict[str, Any]) -> None:
    assert ofrep.read_context(body) == context


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"),
        (b"\xff", "PARSE_ERROR"),
        (b'{"context": NaN}', "PARSE_ERROR"),
        (b'{"context": ' + b"[" * 100_000, "PARSE_ERROR"),
        (b"[]", "INVALID_CONTEXT"),
        (b"null", "INVALID_CONTEXT"),
        (b'{"context": []}', "INVALID_CONTEXT"),
        (b'{"context": "ann"}', "INVALID_CONTEXT"),
    ],
)
def test_what_is_no_context_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(ofrep.RequestError) as caught:
        ofrep.read_context(body)

    assert caught.value.body("it")["errorCode"] == code
    assert caught.value.body("it").keys() == {"key", "errorCode", "errorDetails"}
    assert "key" not in caught.value.body()


def test_answers() -> None:
    found = flags(
        on={**SWITCH, "targeting": PLAN, "metadata": {"owner": "x"}},
        own={**SWITCH, "defaultVariant": None},
        off={**SWITCH, "state": "DISABLED"},
        broken={**SWITCH, "targeting": {"no such": 1}},
        rate={"state": "ENABLED", "variants": {"one": 1.0}, "defaultVariant": "one"},
    )
    context = {"plan": "pro"}

    def told(key: str) -> tuple[HTTPStatus, dict[str, Any]]:
        evaluation = found.evaluate(key, context)
        return ofrep.status(evaluation), json.loads(ofrep.encode(ofrep.answer(evaluation)))

    shared = {"team": "a"}
    on = {"key": "on", "reason": "TARGETING_MATCH", "variant": "on", "value": True}
    assert told("on") == (HTTPStatus.OK, {**on, "metadata": {"team": "a", "owner": "x"}})
    own = {"key": "own", "reason": "DEFAULT", "variant": "", "metadata": shared}
    assert told("own") == (HTTPStatus.OK, own)
    assert told("off") == (HTTPStatus.OK, {**own, "key": "off", "reason": "DISABLED"})
    status, body = told("broken")
    assert (status, body["errorCode"]) == (HTTPStatus.BAD_REQUEST, "PARSE_ERROR")
    assert body["errorDetails"] == "there is no operator 'no such'"
    status, body = told("gone")
    assert (status, body["errorCode"]) == (HTTPStatus.NOT_FOUND, "FLAG_NOT_FOUND")
    assert b'"value":1.0' in ofrep.encode(ofrep.answer(found.evaluate("rate")))


def test_all_flags_at_once() -> None:
    found = flags(a=SWITCH, b={**SWITCH, "targeting": {"no such": 1}})

    body = ofrep.bulk(found.evaluate_all({}), found.metadata)

    assert [(each["key"], each.get("errorCode")) for each in body["flags"]] == [
        ("a", None),
        ("b", "PARSE_ERROR"),
    ]
    assert body["metadata"] == {"team": "a"}
    assert "eventStreams" not in body
    streams = [{"type": "sse"}]
    assert ofrep.bulk([], {}, streams)["eventStreams"] == streams


def test_the_tag_is_of_revision_and_context() -> None:
    given: Any = {"it": {**SWITCH, "targeting": PLAN}}
    tag = ofrep.etag(flags(**given), {"a": 1, "b": 2})

    assert tag == ofrep.etag(flags(**given), {"b": 2, "a": 1})
    assert tag != ofrep.etag(flags(**given), {"a": 1, "b": 3})
    assert tag != ofrep.etag(flags("2", **given), {"a": 1, "b": 2})


@pytest.mark.parametrize(
    "rule",
    [
        {"if": [{">": [{"var": "$flagd.timestamp"}, 1]}, "on"]},
        {"if": [{"$ref": "later"}, "on"]},
        {"if": [{"missing": [{"var": "name"}]}, "on"]},
        {"if": [{"in": ["7", {"septet.random": []}]}, "on"]},
    ],
)
def test_what_changes_by_itself_is_tagged_by_what_it_says(rule: Any) -> None:
    later = {">": [{"var": "$flagd.timestamp"}, 1]}
    twice = {"a": {**SWITCH, "targeting": rule}, "b": {**SWITCH, "targeting": rule}}
    found = compile_set({"flags": twice, "$evaluators": {"later": later}})

    assert found.changing
    assert ofrep.etag(found, {}) is None
    assert ofrep.etag_of(b"a") == ofrep.etag_of(b"a") != ofrep.etag_of(b"b")


@pytest.mark.parametrize(
    ("header", "held"),
    [('"a"', True), ('W/"a"', True), ('"b", "a"', True), ("*", True), ('"b"', False), ("", False)],
)
def test_a_client_names_the_tags_that_it_holds(header: str, held: bool) -> None:
    assert ofrep.is_current(header, '"a"') is held


def test_odd_values_can_be_told() -> None:
    body = {"value": 2**70, "key": "\ud800"}

    assert json.loads(ofrep.encode(body)) == body
    assert ofrep.etag(flags(it=SWITCH), {"n": 2**70}) is not None
