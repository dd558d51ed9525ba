"""Strategies for what clients might send: bodies of any shape, and documents of a schema."""

import json
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_enum_type,
    is_leaf_type,
)
from hypothesis import strategies as st

MOST_DEPTH = 4
#: Values that have made servers stumble.
ODD_TEXTS = (
    "", " ", "null", "0", "-1", "é", "\u202e", "\U0001f600", "'", '"', "\\", "%", "%s", "../..",
    "\n", "a" * 5_000, "[]", "{}", "2024-13-45T00:00:00Z", "2024-05-01T12:00:00", "9999-12-31",
    "0001-01-01T00:00:00+23:59", "0190f1f4-0000-7000-8000-000000000000", "WyJpZCJd", "=", "NaN",
)  # fmt: skip
ODD_NUMBERS = (0, -1, 1, 50, 101, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63, 2**64, 10**30)
ODD_MOMENTS = (
    "2024-05-01T12:00:00Z", "2024-05-01T12:00:00+02:00", "2024-05-01T12:00:00", "2024-05-01",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2024-13-45T00:00:00Z", "now",
)  # fmt: skip
ODD_FLOATS = (0.0, -0.5, 1e-300, 1e300, 1.5)

scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from(ODD_FLOATS),
    st.text(max_size=20),
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "query": st.one_of(
            values, st.sampled_from(["{ __typename }", "query A($a: Int) { __typename }", "{"])
        ),
        "variables": values,
        "operationName": values,
        "extensions": st.one_of(
            values,
            st.fixed_dictionaries(
                {"persistedQuery": st.fixed_dictionaries({"version": values, "sha256Hash": values})}
            ),
            st.fixed_dictionaries({"cost": values}),
        ),
        "documentId": values,
    },
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.one_of(values, requests, st.lists(requests, max_size=2)).map(
        lambda value: json.dumps(value).encode()
    ),
    st.builds(
        lambda value, cut: json.dumps(value).encode()[:cut], requests, st.integers(1, 200)
    ),
    st.lists(
        st.sampled_from(
            ["{", "}", "(", ")", "[", "]", ":", "...", "on", "$a", "@skip", "!", "=", '"x"', '"""',
             "1", "1e5", "query", "mutation", "fragment", "F", "__typename", "|", "&", "#", "é"]
        ),
        max_size=30,
    ).map(lambda tokens: json.dumps({"query": " ".join(tokens)}).encode()),
)  # fmt: skip


class _Writer:
    """Writes one document, and the variables that it declares."""

    def __init__(self, draw: Any, schema: GraphQLSchema) -> None:
        self._draw = draw
        self._schema = schema
        self._aliases = 0
        self.declared: list[str] = []
        self.variables: dict[str, Any] = {}

    def selection(self, type_: Any, depth: int) -> str:
        if is_abstract_type(type_):
            type_ = self._draw(st.sampled_from(self._schema.get_possible_types(type_)))
            return f"{{ __typename ... on {type_.name} {self.selection(type_, depth)} }}"
        deep = depth >= MOST_DEPTH
        names = [
            name
            for name, field in type_.fields.items()
            if not (deep and not is_leaf_type(get_named_type(field.type)))
        ]
        chosen = self._draw(
            st.lists(st.sampled_from(names or ["__typename"]), max_size=3, unique=True)
        )
        return f"{{ __typename {' '.join(self._field(type_, name, depth) for name in chosen)} }}"

    def _field(self, type_: Any, name: str, depth: int) -> str:
        field: GraphQLField | None = type_.fields.get(name)
        if field is None:
            return name
        given = [
            f"{arg}: {self._argument(argument.type)}"
            for arg, argument in field.args.items()
            if isinstance(argument.type, GraphQLNonNull) or self._draw(st.booleans())
        ]
        self._aliases += 1
        alias = self._draw(st.sampled_from(["", "", "", f"a{self._aliases}: "]))
        arguments = f"({', '.join(given)})" if given else ""
        directive = self._draw(st.sampled_from(["", "", "", " @include(if: true)"]))
        named = get_named_type(field.type)
        inner = "" if is_leaf_type(named) else f" {self.selection(named, depth + 1)}"
        return f"{alias}{name}{arguments}{directive}{inner}"

    def _argument(self, type_: Any) -> str:
        value = self._value(type_)
        if self._draw(st.booleans()):
            name = f"v{len(self.declared)}"
            self.declared.append(f"${name}: {type_}")
            self.variables[name] = value
            return f"${name}"
        return _literal(value)

    def _value(self, type_: Any) -> Any:
        """Return a value that more or less fits."""
        if self._draw(st.integers(0, 30)) == 0:
            return self._draw(values)
        if isinstance(type_, GraphQLNonNull):
            value = self._value(type_.of_type)
        elif isinstance(type_, GraphQLList):
            value = [self._value(type_.of_type) for _ in range(self._draw(st.integers(0, 2)))]
        elif isinstance(type_, GraphQLInputObjectType):
            value = {
                name: self._value(field.type)
                for name, field in type_.fields.items()
                if isinstance(field.type, GraphQLNonNull) or self._draw(st.booleans())
            }
        else:
            value = self._draw(self._leaves(type_))
        return value

    def _leaves(self, type_: Any) -> st.SearchStrategy[Any]:
        if is_enum_type(type_):
            return st.sampled_from(sorted(type_.values)).map(_Name)
        if type_.name == "_Any":
            names = st.sampled_from([*self._schema.type_map, *ODD_TEXTS])
            return st.fixed_dictionaries(
                {"__typename": names}, optional={"id": scalars, "x": values}
            )
        fitting: dict[str, st.SearchStrategy[Any]] = {
            "Int": st.sampled_from([*ODD_NUMBERS[:6], 1, 5, 50]),
            "Boolean": st.booleans(),
            "DateTime": st.sampled_from(ODD_MOMENTS),
            "JSON": values,
        }
        return fitting.get(type_.name, st.sampled_from(ODD_TEXTS))


class _Name(str):
    """The value of an enum, which has no quotes in a document."""

    __slots__ = ()


def _literal(value: Any) -> str:
    if isinstance(value, _Name):
        return str(value)
    if isinstance(value, dict):
        members = (f"{key}: {_literal(item)}" for key, item in value.items() if key.isidentifier())
        return f"{{{', '.join(members)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value)


@st.composite
def documents(draw: Any, schema: GraphQLSchema) -> dict[str, Any]:
    """Return the members of a request: a document that is nearly of the schema, and variables."""
    kinds = ["query"] * 3 + (["mutation"] if schema.mutation_type else [])
    kind = draw(st.sampled_from(kinds))
    writer = _Writer(draw, schema)
    root = schema.mutation_type if kind == "mutation" else schema.query_type
    selection = writer.selection(root, 0)
    declared = f"({', '.join(writer.declared)})" if writer.declared else ""
    return {"query": f"{kind} {declared} {selection}", "variables": writer.variables}
