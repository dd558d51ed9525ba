"""Every directive of Federation 2.9 at every place where it may stand, and nowhere else."""

from collections.abc import Callable
from typing import Any

import graphene
import pytest
from graphene_directives import DirectiveLocation
from graphene_federation import ComposableDirective
from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    GraphQLArgument,
    GraphQLInt,
    GraphQLNonNull,
    Visitor,
    parse,
    print_ast,
    visit,
)

from kernel.federation.directives import (
    DEFINITIONS,
    authenticated,
    context,
    cost,
    custom,
    external,
    from_context,
    inaccessible,
    interface_object,
    key,
    list_size,
    override,
    policy,
    requires,
    requires_scopes,
    shareable,
    tag,
)
from kernel.federation.subgraph import build_subgraph

Mark = Callable[[Any], Any]
#: What may stand on types of every kind, and on their fields.
ON_FIELDS_AND_TYPES: dict[str, Mark] = {
    "@authenticated": authenticated,
    '@requiresScopes(scopes: [["a", "b"], ["c"]])': requires_scopes(["a", "b"], ["c"]),
    '@policy(policies: [["a", "b"], ["c"]])': policy(["a", "b"], ["c"]),
}
ANYWHERE: dict[str, Mark] = {'@tag(name: "a")': tag("a"), "@inaccessible": inaccessible}
COST: dict[str, Mark] = {"@cost(weight: 3)": cost(3)}
SHAREABLE: dict[str, Mark] = {"@shareable": shareable, "@external": external}
CONTEXT: dict[str, Mark] = {'@context(name: "a")': context("a")}

ALLOWED: dict[str, dict[str, Mark]] = {
    "OBJECT": {
        **ANYWHERE,
        **ON_FIELDS_AND_TYPES,
        **COST,
        **SHAREABLE,
        **CONTEXT,
        "@interfaceObject": interface_object,
        '@key(fields: "id")': key("id"),
        '@key(fields: "id", resolvable: false)': key("id", resolvable=False),
    },
    "FIELD_DEFINITION": {
        **ANYWHERE,
        **ON_FIELDS_AND_TYPES,
        **COST,
        **SHAREABLE,
        '@override(from: "other")': override("other"),
        '@override(from: "other", label: "percent(5)")': override("other", label="percent(5)"),
        '@requires(fields: "id")': requires("id"),
        "@listSize(assumedSize: 9)": list_size(assumed_size=9),
        '@listSize(slicingArguments: ["first", "last"], sizedFields: ["nodes"],'
        " requireOneSlicingArgument: false)": list_size(
            slicing_arguments=["first", "last"],
            sized_fields=["nodes"],
            require_one_slicing_argument=False,
        ),
    },
    "INTERFACE": {
        **ANYWHERE,
        **ON_FIELDS_AND_TYPES,
        **CONTEXT,
        '@key(fields: "id")': key("id"),
    },
    "UNION": {**ANYWHERE, **CONTEXT},
    "ENUM": {**ANYWHERE, **ON_FIELDS_AND_TYPES, **COST},
    "ENUM_VALUE": ANYWHERE,
    "SCALAR": {**ANYWHERE, **ON_FIELDS_AND_TYPES, **COST},
    "INPUT_OBJECT": ANYWHERE,
    "INPUT_FIELD_DEFINITION": {**ANYWHERE, **COST},
    "ARGUMENT_DEFINITION": {
        **ANYWHERE,
        **COST,
        '@fromContext(field: "$a { b }")': from_context("$a { b }"),
    },
}


def printed(query: type[graphene.ObjectType], **options: Any) -> str:
    """Return the types of a subgraph's SDL without the first of its parts, the links."""
    sdl = build_subgraph("any", query=query, entities=[], **options).sdl
    parse(sdl)
    return sdl.split("\n\n", 1)[1]


def with_mark_at(place: str, mark: Mark) -> str:
    """Print a schema with one thing of every kind, the one at the place marked."""

    def marked(here: str, thing: Any) -> Any:
        return mark(thing) if place == here else thing

    class Named(graphene.Interface):
        id = graphene.ID(required=True)

    class Thing(graphene.ObjectType):
        class Meta:
            interfaces = (Named,)

        id = graphene.ID(required=True)
        size = marked("FIELD_DEFINITION", graphene.Int())

    class Other(graphene.ObjectType):
        name = graphene.String()

    class Either(graphene.Union):
        class Meta:
            types = (Thing, Other)

    class Colour(graphene.Enum):
        RED = 1
        BLUE = 2

    class Moment(graphene.Scalar):
        pass

    class Wanted(graphene.InputObjectType):
        colour = marked("INPUT_FIELD_DEFINITION", Colour())

    class Query(graphene.ObjectType):
        either = graphene.Field(
            Either,
            wanted=Wanted(),
            since=marked("ARGUMENT_DEFINITION", Moment()),
        )

    marked("INTERFACE", Named)
    marked("OBJECT", Thing)
    marked("UNION", Either)
    marked("ENUM", Colour)
    marked("ENUM_VALUE", Colour.RED)
    marked("SCALAR", Moment)
    marked("INPUT_OBJECT", Wanted)
    return printed(Query)


