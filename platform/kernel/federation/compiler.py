"""Makes a plan of an operation whose fields are all said rather than written."""

from collections.abc import Callable, Iterator
from operator import attrgetter, itemgetter
from typing import Any

from django.db import models
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_named_type,
    is_leaf_type,
    visit,
)
from graphql.execution.collect_fields import collect_fields, collect_sub_fields

from kernel.federation.entities import Entity, Resolvable
from kernel.federation.fields import Embedded, Many, ManyOf, One
from kernel.federation.plans import (
    Arguments,
    ConnectionPlan,
    Constant,
    EachPage,
    Edges,
    EntitiesRoot,
    ImperfectError,
    Info,
    ManyRoot,
    Nodes,
    OneRoot,
    PagePart,
    PagesLink,
    Plan,
    Reader,
    ReferenceLink,
    Root,
    RowPlan,
)
from kernel.federation.readers import (
    NotCompilableError,
    column_of,
    constant,
    each,
    leaf_reader,
    never_null,
    plain_name,
    serialized,
)
from kernel.federation.references import Part, Reference
from kernel.federation.sources import Columns, RowsById

#: Of one operation; further ways run by the executor.
MOST_WAYS = 16
_PAGE_INFO = {
    "hasNextPage": "has_next_page",
    "hasPreviousPage": "has_previous_page",
    "startCursor": "start_cursor",
    "endCursor": "end_cursor",
}


