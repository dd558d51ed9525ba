"""The texts of a mapped column in a chunk: those of the file, or what transforms make of them.

Transforms run in Python, for each different text once: what they do is too much a matter of
language to be done by two programs alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars

from apps.importexport.domain.mapping.columns import Column
from apps.importexport.domain.problems import RefusedError
from contracts.formulas import unguarded


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Nothing stands for a text that is not there, or that a transform refused in a row."""

    series: polars.Series
    refused: dict[int, RefusedError] = field(default_factory=dict)


def texts_of(column: Column, headers: Sequence[str], frame: polars.DataFrame) -> Texts:
    """Return the texts of a field; the frame has a column for each header, by its place."""
    if not column.sources:
        return _constant(column, frame.height)
    found = [frame.to_series(headers.index(name)) for name in column.sources]
    if not column.transforms:
        return Texts(series=found[0])
    if len(found) == 1:
        return _of_one(column, column.sources[0], found[0])
    rows = list(zip(*(one.to_list() for one in found), strict=True))
    return _changed(column, column.sources, rows)


def without_guard(frame: polars.DataFrame) -> polars.DataFrame:
    """Return the texts without what guards spreadsheets from them."""
    begin = frame.select(polars.all().str.starts_with("'").any())
    changed = [
        polars.Series(
            series.name,
            [unguarded(text) if text else text for text in series.to_list()],
            dtype=polars.String,
        )
        for series, found in zip(frame, begin.row(0) if begin.width else (), strict=True)
        if found
    ]
    return frame.with_columns(changed) if changed else frame


def _constant(column: Column, height: int) -> Texts:
    made = _changed(column, (), [()])
    refused = dict.fromkeys(range(height), made.refused[0]) if made.refused else {}
    return Texts(series=made.series.new_from_index(0, height), refused=refused)


def _of_one(column: Column, header: str, texts: polars.Series) -> Texts:
    """Change each different text once, if there are not as many as rows."""
    different = texts.unique()
    if len(different) * 2 > len(texts):
        return _changed(column, (header,), [(text,) for text in texts.to_list()])
    made = _changed(column, (header,), [(text,) for text in different.to_list()])
    # Where each text is among the different ones.
    at = polars.DataFrame([texts.alias("text")]).join(
        polars.DataFrame([different.alias("text")]).with_row_index("at"),
        on="text",
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )["at"]
    refused = {}
    if made.refused:
        wanted = polars.Series(list(made.refused), dtype=at.dtype)
        refused = {row: made.refused[at[row]] for row in at.is_in(wanted).arg_true()}
    return Texts(series=made.series.gather(at), refused=refused)


def _changed(
    column: Column, sources: Sequence[str], rows: Sequence[tuple[str | None, ...]]
) -> Texts:
    texts: list[str | None] = []
    refused: dict[int, RefusedError] = {}
    for row, cells in enumerate(rows):
        try:
            texts.append(column.text(dict(zip(sources, cells, strict=True))))
        except RefusedError as error:
            texts.append(None)
            refused[row] = error.bare()
    return Texts(series=polars.Series(texts, dtype=polars.String), refused=refused)
