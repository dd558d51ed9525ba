"""The directives of Apollo Federation 2.9, put on types, fields and arguments.

graphene-federation defines and checks them; names in field sets are those of the SDL.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from graphene_directives import directive_decorator
from graphene_directives.utils import field_attribute_name, non_field_attribute_name
from graphene_federation import ComposableDirective
from graphene_federation.apollo_versions import FederationVersion, get_directives_based_on_version
from graphql import GraphQLArgument, GraphQLDirective, GraphQLNonNull, GraphQLString

T = TypeVar("T")

# @theguild/federation-composition 0.27 knows no link version after 2.9; Apollo's takes both.
FEDERATION_VERSION = FederationVersion.VERSION_2_9
#: What is applied to a thing: for each directive the arguments of each use.
Applied = dict[str, list[dict[str, Any]]]


def _definitions() -> dict[str, GraphQLDirective]:
    """Return the library's definitions, with two of them as the specification has them."""
    found: dict[str, Any] = get_directives_based_on_version(FEDERATION_VERSION)
    tag = found["tag"]
    tag.args = {"name": GraphQLArgument(GraphQLNonNull(GraphQLString))}
    tag.is_repeatable = True
    tag._graphene_directive.has_no_argument = False
    found["interfaceObject"].is_repeatable = False
    return found


DEFINITIONS = _definitions()


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
    """Take a field over from another subgraph."""
    return _use("override", **{"from": from_, "label": label})


def tag(name: str) -> Callable[[T], T]:
    """Mark a place in the schema for contracts and tools."""
    return _use("tag", name=name)


def requires_scopes(*alternatives: list[str]) -> Callable[[T], T]:
    """Let a gateway that reads scopes open this only to one of these sets of scopes."""
    return _use("requiresScopes", scopes=list(alternatives))


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
    return _apply(directive.graphene_directive, arguments)


def applied(thing: Any, definitions: Iterable[GraphQLDirective]) -> Applied:
    """Return what is applied to a graphene type, field or argument itself, not to its bases."""
    attribute = non_field_attribute_name if isinstance(thing, type) else field_attribute_name
    marks = vars(thing)
    return {
        definition.name: marks[attribute(definition)]
        for definition in definitions
        if attribute(definition) in marks
    }


def _use(directive: str, /, **arguments: Any) -> Callable[[T], T]:
    return _apply(DEFINITIONS[directive], arguments)


def _apply(definition: GraphQLDirective, arguments: dict[str, Any]) -> Callable[[T], T]:
    given = {name: value for name, value in arguments.items() if value is not None}

    def apply(thing: T) -> T:
        decorate = directive_decorator(definition)
        if isinstance(thing, type):
            decorate(args_via_dict=given)(thing)
        else:
            decorate(field=thing, args_via_dict=given)
        return thing

    return apply
