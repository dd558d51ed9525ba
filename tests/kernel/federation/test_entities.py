"""`_entities`: what a gateway joins with, whatever it sends."""

import math
import uuid
from typing import Any, ClassVar

import graphene
import pytest
from django.conf import settings
from django.db import connection
from graphql import GraphQLUnionType, print_type

from kernel.errors import ConflictError
from kernel.federation.directives import key
from kernel.federation.entities import Entity, Representation, Resolvable
from kernel.federation.subgraph import build_subgraph
from kernel.identity.models import Tenant
from kernel.testing.tenants import make_tenant
from tests.kernel.federation.asking import NOBODY, Queries, ask, failures, fetch

pytestmark = pytest.mark.usefixtures("both_ways")

#: The keys of each batch that was resolved, as the gateway sent them.
calls: list[list[Representation]] = []


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


@key("id")
class TenantType(Entity):
    class Meta:
        model = Tenant
        name = "Tenant"
        fields = ("id", "slug", "name")
        skip_registry = True

    scope = "tenants:read"


class Variation(graphene.ObjectType):
    id = graphene.ID(required=True)


@key("id")
@key("sku package")
@key("sku variation { id }")
class Product(Resolvable, graphene.ObjectType):
    id = graphene.ID(required=True)
    sku = graphene.String()
    package = graphene.String()
    variation = graphene.Field(Variation)

    known: ClassVar[dict[str, tuple[str, str]]] = {"1": ("apple", "box"), "2": ("pear", "bag")}

    @classmethod
    def resolve_references(cls, info: Any, representations: list[Representation]) -> list[Any]:
        calls.append(representations)
        return [cls._found(one) for one in representations]

    @classmethod
    def _found(cls, wanted: Representation) -> Any:
        if wanted.get("sku") == "sold":
            return ConflictError("sold out")
        for id_, (sku, package) in cls.known.items():
            if wanted.get("id", id_) == id_ and wanted.get("sku", sku) == sku:
                return cls(id=id_, sku=sku, package=package, variation=Variation(id="v"))
        return None


class Query(graphene.ObjectType):
    variation = graphene.Field(Variation)


shop = build_subgraph("shop", query=Query, entities=[TenantType, Product]).schema
PRODUCT = "... on Product { id sku }"


def product(**fields: Any) -> Representation:
    return {"__typename": "Product", **fields}


def tenant_of(id_: Any) -> Representation:
    return {"__typename": "Tenant", "id": id_}


def answered(id_: str, sku: str) -> dict[str, str]:
    return {"__typename": "Product", "id": id_, "sku": sku}


APPLE, PEAR = answered("1", "apple"), answered("2", "pear")


@pytest.mark.django_db
def test_the_order_is_kept_over_types_and_what_is_missing_is_null() -> None:
    one, two = make_tenant("one"), make_tenant("two")

    body = fetch(
        shop,
        [
            tenant_of(str(two.pk)),
            product(id="2"),
            tenant_of(str(uuid.UUID(int=7))),
            tenant_of(str(one.pk)),
            product(id="9"),
            product(id="1"),
            tenant_of(str(two.pk)),
        ],
        f"{PRODUCT} ... on Tenant {{ slug }}",
    )

    first, second = ({"__typename": "Tenant", "slug": slug} for slug in ("one", "two"))
    assert body == {"data": {"_entities": [second, PEAR, None, first, None, APPLE, second]}}


BAD: list[Any] = [
    "Product",
    5,
    True,
    [],
    {},
    {"id": "1"},
    {"__typename": None, "id": "1"},
    {"__typename": 5, "id": "1"},
    {"__typename": ["Product"], "id": "1"},
    {"__typename": {"a": 1}, "id": "1"},
    {"__typename": "Nothing", "id": "1"},
    {"__typename": "x" * 100_000, "id": "1"},
    # Types that are there, but are no entities.
    {"__typename": "Variation", "id": "1"},
    {"__typename": "Query"},
    {"__typename": "String", "id": "1"},
    {"__typename": "_Service"},
    {"__typename": "__Schema"},
    product(),
    product(id=None),
    product(id={"id": "1"}),
    product(id=["1"]),
    product(id=1.5),
    product(id=True),
    product(sku="apple"),
    product(sku="apple", package=None),
    product(sku="apple", package=5),
    product(sku=True, package="box"),
    product(sku="apple", variation={"id": False}),
    product(sku="apple", variation="v"),
    product(sku="apple", variation=None),
    product(sku="apple", variation={}),
    product(sku="apple", variation={"id": None}),
    product(sku="apple", variation={"id": {"id": "v"}}),
    product(sku="apple", variation=[{"id": "v"}]),
    product(ID="1"),
    tenant_of(""),
    tenant_of("1"),
    tenant_of(1),
    tenant_of(1.5),
    tenant_of(True),
    tenant_of("{00000000-0000-0000-0000-000000000007}"),
    tenant_of("0' OR 1=1 --"),
    tenant_of("x" * 100_000),
]


