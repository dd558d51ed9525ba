"""What the values of a column say of it: whether a field would take them, as they are or parsed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from apps.importexport.domain.problems import RefusedError
from apps.importexport.domain.transforms.dates import DateOrder, ParseDate, guess_order
from apps.importexport.domain.transforms.numbers import ParseBoolean, ParseNumber
from apps.importexport.domain.transforms.transform import Transform
from apps.importexport.domain.values.fields import FieldCheck, field_check
from contracts.datasets import Field, Kind

#: Different values of a column that are looked at.
MOST_VALUES = 50
_UTC = ZoneInfo("UTC")
_NUMBERS = tuple(
    ParseNumber(decimal=decimal, thousands=thousands)
    for decimal, thousands in ((".", ","), (",", "."), (",", " "), (".", " "), (".", "'"))
)
_BOOLEANS = (
    ParseBoolean(
        true=("ja", "j", "oui", "si", "sí", "sim", "x", "wahr", "vrai"),
        false=("nein", "n", "non", "no", "não", "-", "falsch", "faux"),
    ),
)


@dataclass(frozen=True, slots=True)
class Content:
    """A column's sample: different values, and whether one came twice."""

    values: tuple[str, ...]
    repeats: bool

    @classmethod
    def of(cls, values: Iterable[str]) -> "Content":
        """Return what a sample of a column has."""
        given = [value for value in values if value.strip()]
        different = tuple(dict.fromkeys(given))
        return cls(different[:MOST_VALUES], len(different) < len(given))


@dataclass(frozen=True, slots=True)
class Fit:
    """The share of values that a field takes, and what has to be done to them first."""

    share: float
    transforms: tuple[Transform, ...] = ()


class Fitting:
    """Asks one field of columns."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._check: FieldCheck = field_check(field, _UTC)

    def fit(self, content: Content) -> Fit:
        """Return how well a column fits; an empty one fits every field."""
        if not content.values:
            return Fit(1.0)
        best = Fit(self._share(content.values, ()))
        for transform in self._transforms(content.values):
            if best.share == 1.0:
                break
            share = self._share(content.values, (transform,))
            if share > best.share:
                best = Fit(share, (transform,))
        return best

    def _share(self, values: Sequence[str], transforms: Sequence[Transform]) -> float:
        return sum(self._takes(value, transforms) for value in values) / len(values)

    def _takes(self, text: str, transforms: Sequence[Transform]) -> bool:
        try:
            for step in transforms:
                text = step.changed(text, {})
            self._check.value(text)
        except RefusedError:
            return False
        return True

    def _transforms(self, values: Sequence[str]) -> tuple[Transform, ...]:
        match self._field.kind:
            case Kind.INTEGER | Kind.DECIMAL:
                return _NUMBERS
            case Kind.BOOLEAN:
                return _BOOLEANS
            case Kind.DATE | Kind.DATETIME:
                return (ParseDate(order=guess_order(values) or DateOrder.DAY_FIRST),)
            case _:
                return ()
