"""Schemas made of classes: what graphene-federation 3.3 gets wrong, and what we refuse to build.

The thirteen pitfalls are those that were found by trying the library before this was written.
"""

import uuid
from typing import Any, ClassVar

import graphene
import pytest
from graphql import GraphQLSchema, parse, validate_schema

from kernel.federation.directives import interface_object, key, provides, requires, tag
from kernel.federation.entities import Entity, Representation, Resolvable
from kernel.federation.fields import Many, One
from kernel.federation.pages import PageInfo
from kernel.federation.references import contribution
from kernel.federation.subgraph import Subgraph, build_subgraph, compose
from kernel.identity.models import Tenant
from kernel.testing.tenants import make_tenant
from tests.kernel.federation.asking import Queries, ask, failures, fetch


@key("id")
class TenantType(Entity):
    class Meta:
        model = Tenant
        name = "Tenant"
        fields = ("id", "slug", "name")
        skip_registry = True

    scope = "tenants:read"


class TenantsQuery(graphene.ObjectType):
    """Reads of tenants."""

    tenant = One(TenantType)
    tenants = Many(TenantType)


class TenantsMutation(graphene.ObjectType):
    """Changes of tenants."""

    close = graphene.Boolean()


class Variation(graphene.ObjectType):
    id = graphene.ID(required=True)


@key("sku variation { id }")
class Product(Resolvable, graphene.ObjectType):
    sku = tag('the "sku"')(graphene.String())
    variation = graphene.Field(Variation)

    @classmethod
    def resolve_references(cls, info: Any, representations: list[Representation]) -> list[Any]:
        return [
            cls(sku=one["sku"], variation=Variation(id=one["variation"]["id"]))
            for one in representations
        ]


def build() -> Subgraph:
    return build_subgraph(
        "tenants", query=TenantsQuery, mutation=TenantsMutation, entities=[TenantType, Product]
    )


built = build()


def tenant_of(id_: Any) -> Representation:
    return {"__typename": "Tenant", "id": id_}


def test_pitfall_1_the_link_is_to_a_version_that_both_composers_know() -> None:
    assert built.sdl.startswith(
        'extend schema\n  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ['
    )


def test_pitfall_2_many_subgraphs_with_connections_are_built_in_one_process() -> None:
    again = build()

    assert again.sdl == built.sdl
    assert again.schema is not built.schema
    assert "type PageInfo @shareable {" in built.sdl
    other = type("Query", (graphene.ObjectType,), {"others": Many(TenantType)})
    others = build_subgraph("other", query=other, entities=[TenantType])
    assert compose([built, others]).type_map["PageInfo"].graphene_type is PageInfo  # type: ignore[attr-defined]


def test_pitfall_3_a_tag_is_printed_with_its_name() -> None:
    assert "@tag(name: " in built.sdl


def test_pitfall_4_no_type_of_the_specification_is_printed() -> None:
    names = [getattr(one, "name", None) for one in parse(built.sdl).definitions]

    assert sorted(name.value for name in names if name) == [
        "Mutation",
        "PageInfo",
        "Product",
        "Query",
        "Tenant",
        "TenantConnection",
        "TenantEdge",
        "Variation",
    ]
    for leaked in ("FieldSet", "federation__", "_Any", "_Entity", "_Service", "_service"):
        assert leaked not in built.sdl


@pytest.mark.django_db
def test_pitfall_5_a_representation_that_fails_leaves_the_others_alone() -> None:
    one = str(make_tenant("one").pk)

    body = fetch(
        built.schema,
        [tenant_of(one), tenant_of(str(uuid.UUID(int=7))), tenant_of("x"), tenant_of(one)],
        "... on Tenant { slug }",
    )

    found = {"__typename": "Tenant", "slug": "one"}
    assert body["data"] == {"_entities": [found, None, None, found]}
    assert failures(body) == [(["_entities", 2], "INVALID_INPUT")]


@pytest.mark.parametrize("bad", [{}, "x", {"__typename": "String"}, {"__typename": "Nothing"}])
def test_pitfall_6_what_is_no_representation_is_told_in_our_words(bad: Any) -> None:
    body = fetch(built.schema, [bad])

    assert failures(body) == [(["_entities", 0], "INVALID_INPUT")]
    assert "Error" not in body["errors"][0]["message"]


