"""Federated tracing, read back by a small reader of protocol buffers that shares no code with ours.

The node test in tests/compatibility reads a trace with Apollo's own package, too.
"""

import base64
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import perf_counter_ns
from typing import Any

import graphene
import pytest
from django.conf import settings
from django.test import Client
from graphql import build_schema

from kernel import clock
from kernel.errors import NotFoundError
from kernel.federation import execution, view
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.execution import Endpoint
from kernel.federation.fields import Many
from kernel.federation.limits import Limits
from kernel.federation.requests import GraphQLRequest
from kernel.federation.subgraph import build_subgraph
from kernel.federation.tracing import HEADER, Trace
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.tenants import make_key
from tests.kernel.federation.asking import principal

LIMITS = Limits(tokens=1_000, depth=12, aliases=15, directives=50, cost=5_000)
MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message on the wire: the values of each of its members."""

    members: dict[int, list[Any]]

    @classmethod
    def read(cls, data: bytes) -> "Message":
        members: dict[int, list[Any]] = {}
        place = 0

        def varint() -> int:
            nonlocal place
            value = shift = 0
            while True:
                byte = data[place]
                place += 1
                value += (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return value

        while place < len(data):
            number, kind = divmod(varint(), 8)
            value: Any
            if kind == 0:
                value = varint()
            else:
                length = 8 if kind == 1 else varint()
                value, place = data[place : place + length], place + length
                assert len(value) == length
            members.setdefault(number, []).append(value)
        return cls(members)

    def one(self, member: int) -> Any:
        (value,) = self.members[member]
        return value

    def text(self, member: int) -> str:
        return b"".join(self.members.get(member, [])).decode()

    def inner(self, member: int) -> "list[Message]":
        return [Message.read(data) for data in self.members.get(member, [])]

    def at(self, *path: str | int) -> "Message":
        """Return the node of a path below this node."""
        node = self
        for step in path:
            (node,) = [
                child
                for child in node.inner(12)
                if child.members.get(2 if isinstance(step, int) else 1)
                == [step if isinstance(step, int) else step.encode()]
            ]
        return node

    def took(self) -> int:
        """Return how long the resolver of this node took, in nanoseconds."""
        (start,), (end,) = self.members.get(8, [0]), self.members[9]
        return int(end - start)


def spin(milliseconds: int) -> None:
    end = perf_counter_ns() + milliseconds * MILLISECOND
    while perf_counter_ns() < end:
        pass


def endpoint() -> Endpoint:
    schema: Any = build_schema(
        "type Query { slow(by: Int!): Int rows: [Row!]! nothing: Row }"
        " type Row { id: ID! bad: Int }"
    )

    def slow(_root: Any, _info: Any, by: int) -> int:
        spin(by)
        return by

    def bad(row: Any, _info: Any) -> int:
        if row["id"] == "2":
            raise NotFoundError("no row 2")
        if row["id"] == "3":
            raise KeyError("a secret of ours")
        return 1

    schema.query_type.fields["slow"].resolve = slow
    schema.query_type.fields["rows"].resolve = lambda *_: [{"id": str(one)} for one in range(1, 4)]
    schema.type_map["Row"].fields["bad"].resolve = bad
    return Endpoint(schema, LIMITS)


def traced(query: str) -> tuple[dict[str, Any], Message]:
    answer = endpoint().answer(GraphQLRequest(query, {}, None), trace=Trace())
    ftv1 = answer.body["extensions"]["ftv1"]
    return answer.body, Message.read(base64.b64decode(ftv1, validate=True))


def test_each_resolver_is_there_with_its_names_types_and_times() -> None:
    body, trace = traced("{ a: slow(by: 20) slow(by: 5) }")

    root = trace.inner(14)[0]
    first, second = root.at("a"), root.at("slow")
    assert body["data"] == {"a": 20, "slow": 5}
    assert first.took() >= 20 * MILLISECOND
    assert second.took() >= 5 * MILLISECOND
    assert second.one(8) >= first.one(9)
    assert [first.text(14), first.text(3), first.text(13)] == ["slow", "Int", "Query"]
    assert [second.text(14), second.text(3), second.text(13)] == ["", "Int", "Query"]
    # Ours is every operation, no sample of several.
    assert struct.unpack("<d", trace.one(31)) == (1.0,)
    assert trace.one(11) >= second.one(9)


def test_items_of_lists_have_their_index_and_fields_inside_are_below_them() -> None:
    _, trace = traced("{ rows { id } nothing { id } }")

    root = trace.inner(14)[0]
    assert root.at("rows").text(3) == "[Row!]!"
    assert len(root.at("rows").inner(12)) == 3
    for index in range(3):
        item = root.at("rows", index)
        # An item is no field: it has its index, which is written though it is 0, and children.
        assert set(item.members) == {2, 12}
        assert item.at("id").text(13) == "Row"
        assert item.at("id").took() >= 0
    assert root.at("nothing").inner(12) == []


def test_an_error_is_told_at_its_field_as_the_caller_sees_it() -> None:
    body, trace = traced("{ rows {\n id\n bad } }")

    root = trace.inner(14)[0]
    (error,) = root.at("rows", 1, "bad").inner(11)
    (masked,) = root.at("rows", 2, "bad").inner(11)
    (location,) = error.inner(2)
    assert root.at("rows", 0, "bad").inner(11) == []
    assert error.text(1) == "no row 2"
    assert (location.one(1), location.one(2)) == (3, 2)
    assert '"code":"NOT_FOUND"' in error.text(4)
    assert masked.text(1) == body["errors"][1]["message"]
    assert b"secret" not in masked.members[4][0]


def test_an_error_of_no_field_is_told_at_the_root() -> None:
    endpoint_ = endpoint()
    request = GraphQLRequest("query($by: Int!) { slow(by: $by) }", {"by": "x"}, None)

    answer = endpoint_.answer(request, trace=Trace())

    trace = Message.read(base64.b64decode(answer.body["extensions"]["ftv1"]))
    (error,) = trace.inner(14)[0].inner(11)
    assert error.text(1) == answer.body["errors"][0]["message"]
    assert "data" not in answer.body


def test_looking_at_the_schema_is_not_traced() -> None:
    _, trace = traced("{ __typename __schema { queryType { name } } nothing { id } }")

    (only,) = trace.inner(14)[0].inner(12)
    assert only.text(1) == "nothing"


def test_the_trace_says_when_it_began_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    began = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)
    moments = iter([began, began + timedelta(seconds=2)])
    monkeypatch.setattr(clock, "now", lambda: next(moments))

    trace = Message.read(base64.b64decode(Trace().ftv1([])))

    (start,), (end,) = trace.inner(4), trace.inner(3)
    assert (start.one(1), start.one(2)) == (1_767_323_045, 678_900_000)
    assert (end.one(1), end.one(2)) == (1_767_323_047, 678_900_000)


def test_the_bytes_are_those_of_the_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
    monkeypatch.setattr(Trace, "_elapsed", lambda _: 150)

    written = base64.b64decode(Trace().ftv1([{"message": "é", "path": ["a", 0]}]))

    error = b'{"message":"\xc3\xa9","path":["a",0]}'
    item = b"\x10\x00" + b"\x5a" + bytes([6 + len(error)]) + b"\x0a\x02\xc3\xa9\x22"
    item += bytes([len(error)]) + error
    node = b"\x0a\x01a" + b"\x62" + bytes([len(item)]) + item
    root = b"\x62" + bytes([len(node)]) + node
    assert written == (
        # 300 seconds are 0xAC 0x02: seven bits at a time, the lowest first.
        b"\x1a\x05\x08\xac\x02\x10\x00"
        b"\x22\x05\x08\xac\x02\x10\x00"
        b"\x58\x96\x01"
        b"\x72" + bytes([len(root)]) + root + b"\xf9\x01\x00\x00\x00\x00\x00\x00\xf0\x3f"
    )


@key("id")
class TenantType(Entity):
    class Meta:
        model = Tenant
        name = "Tenant"
        fields = ("id", "slug")
        skip_registry = True

    scope = "tenants:read"


class Query(graphene.ObjectType):
    tenants = Many(TenantType)


def test_what_a_plan_would_answer_is_resolved_when_it_is_traced(tenant: Tenant) -> None:
    schema = build_subgraph("tenants", query=Query, entities=[TenantType]).schema

    with acting_as(principal()):
        answer = Endpoint(schema, LIMITS).answer(
            GraphQLRequest("{ tenants { nodes { slug } } }", {}, None), trace=Trace()
        )

    trace = Message.read(base64.b64decode(answer.body["extensions"]["ftv1"]))
    assert answer.body["data"] == {"tenants": {"nodes": [{"slug": tenant.slug}]}}
    assert trace.inner(14)[0].at("tenants", "nodes", 0, "slug").took() > 0


PATH = f"/{settings.SERVICES[0]}/graphql"


def ask(headers: dict[str, str]) -> dict[str, Any]:
    response = Client().post(
        PATH, {"query": "{ __typename }"}, content_type="application/json", headers=headers
    )
    body: dict[str, Any] = response.json()
    return body


def test_a_caller_with_a_credential_gets_a_trace_for_the_asking(tenant: Tenant) -> None:
    key = {"Authorization": f"Bearer {make_key(tenant).secret}"}

    body = ask({**key, HEADER: "ftv1"})

    assert body["data"] == {"__typename": "Query"}
    assert list(body["extensions"]) == ["ftv1"]
    assert Message.read(base64.b64decode(body["extensions"]["ftv1"])).one(11) > 0


def test_nobody_else_does_and_pays_for_none(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = {"Authorization": f"Bearer {make_key(tenant).secret}"}

    monkeypatch.setattr(execution, "execute_sync", lambda *_, **__: pytest.fail("no plan"))
    monkeypatch.setattr(view, "Trace", lambda: pytest.fail("a trace was begun"))

    for headers in ({HEADER: "ftv1"}, key, {**key, HEADER: "ftv2"}):
        assert ask(headers) == {"data": {"__typename": "Query"}}