@pytest.mark.django_db
@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad)[:60])
def test_one_that_means_nothing_is_an_error_in_its_place_and_the_others_are_answered(
    bad: Any,
) -> None:
    body = fetch(shop, [product(id="1"), bad, product(id="2")], PRODUCT)

    assert body["data"] == {"_entities": [APPLE, None, PEAR]}
    assert failures(body) == [(["_entities", 1], "INVALID_INPUT")]
    assert len(body["errors"][0]["message"]) < 200


@pytest.mark.django_db
def test_all_that_mean_nothing_are_told_at_once() -> None:
    body = fetch(shop, [*BAD, product(id="1")], PRODUCT)

    assert body["data"] == {"_entities": [*[None] * len(BAD), APPLE]}
    assert failures(body) == [(["_entities", n], "INVALID_INPUT") for n in range(len(BAD))]


def test_fields_besides_the_key_do_no_harm() -> None:
    sent = product(id="1", package=["not", "a", "key"], weight=3, _peers=1)

    assert fetch(shop, [sent], PRODUCT) == {"data": {"_entities": [APPLE]}}


def test_each_key_is_fetched_in_one_batch_by_the_first_key_that_is_held() -> None:
    by_id, by_package = product(id="1"), product(sku="pear", package="bag")
    by_variation = product(sku="apple", variation={"id": "v", "extra": 1})
    both = product(id="2", sku="pear", package="bag")

    body = fetch(shop, [by_id, by_variation, by_package, both, by_package], PRODUCT)

    assert body == {"data": {"_entities": [APPLE, APPLE, PEAR, PEAR, PEAR]}}
    assert calls == [[by_id, both], [by_variation], [by_package, by_package]]


def test_an_error_of_one_row_stands_in_its_place() -> None:
    sold = product(sku="sold", package="box")

    body = fetch(shop, [sold, product(id="1"), product(sku="pear", package="bag")], PRODUCT)

    assert body["data"] == {"_entities": [None, APPLE, PEAR]}
    assert failures(body) == [(["_entities", 0], "CONFLICT")]
    assert body["errors"][0]["message"] == "sold out"


def test_a_failure_of_ours_keeps_no_other_type_or_key_from_being_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = Product._found

    def fail_for_packages(wanted: Representation) -> Any:
        if "package" in wanted:
            raise KeyError("a secret")
        return found(wanted)

    monkeypatch.setattr(Product, "_found", fail_for_packages)
    by_package = product(sku="pear", package="bag")

    body = fetch(shop, [by_package, product(id="1"), by_package], PRODUCT)

    assert body["data"] == {"_entities": [None, APPLE, None]}
    assert failures(body) == [(["_entities", 0], "INTERNAL"), (["_entities", 2], "INTERNAL")]
    assert all("id" in error["extensions"] for error in body["errors"])
    assert "a secret" not in str(body)
    assert [record.exc_info is not None for record in caplog.records] == [True]


@pytest.mark.django_db
def test_a_scope_closes_the_entities_of_its_type_and_no_others() -> None:
    one = str(make_tenant().pk)

    body = fetch(
        shop,
        [tenant_of(one), product(id="1"), tenant_of(one)],
        f"{PRODUCT} ... on Tenant {{ slug }}",
        scopes=("files:read",),
    )

    assert body["data"] == {"_entities": [None, APPLE, None]}
    assert failures(body) == [(["_entities", 0], "FORBIDDEN"), (["_entities", 2], "FORBIDDEN")]