def test_pitfall_7_representations_may_be_literals() -> None:
    body = ask(
        built.schema,
        '{ _entities(representations: [{__typename: "Product", sku: "a", variation: {id: "v"}}])'
        " { ... on Product { sku } } }",
    )

    assert body == {"data": {"_entities": [{"sku": "a"}]}}


def test_pitfall_8_a_key_may_go_through_a_nullable_field() -> None:
    sent = {"__typename": "Product", "sku": "a", "variation": {"id": "v"}}

    assert fetch(built.schema, [sent], "... on Product { sku variation { id } }") == {
        "data": {"_entities": [sent]}
    }


def media() -> Subgraph:
    @key("id")
    class Media(Resolvable, graphene.Interface):
        id = graphene.ID(required=True)

        made_as: ClassVar[dict[str, Any]] = {}

        @classmethod
        def resolve_references(cls, info: Any, representations: list[Representation]) -> list[Any]:
            return [cls.made_as.get(one["id"]) for one in representations]

    @key("id")
    class Book(Resolvable, graphene.ObjectType):
        class Meta:
            interfaces = (Media,)

        pages = graphene.Int()

    @key("id")
    class Film(Resolvable, graphene.ObjectType):
        class Meta:
            interfaces = (Media,)

        minutes = graphene.Int()

    Media.made_as.update(b=Book(id="b", pages=9), f=Film(id="f", minutes=90))

    class Query(graphene.ObjectType):
        media = graphene.Field(Media)

    return build_subgraph("media", query=Query, entities=[Media, Book, Film])


def test_pitfall_9_an_interface_may_have_a_key_and_stands_for_its_objects() -> None:
    graph = media()
    asked = [{"__typename": "Media", "id": one} for one in ("f", "x", "b")]

    body = fetch(graph.schema, asked, "... on Media { id } ... on Book { pages }")

    assert 'interface Media @key(fields: "id") {' in graph.sdl
    assert [type_.name for type_ in graph.schema.type_map["_Entity"].types] == ["Book", "Film"]  # type: ignore[attr-defined]
    assert body == {
        "data": {
            "_entities": [
                {"__typename": "Film", "id": "f"},
                None,
                {"__typename": "Book", "id": "b", "pages": 9},
            ]
        }
    }


def test_an_object_may_stand_for_an_interface_of_another_subgraph() -> None:
    @interface_object
    @key("id")
    class Media(Resolvable, graphene.ObjectType):
        id = graphene.ID(required=True)
        stars = graphene.Int()

        @classmethod
        def resolve_references(cls, info: Any, representations: list[Representation]) -> list[Any]:
            return [cls(id=one["id"], stars=5) for one in representations]

    class Query(graphene.ObjectType):
        best = graphene.Field(Media)

    graph = build_subgraph("ratings", query=Query, entities=[Media])
    body = fetch(graph.schema, [{"__typename": "Media", "id": "b"}], "... on Media { stars }")

    assert 'type Media @interfaceObject @key(fields: "id") {' in graph.sdl
    assert body == {"data": {"_entities": [{"__typename": "Media", "stars": 5}]}}


@pytest.mark.django_db
def test_pitfall_10_rows_of_one_type_are_read_by_one_query() -> None:
    ids = [str(make_tenant().pk) for _ in range(5)]

    with Queries() as queries:
        fetch(built.schema, [tenant_of(id_) for id_ in ids], "... on Tenant { slug }")

    assert len(queries) == 1


def test_pitfall_11_strings_are_escaped() -> None:
    assert '@tag(name: "the \\"sku\\"")' in built.sdl


def test_pitfall_12_the_root_types_are_called_query_and_mutation() -> None:
    schemas = [built.schema, compose([built])]

    for schema in schemas:
        assert schema.query_type is schema.type_map["Query"]
        assert schema.mutation_type is schema.type_map["Mutation"]
        assert "TenantsQuery" not in schema.type_map


@pytest.mark.django_db
def test_pitfall_13_the_key_is_the_id_of_the_row_and_there_is_no_root_field_node() -> None:
    one = str(make_tenant("one").pk)

    body = ask(built.schema, "query ($id: ID!) { tenant(id: $id) { id } }", id=one)

    assert body == {"data": {"tenant": {"id": one}}}
    assert built.schema.query_type is not None
    assert "node" not in built.schema.query_type.fields
    assert "Node" not in built.schema.type_map


