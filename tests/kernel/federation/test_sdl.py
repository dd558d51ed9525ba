"""A subgraph as text: what a gateway reads is what the classes say, whatever is in the strings."""

import enum
from typing import Any

import graphene
import pytest
from graphene_directives import DirectiveLocation
from graphene_federation import ComposableDirective
from graphene_federation.apollo_versions import FederationVersion
from graphql import (
    DocumentNode,
    GraphQLArgument,
    GraphQLInt,
    GraphQLNonNull,
    StringValueNode,
    Visitor,
    parse,
    visit,
)

from kernel.federation.directives import (
    authenticated,
    cost,
    custom,
    external,
    inaccessible,
    key,
    override,
    provides,
    requires,
    shareable,
    tag,
)
from kernel.federation.entities import Resolvable
from kernel.federation.subgraph import build_subgraph


def printed(query: type[graphene.ObjectType], **options: Any) -> str:
    """Return the types of a subgraph's SDL without the first of its parts, the links."""
    sdl = build_subgraph("any", query=query, entities=[], **options).sdl
    parse(sdl)
    return sdl.split("\n\n", 1)[1]


def test_several_and_nested_keys_are_printed_in_the_order_they_are_read() -> None:
    class Variation(graphene.ObjectType):
        id = graphene.ID(required=True)

    @key("id")
    @key("sku package", resolvable=False)
    @tag("shop")
    @key("sku variation { id }")
    class Product(Resolvable, graphene.ObjectType):
        id = graphene.ID(required=True)
        sku = graphene.String()
        package = graphene.String()
        variation = graphene.Field(Variation)

    class Query(graphene.ObjectType):
        product = graphene.Field(Product)

    assert (
        'type Product @key(fields: "id") @key(fields: "sku package", resolvable: false)'
        ' @key(fields: "sku variation { id }") @tag(name: "shop") {'
    ) in printed(Query)


def test_fields_and_what_they_need_of_others_are_printed() -> None:
    @key("email")
    class User(Resolvable, graphene.ObjectType):
        email = external(graphene.ID(required=True))
        total = external(graphene.Int())
        average = requires("total")(override("users")(graphene.Int()))

    class Query(graphene.ObjectType):
        user = provides("total")(graphene.Field(User, zip=tag("z")(graphene.String())))

    assert printed(Query) == (
        "type Query {\n"
        '  user(zip: String @tag(name: "z")): User @provides(fields: "total")\n'
        "}\n\n"
        'type User @key(fields: "email") {\n'
        "  email: ID! @external\n"
        "  total: Int @external\n"
        '  average: Int @requires(fields: "total") @override(from: "users")\n'
        "}\n"
    )


def test_the_root_types_keep_what_is_applied_to_them() -> None:
    @authenticated
    class FilesQuery(graphene.ObjectType):
        size = graphene.Int()

    @tag("write")
    class FilesMutation(graphene.ObjectType):
        remove = graphene.Int()

    sdl = printed(FilesQuery, mutation=FilesMutation)

    assert "type Query @authenticated {" in sdl
    assert 'type Mutation @tag(name: "write") {' in sdl


def test_a_subclass_does_not_share_what_is_applied_to_its_base() -> None:
    @key("id")
    class Base(graphene.ObjectType):
        id = graphene.ID(required=True)

    @key("name")
    class Derived(Base):
        name = graphene.String()

    class Query(graphene.ObjectType):
        base = graphene.Field(Base)
        derived = graphene.Field(Derived)

    sdl = printed(Query)

    assert 'type Base @key(fields: "id") {' in sdl
    assert 'type Derived @key(fields: "name") {' in sdl


def test_values_of_an_enum_of_python_are_marked_too() -> None:
    class State(enum.Enum):
        CLEAN = "clean"
        LOST = "lost"

    inaccessible(State.LOST)

    class Query(graphene.ObjectType):
        state = graphene.Field(graphene.Enum.from_enum(State))

    assert "  CLEAN\n  LOST @inaccessible\n" in printed(Query)


TEXTS = [
    'a "quoted" word',
    "back\\slash and \\n that is none",
    "two\nlines\tand a tab",
    "Grüße, 飛行場, 🛫",
    '"""',
    "\u0007 a bell",
    "#{$}",
]


