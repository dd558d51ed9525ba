"""The directives of Apollo Federation 2.9, put on types, fields, arguments and enum values.

graphene-federation defines them; names in field sets are those of the SDL. On a class they are
decorators; a field, an argument or a value of an enum is passed in: `tag("a")(graphene.String())`.
"""

import enum
from collections.abc import Callable
from typing import Any, TypeVar

import graphene
from graphene.types.mountedtype import MountedType
from graphene.types.unmountedtype import UnmountedType
from graphene.utils.orderedtype import OrderedType
from graphene_federation import ComposableDirective
from graphene_federation.apollo_versions import FederationVersion, get_directives_based_on_version
from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLDirective,
    GraphQLError,
    GraphQLNonNull,
    GraphQLString,
    coerce_input_value,
    is_required_argument,
)

T = TypeVar("T")

# @theguild/federation-composition 0.27 knows no link version after 2.9; Apollo's takes both.
FEDERATION_VERSION = FederationVersion.VERSION_2_9
#: What is applied to a thing: for each directive the arguments of each use.
Applied = dict[str, list[dict[str, Any]]]


def definitions_of(version: FederationVersion) -> dict[str, GraphQLDirective]:
    """Return the library's definitions, with three of them as the specification has them."""
    found: dict[str, Any] = get_directives_based_on_version(version)
    tag = found["tag"]
    tag.args = {"name": GraphQLArgument(GraphQLNonNull(GraphQLString))}
    tag.is_repeatable = True
    if "interfaceObject" in found:
        found["interfaceObject"].is_repeatable = False
    if "from_context" in found:
        found["from_context"].name = "fromContext"
    return {definition.name: definition for definition in found.values()}


DEFINITIONS = definitions_of(FEDERATION_VERSION)


def key(fields: str, *, resolvable: bool = True) -> Callable[[T], T]:
    """Name the fields that identify an entity, such as `id` or `sku variation { id }`."""
    return _use("key", fields=fields, resolvable=None if resolvable else False)


def requires(fields: str) -> Callable[[T], T]:
    """Have the gateway send these fields of other subgraphs along with the key."""
    return _use("requires", fields=fields)


def provides(fields: str) -> Callable[[T], T]:
    """Say which fields of the entity this subgraph can answer at this very place."""
    return _use("provides", fields=fields)


def override(from_: str, *, label: str | None = None) -> Callable[[T], T]:
    """Take a field over from another subgraph, for a part of the requests if there is a label."""
    return _use("override", **{"from": from_, "label": label})


def tag(name: str) -> Callable[[T], T]:
    """Mark a place in the schema for contracts and tools."""
    return _use("tag", name=name)


def requires_scopes(*alternatives: list[str]) -> Callable[[T], T]:
    """Let a gateway that reads scopes open this only to one of these sets of scopes."""
    return _use("requiresScopes", scopes=list(alternatives))


def policy(*alternatives: list[str]) -> Callable[[T], T]:
    """Let a gateway open this only where one of these sets of its policies holds."""
    return _use("policy", policies=list(alternatives))


def context(name: str) -> Callable[[T], T]:
    """Let arguments of fields below this type be taken from it, by this name."""
    return _use("context", name=name)


def from_context(field: str) -> Callable[[T], T]:
    """Have the gateway set an argument from a context, such as `$shop { currency }`."""
    return _use("fromContext", field=field)


def cost(weight: int) -> Callable[[T], T]:
    """Say what a field, a type or an argument costs (IBM cost directive specification)."""
    return _use("cost", weight=weight)


def list_size(
    *,
    assumed_size: int | None = None,
    slicing_arguments: list[str] | None = None,
    sized_fields: list[str] | None = None,
    require_one_slicing_argument: bool | None = None,
) -> Callable[[T], T]:
    """Say how many items a list has (IBM cost directive specification)."""
    return _use(
        "listSize",
        assumedSize=assumed_size,
        slicingArguments=slicing_arguments,
        sizedFields=sized_fields,
        requireOneSlicingArgument=require_one_slicing_argument,
    )


def shareable(thing: T) -> T:
    """Let other subgraphs answer this, too."""
    return _use("shareable")(thing)


def shared_as(other: type[Any], thing: T) -> T:
    """Let other subgraphs answer this, too, if they may answer that."""
    return shareable(thing) if "shareable" in applied(other) else thing


