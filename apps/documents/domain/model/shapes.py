"""JSON with placeholders in its texts: what a template makes of its data for programs."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from apps.documents.domain.findings import under
from apps.documents.domain.model.reading import Reader
from apps.documents.domain.model.texts import Expression

_MOST_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, true, false or null, as it was given."""

    value: int | float | bool | None


@dataclass(frozen=True, slots=True)
class Words:
    """A text; one that is all placeholder stands for its value."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Members:
    """An object."""

    members: tuple[tuple[str, "Shape"], ...]


@dataclass(frozen=True, slots=True)
class Each:
    """A list with an item for each of what an expression gives."""

    over: Expression
    name: str
    each: "Shape"


#: The last is a list as it is written.
Shape: TypeAlias = Constant | Words | Members | Each | tuple["Shape", ...]


def read_pdf(reader: Reader) -> tuple[bool, Shape | None]:
    """Return whether a PDF is to be kept, and the invoice in it: one that has one is kept.

    A list of the data is `{"over": …, "as": …, "each": …}`.
    """
    given = reader.take("pdf")
    if given is None:
        return False, None
    if not isinstance(given, dict):
        reader.refuse("pdf", "type", "an object")
        return False, None
    inner = Reader(given, reader.at("pdf"), "", reader.notes, frozenset())
    archive, told = inner.flag("archive"), inner.take("invoice")
    invoice = None
    if told is not None:
        invoice = _shape(inner, told, inner.at("invoice"), frozenset(), _MOST_DEPTH)
    inner.finish()
    return archive or invoice is not None, invoice


def _shape(reader: Reader, given: Any, place: str, names: frozenset[str], left: int) -> Shape:
    if not left:
        reader.notes.add(place, "size", "it is nested too deeply", reader.block)
        return Constant(None)
    if isinstance(given, str):
        return Words(reader.template(given, place, names))
    if isinstance(given, list):
        return tuple(
            _shape(reader, one, under(place, at), names, left - 1) for at, one in enumerate(given)
        )
    if not isinstance(given, dict):
        return Constant(given)
    if "over" not in given:
        return Members(
            tuple(
                (key, _shape(reader, one, under(place, key[:60]), names, left - 1))
                for key, one in given.items()
            )
        )
    inner = Reader(given, place, reader.block, reader.notes, names)
    over, name = inner.needed("over"), inner.name("as", "item")
    each = _shape(inner, inner.take("each"), inner.at("each"), names | {name}, left - 1)
    inner.finish()
    return Each(over, name, each)
