"""Which column is likely which field, by name and by content, with how sure that is and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.mapping.contents import Content, Fit, Fitting
from apps.importexport.domain.mapping.names import Likeness, likeness
from apps.importexport.domain.transforms.transform import Transform
from contracts.datasets import Field, Kind

#: Rows of the sample that are looked at.
MOST_ROWS = 200
#: Below this nothing is suggested.
LEAST_CONFIDENCE = 0.45
#: What most texts pass tells nothing of a column.
_TELLING = frozenset((Kind.UUID, Kind.DATE, Kind.DATETIME))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A column for a field; `transforms` make of its values what the field takes."""

    field: str
    source: str
    #: From 0 to 1.
    confidence: float
    why: str
    transforms: tuple[Transform, ...] = ()

    @property
    def column(self) -> Column:
        """The mapping that is suggested."""
        return Column(field=self.field, source=self.source, transforms=self.transforms)


def suggest(
    columns: Sequence[str], sample: Sequence[Sequence[str]], fields: Sequence[Field]
) -> list[Suggestion]:
    """Return at most one column for each field and one field for each column, in fields' order.

    Fields that importing leaves out are never suggested. `sample` is rows of texts, as long as
    they are.
    """
    rows = sample[:MOST_ROWS]
    contents = [
        Content.of(row[place] for row in rows if place < len(row)) for place in range(len(columns))
    ]
    wanted = [field for field in fields if not field.read_only]
    pairs = [
        (suggestion, place, order)
        for order, field in enumerate(wanted)
        for place, suggestion in enumerate(_candidates(columns, contents, field))
        if suggestion.confidence >= LEAST_CONFIDENCE
    ]
    pairs.sort(key=lambda pair: (-pair[0].confidence, pair[2], pair[1]))
    taken: dict[int, Suggestion] = {}
    places: set[int] = set()
    for suggestion, place, order in pairs:
        if order not in taken and place not in places:
            taken[order] = suggestion
            places.add(place)
    return [taken[order] for order in sorted(taken)]


def _candidates(
    columns: Sequence[str], contents: Sequence[Content], field: Field
) -> list[Suggestion]:
    fitting = Fitting(field)
    return [
        _candidate(source, content, field, fitting)
        for source, content in zip(columns, contents, strict=True)
    ]


def _candidate(source: str, content: Content, field: Field, fitting: Fitting) -> Suggestion:
    named = max(
        (likeness(source, name) for name in (field.name, field.title) if name),
        key=lambda found: found.degree,
    )
    told = field.choices or field.pattern or field.kind in _TELLING
    # Nothing can come of it: values are not looked at.
    fit = fitting.fit(content) if named.degree >= 0.4 or told else Fit(0.0)
    confidence, why = _weighed(named, fit, content, field)
    return Suggestion(
        field=field.name,
        source=source,
        confidence=round(confidence, 2),
        why=why,
        transforms=fit.transforms,
    )


def _weighed(named: Likeness, fit: Fit, content: Content, field: Field) -> tuple[float, str]:
    """Return what name and content come to: content confirms a name, or takes from it."""
    by_name, why = named.degree * (0.4 + 0.6 * fit.share), named.why
    if named.degree and fit.share < 1:
        why = f"{why}; {fit.share:.0%} of the values fit"
    by_content, reason = _by_content(fit, content, field)
    if by_content > by_name:
        by_name, why = by_content, reason
    if field.unique and content.repeats:
        return by_name * 0.6, f"{why}; but values repeat"
    return by_name, why


def _by_content(fit: Fit, content: Content, field: Field) -> tuple[float, str]:
    """Return how sure values alone make it; most kinds of values say nothing."""
    if not content.values or fit.share < 0.9:
        return 0.0, ""
    if field.choices and field.kind is not Kind.BOOLEAN:
        return 0.7 * fit.share, "the values are its choices"
    if field.pattern:
        return 0.6 * fit.share, "the values have its form"
    if field.kind in _TELLING:
        return 0.5 * fit.share, f"the values are of the kind {field.kind.value}"
    return 0.0, ""
