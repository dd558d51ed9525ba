"""Rules across the fields of a row, in small forms that are declared, told and stored as JSON.

They are asked of rows whose fields are all right by themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeAlias

import polars

from apps.importexport.domain.problems import Code, PlanError, RefusedError
from apps.importexport.domain.values.fields import ORDERED, FieldCheck
from apps.importexport.domain.values.scalars import Value
from apps.importexport.domain.values.schemas import parse_schema, schema_problem
from contracts.datasets import Kind

MOST_RULES = 50
_MOST_NAMES = 100
_NAME_LENGTH = 200

Values: TypeAlias = Mapping[str, Value | None]


class Rule(Protocol):
    """One rule as it is declared."""

    NAME: ClassVar[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that it reads; a problem is told at the first."""

    def bind(self, checks: Mapping[str, FieldCheck]) -> "Bound":
        """Return the rule for fields of these kinds; raises PlanError if it cannot be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A rule of fields that are there."""

    names: tuple[str, ...]
    code: Code
    #: What is expected of a row that breaks it, empty for others: the definition.
    expected: Callable[[Values], str]
    #: Where a frame may break it: those rows are asked.
    expression: polars.Expr

    def check(self, values: Values) -> None:
        """Raise RefusedError for a row that breaks it."""
        if message := self.expected(values):
            raise RefusedError(self.code, message)


class Sign(StrEnum):
    """How two values compare."""

    LESS = "<"
    AT_MOST = "<="
    EQUAL = "=="
    NOT_EQUAL = "!="
    AT_LEAST = ">="
    GREATER = ">"