@pytest.mark.parametrize("schema", [built.schema, compose([built]), media().schema])
def test_what_is_built_is_a_valid_schema(schema: GraphQLSchema) -> None:
    assert validate_schema(schema) == []


def test_a_composed_schema_has_nothing_of_federation() -> None:
    composed = compose([built])

    assert composed.query_type is not None
    assert set(composed.query_type.fields) == {"tenant", "tenants"}
    assert {"_Any", "_Entity", "_Service"} & set(composed.type_map) == set()


BAD_KEYS = {
    "nothing": "names nothing, which it does not have",
    "sku nothing": "names nothing, which it does not have",
    "variation": "names variation, but no fields of it",
    "variation { nothing }": "field set of Variation names nothing",
    "sku { id }": "field set of String names id",
    "": "is no field set",
    "sku {": "is no field set",
    "sku: variation": "plain fields only",
    "sku(a: 1)": "plain fields only",
    "... on Product { sku }": "plain fields only",
}


@pytest.mark.parametrize(("fields", "message"), BAD_KEYS.items())
@pytest.mark.parametrize("directive", [key, requires, provides])
def test_a_field_set_that_names_what_is_not_there_is_refused_when_it_is_built(
    directive: Any, fields: str, message: str
) -> None:
    class Shop(Product):
        class Meta:
            name = "Shop"

        product = graphene.Field(Product)
        other = graphene.Int()

    class Query(graphene.ObjectType):
        shop = graphene.Field(Shop)

    if directive is key:
        key(fields)(Shop)
    else:
        field = Shop._meta.fields["product" if directive is provides else "other"]
        directive(fields)(field)

    with pytest.raises(ValueError, match=message):
        build_subgraph("shop", query=Query, entities=[])


def test_a_good_field_set_is_built() -> None:
    class Shop(Resolvable, graphene.ObjectType):
        id = graphene.ID(required=True)
        product = provides("sku variation { id }")(graphene.Field(Product))
        size = requires("id product { sku __typename }")(graphene.Int())

    class Query(graphene.ObjectType):
        shop = graphene.Field(Shop)

    assert "@requires" in build_subgraph("shop", query=Query, entities=[]).sdl


@pytest.mark.parametrize("kind", [graphene.ObjectType, graphene.InputObjectType, graphene.Enum])
def test_two_meanings_of_one_name_are_refused(kind: Any) -> None:
    def graph(service: str) -> Subgraph:
        value: Any = 1 if kind is graphene.Enum else graphene.Int()
        made = type(kind)("Shared", (kind,), {"value": value})
        argument = {} if kind is graphene.ObjectType else {"shared": made()}
        type_ = made if kind is graphene.ObjectType else graphene.Int
        query = type("Query", (graphene.ObjectType,), {service: graphene.Field(type_, **argument)})
        return build_subgraph(service, query=query, entities=[])

    with pytest.raises(ValueError, match="one and two both define Shared"):
        compose([graph("one"), graph("two")])


def test_two_services_with_one_root_field_are_refused() -> None:
    other = type("Query", (graphene.ObjectType,), {"tenants": graphene.Int()})

    with pytest.raises(ValueError, match=r"tenants and other both define Query\.tenants"):
        compose([built, build_subgraph("other", query=other, entities=[])])


def test_a_contributed_field_may_be_null_as_its_service_may_be_away() -> None:
    with pytest.raises(ValueError, match=r"Tenant\.slug may not be null"):
        contribution("Tenant", slug=graphene.Field(graphene.Int, required=True))


@pytest.mark.parametrize("first", ["owner", "contribution"])
def test_a_contributed_field_that_is_there_already_is_refused(first: str) -> None:
    query = type("Query", (graphene.ObjectType,), {"size": graphene.Int()})
    part = contribution("Tenant", slug=graphene.Field(graphene.Int))
    other = build_subgraph("other", query=query, entities=[], contributions=[part])

    with pytest.raises(ValueError, match=r"both define Tenant\.slug"):
        compose([built, other] if first == "owner" else [other, built])