#: The line that a directive goes to, with a gap for it.
LINES = {
    "OBJECT": "type Thing implements Named{} {{",
    "FIELD_DEFINITION": "  size: Int{}",
    "INTERFACE": "interface Named{} {{",
    "UNION": "union Either{} = Thing | Other",
    "ENUM": "enum Colour{} {{",
    "ENUM_VALUE": "  RED{}",
    "SCALAR": "scalar Moment{}",
    "INPUT_OBJECT": "input Wanted{} {{",
    "INPUT_FIELD_DEFINITION": "  colour: Colour{}",
    "ARGUMENT_DEFINITION": "  either(wanted: Wanted, since: Moment{}): Either",
}


@pytest.mark.parametrize(
    ("place", "text"), [(place, text) for place, marks in ALLOWED.items() for text in marks]
)
def test_a_directive_is_printed_at_its_place_and_nowhere_else(place: str, text: str) -> None:
    plain = with_mark_at("", lambda thing: thing)

    marked = with_mark_at(place, ALLOWED[place][text])

    assert LINES[place].format("") in plain.splitlines()
    assert marked == plain.replace(
        f"{LINES[place].format('')}\n", f"{LINES[place].format(' ' + text)}\n"
    )


def test_every_directive_of_the_specification_is_tried_at_every_place_it_allows() -> None:
    tried = {(text.split("(")[0], place) for place, marks in ALLOWED.items() for text in marks}
    allowed = {
        (str(definition), place.name)
        for definition in DEFINITIONS.values()
        for place in definition.locations
    }
    # Federation 2 needs no @extends, @provides has a test of its own, and what stands on the
    # schema is printed for each custom directive.
    elsewhere = {
        ("@extends", "OBJECT"),
        ("@extends", "INTERFACE"),
        ("@provides", "FIELD_DEFINITION"),
        ("@composeDirective", "SCHEMA"),
    }

    assert tried == allowed - elsewhere


@pytest.mark.parametrize("place", LINES)
def test_a_directive_is_refused_where_it_may_not_stand(place: str) -> None:
    allowed = {text.split("(")[0] for text in ALLOWED[place]}
    everything = {text: mark for marks in ALLOWED.values() for text, mark in marks.items()}

    for text, mark in everything.items():
        if text.split("(")[0] not in allowed:
            with pytest.raises(ValueError, match=r"cannot stand on"):
                with_mark_at(place, mark)


@pytest.mark.parametrize(
    ("thing", "mark"),
    [
        (graphene.Field(graphene.Int), from_context("$a { b }")),
        (graphene.Argument(graphene.Int), shareable),
        (graphene.InputField(graphene.Int), shareable),
        (object(), shareable),
    ],
)
def test_what_has_its_place_already_is_refused_at_once(thing: Any, mark: Mark) -> None:
    with pytest.raises(ValueError, match="cannot stand on"):
        mark(thing)


def test_what_turns_out_to_stand_elsewhere_is_refused_when_the_schema_is_built() -> None:
    class Query(graphene.ObjectType):
        size = graphene.Int(unit=shareable(graphene.String()))

    with pytest.raises(ValueError, match="@shareable cannot stand on what became ARGUMENT"):
        build_subgraph("any", query=Query, entities=[])


def test_a_directive_stands_once_unless_it_may_be_repeated() -> None:
    twice = tag("a")(tag("b")(graphene.Int()))

    with pytest.raises(ValueError, match=r"@tag stands on .* already"):
        tag("a")(twice)
    with pytest.raises(ValueError, match=r"@cost stands on .* already"):
        cost(1)(cost(2)(graphene.Int()))
    with pytest.raises(ValueError, match=r"@interfaceObject stands on .* already"):
        interface_object(interface_object(type("Media", (graphene.ObjectType,), {})))


weight = ComposableDirective(
    name="weight",
    locations=[DirectiveLocation.OBJECT],
    args={"kilos": GraphQLArgument(GraphQLNonNull(GraphQLInt))},
    spec_url="https://specs.example.com/weight/v1.0",
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "@weight needs the argument kilos"),
        ({"kilos": 1, "grams": 2}, "@weight has no argument grams"),
        ({"kilos": "heavy"}, r"@weight\(kilos:\) .*Int cannot represent"),
    ],
)
def test_the_arguments_of_a_directive_are_checked(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        custom(weight, **arguments)


def test_the_text_says_the_same_when_it_is_parsed_and_printed_again() -> None:
    for place, marks in ALLOWED.items():
        for mark in marks.values():
            text = with_mark_at(place, mark)
            assert len(directives(parse(text))) == 1
            assert directives(parse(print_ast(parse(text)))) == directives(parse(text))


def directives(document: DocumentNode) -> list[str]:
    class Directives(Visitor):
        def enter_directive(self, node: ConstDirectiveNode, *_: Any) -> None:
            found.append(print_ast(node))

    found: list[str] = []
    visit(document, Directives())
    return found
