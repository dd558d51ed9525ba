"""Field sets such as `sku variation { id }` (Apollo Federation, scalar `FieldSet`)."""

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    parse,
)

#: The fields of a set; one with fields of its own has them as its value.
FieldSet = dict[str, "FieldSet"]
#: The fields of a key: each with fields of its own, or with what a value of it may be.
Key = dict[str, "Key | frozenset[type]"]

_VALUES: dict[str, frozenset[type]] = {
    "ID": frozenset({str, int}),
    "String": frozenset({str}),
    "Int": frozenset({int}),
    "Float": frozenset({int, float}),
    "Boolean": frozenset({bool}),
}
_PLAIN: frozenset[type] = frozenset({str, int, float, bool})


def parse_field_set(text: str) -> FieldSet:
    """Return the fields of a set; raises ValueError for anything but plain fields."""
    try:
        definition = parse(f"{{ {text} }}", no_location=True).definitions[0]
    except GraphQLSyntaxError as error:
        raise ValueError(f"{text!r} is no field set: {error.message}") from None
    if not isinstance(definition, OperationDefinitionNode):
        raise TypeError(f"{text!r} is no field set")
    return _fields(definition.selection_set)


def check_field_set(type_: GraphQLNamedType, fields: FieldSet) -> None:
    """Raise ValueError when the type, or one inside it, lacks a field of the set."""
    known = type_.fields if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else {}
    for name, inside in fields.items():
        if name == "__typename":
            continue
        if name not in known:
            raise ValueError(f"a field set of {type_.name} names {name}, which it does not have")
        of = get_named_type(known[name].type)
        if inside:
            check_field_set(of, inside)
        elif is_composite_type(of):
            raise ValueError(f"a field set of {type_.name} names {name}, but no fields of it")


def key_of_type(type_: GraphQLNamedType, fields: FieldSet) -> Key:
    """Return a field set of the type that was checked, with what its values may be."""
    known = type_.fields if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) else {}
    types = {name: get_named_type(known[name].type) for name in fields if name in known}
    return {
        name: key_of_type(of, fields[name]) if fields[name] else _VALUES.get(of.name, _PLAIN)
        for name, of in types.items()
    }


def holds(representation: Mapping[str, Any], key: Key) -> bool:
    """Say whether every field of the key is there, with a value that it may have."""
    for name, wanted in key.items():
        value = representation.get(name)
        if isinstance(wanted, dict):
            if not isinstance(value, dict) or not holds(value, wanted):
                return False
        elif type(value) not in wanted:
            return False
    return True


def _fields(selections: SelectionSetNode | None) -> FieldSet:
    found: FieldSet = {}
    for selection in selections.selections if selections else ():
        if not isinstance(selection, FieldNode) or selection.alias or selection.arguments:
            raise ValueError("a field set has plain fields only")
        found[selection.name.value] = _fields(selection.selection_set)
    return found