_UNLESS: Mapping[Sign, Any] = {
    Sign.LESS: lambda left, right: left >= right,
    Sign.AT_MOST: lambda left, right: left > right,
    Sign.EQUAL: lambda left, right: left != right,
    Sign.NOT_EQUAL: lambda left, right: left == right,
    Sign.AT_LEAST: lambda left, right: left < right,
    Sign.GREATER: lambda left, right: left <= right,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """`opened <= closed`, where both have a value."""

    NAME: ClassVar[str] = "compare"
    left: str
    sign: Sign
    right: str

    @property
    def names(self) -> tuple[str, ...]:
        """Both."""
        return (self.left, self.right)

    def bind(self, checks: Mapping[str, FieldCheck]) -> Bound:
        """Return the rule for two fields of one kind."""
        kind, other = (_check(checks, name).field.kind for name in self.names)
        if kind is not other:
            raise PlanError(f"{self.left} is a {kind}, {self.right} a {other}: they do not compare")
        if kind not in ORDERED and self.sign not in (Sign.EQUAL, Sign.NOT_EQUAL):
            raise PlanError(f"a {kind} has no order: only == and != compare it")
        unless = _UNLESS[self.sign]

        def expected(values: Values) -> str:
            left, right = values[self.left], values[self.right]
            if left is None or right is None or not unless(left, right):
                return ""
            return f"{self.left} {self.sign} {self.right} is expected"

        return Bound(
            names=self.names,
            code=Code.OUT_OF_ORDER,
            expected=expected,
            expression=unless(polars.col(self.left), polars.col(self.right)),
        )


class Count(StrEnum):
    """How many of several fields have a value."""

    EXACTLY_ONE = "exactly one"
    AT_LEAST_ONE = "at least one"
    AT_MOST_ONE = "at most one"
    ALL_OR_NONE = "all or none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Exactly one of `email`, `phone` has a value; or at least one, at most one, all or none."""

    NAME: ClassVar[str] = "present"
    count: Count
    fields: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All."""
        return self.fields

    def bind(self, checks: Mapping[str, FieldCheck]) -> Bound:
        """Return the rule for fields that are there."""
        for name in self.fields:
            _check(checks, name)
        if len(set(self.fields)) < 2:
            raise PlanError("two fields or more are counted")
        allowed = self._allowed()

        def expected(values: Values) -> str:
            if sum(values[name] is not None for name in self.fields) in allowed:
                return ""
            return f"{self.count} of {', '.join(self.fields)} is expected"

        found = polars.sum_horizontal(
            polars.col(name).is_not_null().cast(polars.UInt32) for name in self.fields
        )
        return Bound(
            names=self.fields,
            code=Code.WRONG_COUNT,
            expected=expected,
            expression=~found.is_in(sorted(allowed)),
        )

    def _allowed(self) -> frozenset[int]:
        most = len(self.fields)
        return frozenset(
            {
                Count.EXACTLY_ONE: (1,),
                Count.AT_LEAST_ONE: range(1, most + 1),
                Count.AT_MOST_ONE: (0, 1),
                Count.ALL_OR_NONE: (0, most),
            }[self.count]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredIf:
    """`vat_id` has a value where `country` is one of these; without any, where it has a value."""

    NAME: ClassVar[str] = "required_if"
    field: str
    other: str
    values: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Both."""
        return (self.field, self.other)

    def bind(self, checks: Mapping[str, FieldCheck]) -> Bound:
        """Return the rule with the values read as the kind of the other field."""
        _check(checks, self.field)
        other = _check(checks, self.other)
        try:
            wanted = frozenset(map(other.read, self.values))
        except RefusedError as error:
            raise PlanError(f"{self.other} is never that: {error.message}") from error

        shown = f" is {' or '.join(self.values)}" if self.values else " has one"

        def expected(values: Values) -> str:
            found = values[self.other]
            asked = found in wanted if wanted else found is not None
            if not asked or values[self.field] is not None:
                return ""
            return f"a value is expected where {self.other}{shown}"

        # Where some are named, Python asks them of those few rows that have nothing in the field.
        return Bound(
            names=self.names,
            code=Code.REQUIRED,
            expected=expected,
            expression=polars.col(self.field).is_null() & polars.col(self.other).is_not_null(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonSchema:
    """The JSON of a field fits a JSON Schema (2020-12)."""

    NAME: ClassVar[str] = "schema"
    field: str
    schema: Mapping[str, Any]

    def __post_init__(self) -> None:
        parse_schema(self.schema)

    @property
    def names(self) -> tuple[str, ...]:
        """The field."""
        return (self.field,)

    def bind(self, checks: Mapping[str, FieldCheck]) -> Bound:
        """Return the rule with its schema read."""
        kind = _check(checks, self.field).field.kind
        if kind is not Kind.JSON:
            raise PlanError(f"{self.field} is a {kind}: only JSON has a JSON Schema")
        validator = parse_schema(self.schema)

        def expected(values: Values) -> str:
            text = values[self.field]
            return schema_problem(validator, text) if isinstance(text, str) else ""

        return Bound(
            names=self.names,
            code=Code.SCHEMA,
            expected=expected,
            expression=polars.col(self.field).is_not_null(),
        )


#: Of parameters that are no texts.
_TYPES: Mapping[str, type] = {"fields": tuple, "values": tuple, "schema": Mapping}
RULES: Mapping[str, Any] = {one.NAME: one for one in (Compare, Present, RequiredIf, JsonSchema)}


def told_rule(rule: Any) -> dict[str, Any]:
    """Return a rule as JSON."""
    return {"name": rule.NAME, **asdict(rule)}


def rules_of(given: Any) -> tuple[Rule, ...]:
    """Return rules of JSON; raises PlanError for what is none."""
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) > MOST_RULES:
        raise PlanError(f"rules are a list of at most {MOST_RULES}")
    return tuple(map(_rule, given))


def _rule(given: Any) -> Rule:
    name = given.get("name") if isinstance(given, Mapping) else None
    kind = RULES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise PlanError(f"a rule is an object with a name: {', '.join(RULES)}")
    parameters = {name: _parameter(value) for name, value in given.items() if name != "name"}
    try:
        for name, enum in (("sign", Sign), ("count", Count)):
            if name in parameters:
                parameters[name] = enum(parameters[name])
        rule: Rule = kind(**parameters)
    except (TypeError, ValueError) as error:
        raise PlanError(f"{kind.NAME}: {error}") from None
    for one in fields(kind):
        wanted = _TYPES.get(one.name, str)
        if not isinstance(getattr(rule, one.name), wanted):
            raise PlanError(f"{kind.NAME}: {one.name} is of another type")
    return rule


def _parameter(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | tuple) and len(value) <= _MOST_NAMES:
        return tuple(_text(one) for one in value)
    return _text(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _NAME_LENGTH:
        raise PlanError(f"a text of at most {_NAME_LENGTH} characters is expected")
    return value


def _check(checks: Mapping[str, FieldCheck], name: str) -> FieldCheck:
    found = checks.get(name)
    if found is None:
        raise PlanError(f"a rule reads {name}, which nothing is mapped to")
    return found
