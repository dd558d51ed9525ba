"""References to entities of other services: alone, and with their owner in the same schema."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import graphene
import pytest
from graphql import GraphQLSchema

from kernel.federation.batches import Batched, together
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.references import Reference, References, contribution
from kernel.federation.subgraph import build_subgraph, compose
from kernel.identity.models import Tenant
from kernel.testing.tenants import make_tenant
from tests.kernel.federation.asking import NOBODY, Queries, ask, failures, fetch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("both_ways")]

GONE = str(uuid.UUID(int=7))


@key("id")
class TenantType(Entity):
    class Meta:
        model = Tenant
        name = "Tenant"
        fields = ("id", "slug", "name", "suspended_at")
        skip_registry = True

    scope = "tenants:read"

    note_count = Batched(graphene.Int, load=lambda ids: {id_: len(id_) for id_ in ids})


class TenantQuery(graphene.ObjectType):
    first_tenant = graphene.Field(TenantType)

    @staticmethod
    def resolve_first_tenant(_root: Any, _info: Any) -> Any:
        return Tenant.objects.first()


@dataclass
class Note:
    """A row that knows tenants by their ids only."""

    id: str
    tenant_id: Any = None
    reader_ids: list[Any] = field(default_factory=list)


class NoteType(graphene.ObjectType):
    class Meta:
        name = "Note"

    id = graphene.ID(required=True)
    tenant = Reference("Tenant", column="tenant_id")
    readers = References("Tenant", column="reader_ids")


class NoteQuery(graphene.ObjectType):
    notes = graphene.List(NoteType)

    @staticmethod
    def resolve_notes(_root: Any, _info: Any) -> list[Note]:
        return together(notes)


#: The rows of the service that refers, and which keys its contribution was loaded for.
notes: list[Note] = []
loaded: list[list[str]] = []


def _notes_of(ids: list[str]) -> dict[str, list[str]]:
    loaded.append(ids)
    return {id_: [note.id for note in notes if str(note.tenant_id) == id_] for id_ in ids}


NotedTenant = contribution("Tenant", noted=Batched(graphene.List(graphene.ID), load=_notes_of))

tenants = build_subgraph("tenants", query=TenantQuery, entities=[TenantType])
noting = build_subgraph("noting", query=NoteQuery, entities=[])
noted = build_subgraph(
    "noted",
    query=type("Query", (graphene.ObjectType,), {}),
    entities=[],
    contributions=[NotedTenant],
)
joined = compose([tenants, noting, noted])
BOTH_ORDERS = [compose([noting, noted, tenants]), compose([noted, tenants, noting])]


@pytest.fixture(autouse=True)
def rows() -> list[Tenant]:
    """Three tenants, the notes that refer to them, and one that refers to nobody that is there."""
    found = [make_tenant(slug) for slug in ("one", "two", "three")]
    loaded.clear()
    notes[:] = [
        Note("a", found[0].pk, [found[2].pk, GONE, found[0].pk]),
        Note("b", str(found[1].pk)),
        Note("c", None),
        Note("d", GONE),
        Note("e", found[0].pk, [found[0].pk] * 2),
    ]
    return found


def of_notes(schema: GraphQLSchema, fields: str, **options: Any) -> Any:
    return ask(schema, f"{{ notes {fields} }}", **options)["data"]["notes"]


def test_without_its_owner_an_entity_is_a_stub(rows: list[Tenant]) -> None:
    assert 'type Tenant @key(fields: "id", resolvable: false) {\n  id: ID!\n}' in noting.sdl

    with Queries() as queries:
        found = of_notes(noting.schema, "{ tenant { id } readers { __typename id } }")

    assert [note["tenant"] and note["tenant"]["id"] for note in found] == [
        str(rows[0].pk),
        str(rows[1].pk),
        None,
        GONE,
        str(rows[0].pk),
    ]
    assert found[0]["readers"][1] == {"__typename": "Tenant", "id": GONE}
    assert len(queries) == 0


def test_without_its_owner_an_entity_has_no_other_field() -> None:
    body = ask(compose([noting]), "{ notes { tenant { slug } } }")

    assert failures(body) == [([], "GRAPHQL_VALIDATION_FAILED")]


@pytest.mark.parametrize("schema", [joined, *BOTH_ORDERS], ids=["first", "last", "between"])
def test_with_its_owner_an_entity_has_all_its_fields_by_one_query(schema: GraphQLSchema) -> None:
    with Queries() as queries:
        found = of_notes(schema, "{ id tenant { __typename id slug } }")

    assert [note["tenant"] and note["tenant"]["slug"] for note in found] == [
        "one",
        "two",
        None,
        # A tenant always has a slug, so one without is none.
        None,
        "one",
    ]
    assert len(queries) == 1


def test_a_list_of_references_keeps_its_order_and_has_null_for_what_is_gone() -> None:
    with Queries() as queries:
        found = of_notes(joined, "{ readers { slug } }")

    assert found[0]["readers"] == [{"slug": "three"}, None, {"slug": "one"}]
    assert found[1]["readers"] == []
    assert found[4]["readers"] == [{"slug": "one"}] * 2
    assert len(queries) == 1


@pytest.mark.parametrize(
    "fields",
    [
        "{ id }",
        "{ __typename }",
        "{ key: id kind: __typename }",
        "{ ... on Tenant { id } ...F }",
        "{ id slug @skip(if: true) name @include(if: false) }",
        "{ id noted }",
    ],
)
def test_for_the_key_and_for_fields_of_others_the_owner_is_not_asked(fields: str) -> None:
    fragment = "fragment F on Tenant { __typename }" if "...F" in fields else ""

    with Queries() as queries:
        body = ask(joined, f"{{ notes {{ tenant {fields} }} }} {fragment}", scopes=("notes:read",))

    assert "errors" not in body
    assert [note["tenant"] is None for note in body["data"]["notes"]] == [
        *[False] * 2,
        True,
        *[False] * 2,
    ]
    assert len(queries) == 0


def test_one_that_is_gone_has_nulls_if_nothing_of_it_must_be_there() -> None:
    found = of_notes(joined, "{ tenant { id suspendedAt noteCount } }")

    assert found[0]["tenant"]["noteCount"] == 36
    # As behind a gateway, which has its key from us and hears of no such row from its owner.
    assert found[3]["tenant"]["id"] == GONE
    assert found[3]["tenant"]["suspendedAt"] is None


@pytest.mark.parametrize("name", ["slug", "called: slug", "id: slug", "suspendedAt: slug"])
def test_an_alias_changes_nothing_in_what_is_asked_of_the_owner(name: str) -> None:
    alias, *_ = name.split(":")

    with Queries() as queries:
        found = of_notes(joined, f"{{ tenant {{ {name} }} }}")

    assert [note["tenant"] and note["tenant"][alias] for note in found] == [
        "one",
        "two",
        None,
        None,
        "one",
    ]
    assert len(queries) == 1


def test_fields_of_others_are_loaded_once_for_all_beside_those_of_the_owner(
    rows: list[Tenant],
) -> None:
    with Queries() as queries:
        found = of_notes(joined, "{ tenant { slug noted } }")

    assert found[0]["tenant"] == {"slug": "one", "noted": ["a", "e"]}
    assert found[3]["tenant"] is None
    assert loaded == [[str(row.pk) for row in rows[:2]]]
    assert len(queries) == 1


def test_fields_of_others_answer_for_the_owners_rows_wherever_they_come_from(
    rows: list[Tenant],
) -> None:
    body = ask(joined, "{ firstTenant { slug noted } }")

    first = Tenant.objects.first()
    assert first is not None
    expected = [note.id for note in notes if str(note.tenant_id) == str(first.pk)]
    assert body == {"data": {"firstTenant": {"slug": first.slug, "noted": expected}}}


def test_a_gateway_fetches_what_others_contribute_by_the_key(rows: list[Tenant]) -> None:
    one = {"__typename": "Tenant", "id": str(rows[0].pk)}

    body = fetch(
        noted.schema,
        [one, {**one, "id": GONE}, {**one, "id": "x"}],
        "... on Tenant { id noted }",
    )

    assert body["data"]["_entities"] == [
        {**one, "noted": ["a", "e"]},
        {**one, "id": GONE, "noted": ["d"]},
        None,
    ]
    assert failures(body) == [(["_entities", 2], "INVALID_INPUT")]
    assert 'type Tenant @key(fields: "id") {\n  id: ID!\n  noted: [ID]\n}' in noted.sdl


def test_what_the_owner_shows_needs_the_owners_scope() -> None:
    body = ask(
        joined,
        "{ notes { id tenant { slug } readers { slug } } }",
        scopes=("notes:read",),
    )

    # Nobody is told of a failure where nobody is named.
    nobody: dict[str, Any] = {"tenant": None, "readers": []}
    assert body["data"] == {
        "notes": [
            {"id": "a", "tenant": None, "readers": [None] * 3},
            *({"id": id_, **nobody} for id_ in "bcd"),
            {"id": "e", "tenant": None, "readers": [None] * 2},
        ]
    }
    assert failures(body) == [
        (["notes", 0, "readers", 0], "FORBIDDEN"),
        (["notes", 0, "readers", 1], "FORBIDDEN"),
        (["notes", 0, "readers", 2], "FORBIDDEN"),
        (["notes", 0, "tenant"], "FORBIDDEN"),
        (["notes", 1, "tenant"], "FORBIDDEN"),
        (["notes", 3, "tenant"], "FORBIDDEN"),
        (["notes", 4, "readers", 0], "FORBIDDEN"),
        (["notes", 4, "readers", 1], "FORBIDDEN"),
        (["notes", 4, "tenant"], "FORBIDDEN"),
    ]


def test_without_a_credential_the_owner_is_not_asked() -> None:
    with Queries() as queries:
        body = ask(joined, "{ notes { tenant { slug } } }", scopes=NOBODY)

    assert {code for _, code in failures(body)} == {"UNAUTHENTICATED"}
    assert len(queries) == 0


def test_rows_that_nobody_may_see_are_gone(
    rows: list[Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    visible = Tenant.objects.exclude(slug="one")
    monkeypatch.setattr(TenantType, "rows", classmethod(lambda _: visible))

    found = of_notes(joined, "{ tenant { slug } }")

    assert [note["tenant"] for note in found] == [None, {"slug": "two"}, None, None, None]
