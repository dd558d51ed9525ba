"""A subgraph's schema as text, with the directives applied to it (Apollo Federation 2.9)."""

from collections.abc import Iterable, Mapping

from graphene_federation import ComposableDirective
from graphene_federation.apollo_versions import FederationVersion
from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    StringValueNode,
    ast_from_value,
    is_introspection_type,
    is_specified_scalar_type,
    print_ast,
)
from graphql.utilities.print_schema import (
    print_block,
    print_deprecated,
    print_description,
    print_directive,
    print_implemented_interfaces,
    print_input_value,
    print_specified_by_url,
)

from kernel.federation.directives import FEDERATION_VERSION, Applied, definitions_of

SPECIFICATION = "https://specs.apollo.dev/federation/v"
#: What every subgraph answers to gateways; the specification lets the text leave it out.
FEDERATION_TYPES = frozenset({"_Any", "_Entity", "_Service"})
FEDERATION_FIELDS = frozenset({"_entities", "_service"})
#: Only here it is known what became of a `graphene.String()` that has a directive.
_PLACES = {
    GraphQLField: DirectiveLocation.FIELD_DEFINITION,
    GraphQLArgument: DirectiveLocation.ARGUMENT_DEFINITION,
    GraphQLInputField: DirectiveLocation.INPUT_FIELD_DEFINITION,
}


def print_subgraph(
    schema: GraphQLSchema,
    custom: Iterable[ComposableDirective] = (),
    version: FederationVersion = FEDERATION_VERSION,
) -> str:
    """Return the SDL that `_service` gives to gateways and composers.

    Raises ValueError for a directive that is neither of this version nor among the custom ones.
    """
    return _Printer(schema, {directive.name: directive for directive in custom}, version).print()


class _Printer:
    """Prints one schema, and remembers which directives it met."""

    def __init__(
        self,
        schema: GraphQLSchema,
        custom: dict[str, ComposableDirective],
        version: FederationVersion,
    ) -> None:
        self._schema = schema
        self._custom = custom
        self._version = version
        self._definitions: dict[str, GraphQLDirective] = {**definitions_of(version), **custom}
        self._used: set[str] = set()

    def print(self) -> str:
        types = [
            self._type(type_)
            for name, type_ in self._schema.type_map.items()
            if name not in FEDERATION_TYPES
            and not is_introspection_type(type_)
            and not is_specified_scalar_type(type_)
        ]
        definitions = [print_directive(directive) for directive in self._custom.values()]
        return "\n\n".join([self._links(), *definitions, *types]) + "\n"

    def _links(self) -> str:
        federation = {name for name in self._used if name not in self._custom}
        if self._custom:
            federation.add("composeDirective")
        lines = [_link(SPECIFICATION + self._version.value, federation)]
        urls = dict.fromkeys(directive.spec_url for directive in self._custom.values())
        lines += [
            _link(url, {name for name, one in self._custom.items() if one.spec_url == url})
            for url in urls
        ]
        lines += [f'  @composeDirective(name: "@{name}")' for name in self._custom]
        return "extend schema\n" + "\n".join(lines)

    def _type(self, type_: GraphQLNamedType) -> str:
        match type_:
            case GraphQLObjectType():
                return self._with_fields("type", type_)
            case GraphQLInterfaceType():
                return self._with_fields("interface", type_)
            case GraphQLScalarType():
                head, rest = "scalar", print_specified_by_url(type_)
            case GraphQLUnionType():
                head, rest = "union", " = " + " | ".join(one.name for one in type_.types)
            case GraphQLEnumType():
                head, rest = "enum", self._values(type_)
            case GraphQLInputObjectType():
                head, rest = "input", self._inputs(type_)
            case _:
                raise TypeError(f"{type_} is no type of a schema")
        return print_description(type_) + f"{head} {type_.name}{self._applied(type_)}{rest}"

    def _with_fields(self, head: str, type_: GraphQLObjectType | GraphQLInterfaceType) -> str:
        fields = {
            name: field for name, field in type_.fields.items() if name not in FEDERATION_FIELDS
        }
        printed = [
            f"{print_description(field, '  ', not index)}  {name}{self._arguments(field.args)}"
            f": {field.type}{print_deprecated(field.deprecation_reason)}{self._applied(field)}"
            for index, (name, field) in enumerate(fields.items())
        ]
        named = type_.name + print_implemented_interfaces(type_) + self._applied(type_)
        return f"{print_description(type_)}{head} {named}{print_block(printed)}"

    def _arguments(self, arguments: Mapping[str, GraphQLArgument]) -> str:
        if not arguments:
            return ""
        printed = [
            print_input_value(name, argument) + self._applied(argument)
            for name, argument in arguments.items()
        ]
        described = [argument.description for argument in arguments.values()]
        if not any(described):
            return f"({', '.join(printed)})"
        lines = [
            f"{print_description(argument, '    ', not index)}    {text}"
            for index, (argument, text) in enumerate(zip(arguments.values(), printed, strict=True))
        ]
        return "(\n" + "\n".join(lines) + "\n  )"

    def _values(self, type_: GraphQLEnumType) -> str:
        return print_block(
            [
                f"{print_description(value, '  ', not index)}  {name}"
                f"{print_deprecated(value.deprecation_reason)}{self._applied(value)}"
                for index, (name, value) in enumerate(type_.values.items())
            ]
        )

    def _inputs(self, type_: GraphQLInputObjectType) -> str:
        return print_block(
            [
                f"{print_description(field, '  ', not index)}  {self._input(name, field)}"
                for index, (name, field) in enumerate(type_.fields.items())
            ]
        )

    def _input(self, name: str, field: GraphQLInputField) -> str:
        return print_input_value(name, field) + self._applied(field)  # type: ignore[arg-type]  # graphql-core itself passes both

    def _applied(self, thing: GraphQLNamedType | object) -> str:
        uses: Applied = getattr(thing, "extensions", {}).get("directives", {})
        printed = ""
        for name, every in uses.items():
            if name not in self._definitions:
                raise ValueError(
                    f"@{name} is not of Federation {self._version.value}, nor declared"
                )
            place = _PLACES.get(type(thing))
            if place and place not in self._definitions[name].locations:
                raise ValueError(f"@{name} cannot stand on what became {place.name}")
            self._used.add(name)
            for arguments in every:
                printed += f" @{name}{self._values_of(name, arguments)}"
        return printed

    def _values_of(self, name: str, arguments: dict[str, object]) -> str:
        types = self._definitions[name].args
        # Through the printer of values, so that quotes and backslashes are escaped.
        printed = [
            f"{argument}: {print_ast(node)}"
            for argument, value in arguments.items()
            if (node := ast_from_value(value, types[argument].type)) is not None
        ]
        return f"({', '.join(printed)})" if printed else ""


def _link(url: str | None, names: set[str]) -> str:
    imports = ", ".join(f'"@{name}"' for name in sorted(names))
    return f"  @link(url: {print_ast(StringValueNode(value=url))}, import: [{imports}])"