class Plans:
    """The plans of one operation: one for each way in which `@skip` and `@include` may turn out."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> None:
        self._compiled = (schema, document, operation)
        self._toggles = _toggles(document)
        self._plans: dict[tuple[Any, ...], Plan | None] = {}

    def plan(self, variables: dict[str, Any]) -> Plan | None:
        """Return the plan for these variables, or None when the executor has to answer."""
        ways = tuple(variables.get(name) for name in self._toggles)
        if ways not in self._plans:
            if len(self._plans) == MOST_WAYS:
                return None
            self._plans[ways] = compile_operation(*self._compiled, variables)
        return self._plans[ways]


def compile_operation(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
) -> Plan | None:
    """Return the plan of a valid operation, or None when the executor has to run it.

    Of the variables only the toggles matter: the plan serves all other values.
    """
    if operation.operation != OperationType.QUERY:
        return None
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    try:
        return _Compiler(schema, fragments, variables).operation(operation)
    except NotCompilableError:
        return None


class _Compiler:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        variables: dict[str, Any],
    ) -> None:
        self._schema = schema
        self._selecting = (schema, fragments, variables)
        self._scopes: set[str] = set()

    def operation(self, operation: OperationDefinitionNode) -> Plan:
        query = self._schema.query_type
        if query is None:
            raise NotCompilableError
        selected = collect_fields(*self._selecting, query, operation.selection_set)
        roots = tuple((key, self._root(query, nodes)) for key, nodes in selected.items())
        return Plan(roots, tuple(sorted(self._scopes)))

    def _root(self, query: GraphQLObjectType, nodes: list[FieldNode]) -> Root:
        name = nodes[0].name.value
        if name == "__typename":
            return Constant(query.name)
        definition = _defined(query, name)
        spec = definition.extensions.get("field")
        arguments = Arguments(definition, nodes[0])
        if isinstance(spec, One):
            plan = self._row(_object(definition), nodes)
            return OneRoot(spec, arguments, plan, RowsById(spec.entity, plan.columns))
        if isinstance(spec, Many):
            return ManyRoot(spec, arguments, self._connection(_object(definition), nodes))
        if name == "_entities":
            return self._entities(arguments, nodes)
        raise NotCompilableError

    def _entities(self, arguments: Arguments, nodes: list[FieldNode]) -> Root:
        fetchable = self._schema.extensions["fetchable"]
        plans = {}
        for typename, found in fetchable.items():
            type_ = self._schema.type_map[typename]
            if not isinstance(type_, GraphQLObjectType) or not _fetched_by_id(found.entity):
                raise NotCompilableError
            plan = self._row(type_, nodes)
            plan.columns.place("id")
            plans[typename] = plan, self._by_id(typename, plan)
        return EntitiesRoot(fetchable, arguments, plans)

    def _fields(
        self, type_: GraphQLObjectType, nodes: list[FieldNode]
    ) -> Iterator[tuple[str, str, list[FieldNode]]]:
        """Yield key, name and nodes of each field that is selected of a type."""
        for key, found in collect_sub_fields(*self._selecting, type_, nodes).items():
            yield key, found[0].name.value, found

    # Rows

    def _row(
        self, type_: GraphQLObjectType, nodes: list[FieldNode], columns: Columns | None = None
    ) -> RowPlan:
        plan = RowPlan(columns or Columns())
        owner = self._schema.extensions["owners"].get(type_.name)
        model = owner._meta.model if owner else None
        for key, name, found in self._fields(type_, nodes):
            if name == "__typename":
                plan.readers.append((key, constant(type_.name)))
                continue
            definition = _defined(type_, name)
            self._scopes |= definition.extensions.get("scopes", frozenset())
            link = self._link(plan, definition, found)
            if link is not None:
                # Its place among the keys; the value follows for all rows at once.
                plan.readers.append((key, constant(None)))
                plan.links.append((key, link))
            elif name == "id" and model is None and not _resolves_id(definition):
                plan.readers.append((key, itemgetter(plan.columns.place("id"))))
            elif model is not None and definition.extensions["part"] is owner:
                plan.readers.append((key, self._reader(plan.columns, model, definition, found)))
            else:
                raise NotCompilableError
        if owner and owner.kept_apart:
            plan.kept_apart = plan.columns.place(owner.kept_apart)
        if not plan.columns.names:
            plan.columns.place("id")
        return plan

    def _link(
        self, plan: RowPlan, definition: GraphQLField, nodes: list[FieldNode]
    ) -> PagesLink | ReferenceLink | None:
        spec = definition.extensions["field"]
        if isinstance(spec, ManyOf):
            connection = self._connection(_object(definition), nodes)
            arguments = Arguments(definition, nodes[0])
            return PagesLink(spec, plan.columns.place("id"), arguments, connection)
        if isinstance(spec, Reference):
            type_ = _object(definition)
            below = self._row(type_, nodes)
            below.columns.place("id")
            names = [name for _, name, _ in self._fields(type_, nodes)]
            place = plan.columns.place(spec.column)
            rows = self._by_id(type_.name, below)
            return ReferenceLink(spec, place, self._schema, type_, names, below, rows)
        return None

    def _by_id(self, typename: str, plan: RowPlan) -> RowsById | None:
        owner = self._schema.extensions["owners"].get(typename)
        return RowsById(owner, plan.columns) if owner else None

    def _reader(
        self,
        columns: Columns,
        model: type[models.Model],
        definition: GraphQLField,
        nodes: list[FieldNode],
    ) -> Reader:
        spec = definition.extensions["field"]
        if isinstance(spec, Embedded):
            return self._embedded(columns, model, spec, _object(definition), nodes)
        name = plain_name(definition)
        column = column_of(model, name)
        place = columns.place(name)
        if isinstance(column, models.JSONField):
            value = self._value(definition.type, nodes)
            return lambda row: value(row[place])
        return leaf_reader(place, column, definition.type)

    def _embedded(
        self,
        columns: Columns,
        model: type[models.Model],
        spec: Embedded,
        type_: GraphQLObjectType,
        nodes: list[FieldNode],
    ) -> Reader:
        readers: list[tuple[str, Reader]] = []
        for key, name, _ in self._fields(type_, nodes):
            if name == "__typename":
                readers.append((key, constant(type_.name)))
                continue
            definition = _defined(type_, name)
            column = spec.columns[plain_name(definition)]
            place = columns.place(column)
            readers.append((key, leaf_reader(place, column_of(model, column), definition.type)))
        return lambda row: {key: read(row) for key, read in readers}

    # Values inside JSON columns

    def _value(self, type_: Any, nodes: list[FieldNode]) -> Reader:
        if isinstance(type_, GraphQLNonNull):
            return never_null(self._value(type_.of_type, nodes))
        if isinstance(type_, GraphQLList):
            return each(self._value(type_.of_type, nodes))
        if isinstance(type_, GraphQLObjectType):
            return self._members(type_, nodes)
        if is_leaf_type(type_):
            return serialized(type_.serialize)
        raise NotCompilableError

    def _members(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Reader:
        members: list[tuple[str, str, Reader]] = []
        for key, name, found in self._fields(type_, nodes):
            if name == "__typename":
                members.append((key, "", constant(type_.name)))
                continue
            definition = _defined(type_, name)
            members.append((key, plain_name(definition), self._value(definition.type, found)))

        def read(value: Any) -> Any:
            if value is None:
                return None
            if not isinstance(value, dict):
                raise ImperfectError("an object was expected")
            return {key: of(value.get(name)) for key, name, of in members}

        return read

    # Pages

    def _connection(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> ConnectionPlan:
        plan = ConnectionPlan(Columns())
        for key, name, found in self._fields(type_, nodes):
            plan.parts.append((key, self._page_part(plan.columns, type_, name, found)))
            plan.reads_rows |= name in {"nodes", "edges", "pageInfo"}
        return plan

    def _page_part(
        self, columns: Columns, type_: GraphQLObjectType, name: str, nodes: list[FieldNode]
    ) -> PagePart:
        if name == "__typename":
            return EachPage(constant(type_.name))
        if name == "totalCount":
            return EachPage(attrgetter("total_count"))
        below = _object(_defined(type_, name))
        if name == "nodes":
            return Nodes(self._row(below, nodes, columns))
        if name == "edges":
            return self._edges(below, nodes, columns)
        if name != "pageInfo":
            raise NotCompilableError
        return Info(
            [
                (key, attrgetter(_PAGE_INFO[name]) if name in _PAGE_INFO else constant(below.name))
                for key, name, _ in self._fields(below, nodes)
            ]
        )

    def _edges(self, type_: GraphQLObjectType, nodes: list[FieldNode], columns: Columns) -> Edges:
        parts: list[tuple[str, Nodes | Callable[[str], str]]] = []
        for key, name, found in self._fields(type_, nodes):
            if name == "node":
                below = _object(_defined(type_, name))
                parts.append((key, Nodes(self._row(below, found, columns))))
            else:
                parts.append((key, str if name == "cursor" else constant(type_.name)))
        return Edges(parts)


def _toggles(document: DocumentNode) -> list[str]:
    """Return the variables on which it depends what is selected."""
    found = _Toggles()
    visit(document, found)
    return sorted(found.names)


class _Toggles(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        if node.name.value in {"skip", "include"}:
            values = [argument.value for argument in node.arguments]
            self.names |= {one.name.value for one in values if isinstance(one, VariableNode)}


def _resolves_id(definition: GraphQLField) -> bool:
    return getattr(definition.extensions.get("part"), "resolve_id", None) is not None


def _fetched_by_id(entity: type[Resolvable]) -> bool:
    ways = (Entity.resolve_references, Part.resolve_references)
    return entity.resolve_references.__func__ in {way.__func__ for way in ways}  # type: ignore[attr-defined]  # a class method


def _defined(type_: GraphQLObjectType, name: str) -> GraphQLField:
    definition = type_.fields.get(name)
    if definition is None:
        raise NotCompilableError
    return definition


def _object(definition: GraphQLField) -> GraphQLObjectType:
    type_ = get_named_type(definition.type)
    if not isinstance(type_, GraphQLObjectType):
        raise NotCompilableError
    return type_
