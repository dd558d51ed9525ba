"""How the description of a table may change while there are rows that fit the one before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apps.importexport.domain.tables.values import read
from contracts.datasets import Field, Kind

#: Into what a kind of values can be rewritten without losing anything.
WIDER: Final[Mapping[Kind, frozenset[Kind]]] = {
    Kind.INTEGER: frozenset({Kind.DECIMAL, Kind.TEXT}),
    Kind.DECIMAL: frozenset({Kind.TEXT}),
    Kind.BOOLEAN: frozenset({Kind.TEXT}),
    Kind.DATE: frozenset({Kind.DATETIME, Kind.TEXT}),
    Kind.DATETIME: frozenset({Kind.TEXT}),
    Kind.UUID: frozenset({Kind.TEXT}),
    Kind.JSON: frozenset(),
    Kind.TEXT: frozenset(),
}
#: Characters of a value that is no text, told as one: a number of 38 digits.
_LONGEST: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is other in a new description."""

    added: tuple[Field, ...] = ()
    removed: tuple[Field, ...] = ()
    #: Those whose values are rewritten, as they will be.
    rewritten: tuple[Field, ...] = ()
    #: Other fields tell rows apart, or others are unique.
    indexed_anew: bool = False
    #: Why rows that are there might not fit.
    narrower: tuple[str, ...] = ()

    @property
    def rewrites(self) -> bool:
        """Say whether rows have to be touched."""
        return bool(self.removed or self.rewritten or self.indexed_anew)


def difference(
    before: Sequence[Field], key_before: Sequence[str], after: Sequence[Field], key: Sequence[str]
) -> Changes:
    """Return what changes from one description to another."""
    old, new = {one.name: one for one in before}, {one.name: one for one in after}
    both = [(old[name], new[name]) for name in old if name in new]
    added = tuple(one for one in after if one.name not in old)
    narrower = [text for pair in both for text in _narrower(*pair)]
    narrower += [f"{one.name}: no row has a value of it" for one in added if one.required]
    if list(key) != list(key_before):
        narrower.append("primaryKey: rows are told apart by others")
    return Changes(
        added=added,
        removed=tuple(one for one in before if one.name not in new),
        rewritten=tuple(now for was, now in both if was.kind != now.kind),
        indexed_anew=list(key) != list(key_before)
        or {one.name for one in before if one.unique} != {one.name for one in after if one.unique},
        narrower=tuple(narrower),
    )


def _narrower(was: Field, now: Field) -> Iterator[str]:
    if now.kind != was.kind and now.kind not in WIDER[was.kind]:
        yield f"{now.name}: a {was.kind} does not become a {now.kind}"
        return
    if now.required and not was.required:
        yield f"{now.name}: required"
    if now.unique and not was.unique:
        yield f"{now.name}: unique"
    if now.pattern and now.pattern != was.pattern:
        yield f"{now.name}: another pattern"
    if now.choices and (not was.choices or set(was.choices) - set(now.choices)):
        yield f"{now.name}: fewer values to choose from"
    if now.relation and now.relation != was.relation:
        yield f"{now.name}: another relation"
    if (now.min_length or 0) > (was.min_length or 0):
        yield f"{now.name}: a greater minLength"
    longest = was.max_length if was.kind == Kind.TEXT else _LONGEST
    if now.max_length is not None and (longest is None or now.max_length < longest):
        yield f"{now.name}: a smaller maxLength"
    yield from _narrower_bounds(was, now)


def _narrower_bounds(was: Field, now: Field) -> Iterator[str]:
    plain = Field(name=now.name, kind=now.kind)
    if now.minimum and (not was.minimum or read(plain, was.minimum) < read(plain, now.minimum)):
        yield f"{now.name}: a greater minimum"
    if now.maximum and (not was.maximum or read(plain, was.maximum) > read(plain, now.maximum)):
        yield f"{now.name}: a smaller maximum"