def external(thing: T) -> T:
    """Name a field that another subgraph answers."""
    return _use("external")(thing)


def inaccessible(thing: T) -> T:
    """Keep this out of what a gateway shows."""
    return _use("inaccessible")(thing)


def interface_object(thing: T) -> T:
    """Stand for an entity interface of another subgraph, whatever its types."""
    return _use("interfaceObject")(thing)


def authenticated(thing: T) -> T:
    """Let a gateway open this only to requests with a credential."""
    return _use("authenticated")(thing)


def custom(directive: ComposableDirective, **arguments: Any) -> Callable[[T], T]:
    """Apply a directive of our own, which composition keeps (@composeDirective)."""
    return _apply(directive, arguments)


def applied(thing: Any) -> Applied:
    """Return what is applied to a class, field, argument or enum value itself, not to its bases."""
    if isinstance(thing, OrderedType):
        return _of_fields.get(thing.creation_counter, {})
    found: Applied = vars(thing).get(_ATTRIBUTE, {})
    return found


def derived(base: type[T], name: str, fields: dict[str, Any]) -> type[T]:
    """Return a class with more fields, to which the same is applied as to its base."""
    return type(name, (base,), {**fields, _ATTRIBUTE: applied(base)})


#: Where classes and enum values keep what is applied to them.
_ATTRIBUTE = "_applied_directives"
#: What is applied to fields and arguments, by the number that graphene gives each: it makes
#: another object of a `graphene.String()` once it knows its place, and leaves it the number.
_of_fields: dict[int, Applied] = {}


def _use(directive: str, /, **arguments: Any) -> Callable[[T], T]:
    return _apply(DEFINITIONS[directive], arguments)


def _apply(definition: GraphQLDirective, arguments: dict[str, Any]) -> Callable[[T], T]:
    given = {name: value for name, value in arguments.items() if value is not None}
    _check_arguments(definition, given)

    def apply(thing: T) -> T:
        if not _places(thing) & set(definition.locations):
            raise ValueError(f"{definition} cannot stand on {thing}")
        others = dict(applied(thing))
        uses = others.pop(definition.name, [])
        if uses and (given in uses or not definition.is_repeatable):
            raise ValueError(f"{definition} stands on {thing} already")
        # The last decorator is applied first; this way all are printed in the order they are read.
        now = {definition.name: [given, *uses], **others}
        if isinstance(thing, OrderedType):
            _of_fields[thing.creation_counter] = now
        else:
            setattr(thing, _ATTRIBUTE, now)
        return thing

    return apply


def _check_arguments(definition: GraphQLDirective, given: dict[str, Any]) -> None:
    for name in given.keys() - definition.args.keys():
        raise ValueError(f"{definition} has no argument {name}")
    for name, argument in definition.args.items():
        if name in given:
            try:
                coerce_input_value(given[name], argument.type)
            except GraphQLError as error:
                raise ValueError(f"{definition}({name}:) {error.message}") from None
        elif is_required_argument(argument):
            raise ValueError(f"{definition} needs the argument {name}")


_OF_CLASSES = {
    graphene.ObjectType: DirectiveLocation.OBJECT,
    graphene.Interface: DirectiveLocation.INTERFACE,
    graphene.Union: DirectiveLocation.UNION,
    graphene.Enum: DirectiveLocation.ENUM,
    graphene.Scalar: DirectiveLocation.SCALAR,
    graphene.InputObjectType: DirectiveLocation.INPUT_OBJECT,
}
_OF_FIELDS = {
    graphene.Argument: DirectiveLocation.ARGUMENT_DEFINITION,
    graphene.InputField: DirectiveLocation.INPUT_FIELD_DEFINITION,
    MountedType: DirectiveLocation.FIELD_DEFINITION,
}


def _places(thing: Any) -> set[DirectiveLocation]:
    """Return the places where this may come to stand; several as long as it may be any field."""
    match thing:
        case type():
            return {place for base, place in _OF_CLASSES.items() if issubclass(thing, base)}
        case UnmountedType():
            return set(_OF_FIELDS.values())
        case MountedType():
            return {next(place for base, place in _OF_FIELDS.items() if isinstance(thing, base))}
        case enum.Enum():
            return {DirectiveLocation.ENUM_VALUE}
    return set()