@pytest.mark.parametrize("text", TEXTS)
def test_strings_are_escaped_wherever_they_are_printed(text: str) -> None:
    class Colour(graphene.Enum):
        RED = 1

    tag(text)(Colour)
    tag(text)(Colour.RED)

    class Query(graphene.ObjectType):
        colour = tag(text)(
            graphene.Field(
                Colour,
                deprecation_reason=text,
                description=text,
                argument=tag(text)(graphene.String(default_value=text, description=text)),
            )
        )

    found = strings(parse(printed(Query)))

    # Four tags, a reason, a default and two descriptions; a block string loses space at its ends.
    assert [each.strip() for each in found] == [text.strip()] * 8


def strings(document: DocumentNode) -> list[str]:
    class Strings(Visitor):
        def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
            found.append(node.value)

    found: list[str] = []
    visit(document, Strings())
    return found


def weight(**options: Any) -> ComposableDirective:
    return ComposableDirective(
        name="weight",
        locations=[DirectiveLocation.OBJECT, DirectiveLocation.FIELD_DEFINITION],
        args={
            "kilos": GraphQLArgument(GraphQLNonNull(GraphQLInt)),
            "of": GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=1),
        },
        **{"spec_url": "https://specs.example.com/weight/v1.0", **options},
    )


def test_a_directive_of_our_own_is_defined_linked_and_composed() -> None:
    heavy = weight(description="How heavy.", is_repeatable=True)
    fragile = ComposableDirective(
        name="fragile", locations=[DirectiveLocation.OBJECT], spec_url=heavy.spec_url
    )

    @custom(fragile)
    @custom(heavy, kilos=3)
    class Box(graphene.ObjectType):
        size = custom(heavy, kilos=1, of=2)(custom(heavy, kilos=2)(graphene.Int()))

    class Query(graphene.ObjectType):
        box = graphene.Field(Box)

    sdl = build_subgraph("any", query=Query, entities=[], directives=[heavy, fragile]).sdl

    parse(sdl)
    assert sdl == (
        "extend schema\n"
        '  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])\n'
        '  @link(url: "https://specs.example.com/weight/v1.0", import: ["@fragile", "@weight"])\n'
        '  @composeDirective(name: "@weight")\n'
        '  @composeDirective(name: "@fragile")\n\n'
        '"""How heavy."""\n'
        "directive @weight(kilos: Int!, of: Int! = 1) repeatable on OBJECT | FIELD_DEFINITION\n\n"
        "directive @fragile on OBJECT\n\n"
        "type Query {\n  box: Box\n}\n\n"
        "type Box @fragile @weight(kilos: 3) {\n"
        "  size: Int @weight(kilos: 1, of: 2) @weight(kilos: 2)\n"
        "}\n"
    )


def test_a_directive_of_our_own_must_be_declared() -> None:
    class Query(graphene.ObjectType):
        size = custom(weight(), kilos=1)(graphene.Int())

    with pytest.raises(ValueError, match=r"@weight is not of Federation 2\.9, nor declared"):
        build_subgraph("any", query=Query, entities=[])


def test_the_link_imports_what_is_used_and_nothing_else() -> None:
    @key("id")
    class Thing(Resolvable, graphene.ObjectType):
        id = graphene.ID(required=True)
        size = shareable(graphene.Int())

    class Query(graphene.ObjectType):
        thing = graphene.Field(Thing)

    sdl = build_subgraph("any", query=Query, entities=[Thing]).sdl

    assert sdl.split("\n\n")[0] == (
        "extend schema\n"
        '  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])'
    )


def test_an_older_version_links_to_itself_and_refuses_what_it_lacks() -> None:
    class Query(graphene.ObjectType):
        size = tag("a")(graphene.Int())

    class Costly(graphene.ObjectType):
        size = cost(1)(graphene.Int())

    old = FederationVersion.VERSION_2_3

    assert (
        '@link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@tag"])'
        in build_subgraph("any", query=Query, entities=[], version=old).sdl
    )
    with pytest.raises(ValueError, match=r"@cost is not of Federation 2\.3"):
        build_subgraph("any", query=Costly, entities=[], version=old)