def test_without_a_credential_nothing_is_fetched() -> None:
    body = fetch(shop, [product(id="1")], PRODUCT, scopes=NOBODY)

    assert failures(body) == [(["_entities"], "UNAUTHENTICATED")]
    assert calls == []


@pytest.mark.parametrize(("head", "sku"), [("", '"pear"'), ("query ($sku: String)", "$sku")])
def test_representations_may_be_written_in_the_document(head: str, sku: str) -> None:
    query = f"""{head} {{ _entities(representations: [
      {{__typename: "Product", id: "1"}}
      {{__typename: "Product", sku: {sku}, variation: {{id: "v"}}}}
      {{__typename: "Product", id: 2.5}}
      {{__typename: PEAR}}
    ]) {{ __typename {PRODUCT} }} }}"""

    body = ask(shop, query, sku="pear")

    assert body["data"] == {"_entities": [APPLE, PEAR, None, None]}
    assert failures(body) == [(["_entities", n], "INVALID_INPUT") for n in (2, 3)]


@pytest.mark.parametrize("representations", [None, [None]])
def test_what_is_no_list_of_representations_is_refused(representations: Any) -> None:
    body = fetch(shop, representations, PRODUCT)

    assert failures(body) == [([], "INVALID_INPUT")]
    assert "data" not in body


def test_one_alone_stands_for_a_list_of_it() -> None:
    alone: Any = product(id="1")

    assert fetch(shop, alone, PRODUCT) == {"data": {"_entities": [APPLE]}}


def test_none_are_answered_by_none() -> None:
    assert fetch(shop, []) == {"data": {"_entities": []}}
    assert calls == []


def test_as_many_are_answered_as_the_limit_says_and_no_more() -> None:
    most = settings.GRAPHQL_MAX_REPRESENTATIONS

    assert len(fetch(shop, [product(id="1")] * most)["data"]["_entities"]) == most
    assert len(calls) == 1
    body = fetch(shop, [product(id="1")] * (most + 1))
    assert failures(body) == [(["_entities"], "LIMIT_EXCEEDED")]
    assert len(calls) == 1


@pytest.mark.django_db
def test_a_thousand_take_one_query_for_their_type_and_key() -> None:
    tenants = Tenant.objects.bulk_create(
        Tenant(slug=f"tenant-{n}", name=f"Tenant {n}") for n in range(900)
    )
    ids = [str(tenant.pk) for tenant in reversed(tenants)]
    gone = [str(uuid.UUID(int=n)) for n in range(100)]

    with Queries() as queries:
        body = fetch(shop, [tenant_of(id_) for id_ in ids + gone], "... on Tenant { slug }")

    slugs = [{"__typename": "Tenant", "slug": f"tenant-{n}"} for n in reversed(range(900))]
    assert body == {"data": {"_entities": slugs + [None] * 100}}
    # SQLite takes 999 parameters at most; Django then asks twice.
    assert len(queries) == math.ceil(1_000 / (connection.features.max_query_params or 1_000))


@pytest.mark.django_db
def test_the_same_row_asked_for_often_is_read_once() -> None:
    one = str(make_tenant("one").pk)

    with Queries() as queries:
        body = fetch(shop, [tenant_of(one)] * 300, "... on Tenant { id }")

    assert body["data"]["_entities"] == [{"__typename": "Tenant", "id": one}] * 300
    assert len(queries) == 1


def test_the_two_fields_are_those_of_the_specification() -> None:
    query = shop.query_type

    assert query is not None
    assert print_type(query) == (
        "type Query {\n"
        "  variation: Variation\n"
        "  _service: _Service!\n"
        "  _entities(representations: [_Any!]!): [_Entity]!\n"
        "}"
    )
    union = shop.type_map["_Entity"]
    assert isinstance(union, GraphQLUnionType)
    assert [type_.name for type_ in union.types] == ["Tenant", "Product"]


def test_a_subgraph_whose_entities_are_only_stubs_fetches_none() -> None:
    @key("id", resolvable=False)
    class Stub(Resolvable, graphene.ObjectType):
        id = graphene.ID(required=True)

    class StubQuery(graphene.ObjectType):
        stub = graphene.Field(Stub)

    schema = build_subgraph("any", query=StubQuery, entities=[Stub]).schema

    assert "_Entity" not in schema.type_map
    assert schema.query_type is not None
    assert list(schema.query_type.fields) == ["stub", "_service"]
