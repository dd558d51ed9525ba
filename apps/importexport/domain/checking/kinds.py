"""For each kind an expression that types a column, and one that tells where it surely is right.

Where it is not sure, the definition in `scalars` decides, cell by cell. So an expression here may
be too careful, and must never be too kind.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

import polars

from apps.importexport.domain.checking.frames import TYPES
from apps.importexport.domain.values.fields import FieldCheck
from apps.importexport.domain.values.scalars import FALSE, PRECISION, SCALE, TRUE
from contracts.datasets import Kind

_WORDS = {
    written: value
    for words, value in ((TRUE, True), (FALSE, False))
    for word in words
    for written in (word, word.upper(), word.title())
}
# Other years are left to Python, which knows no year 0, and none beyond 9999 in UTC either.
_DAY = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
# A second 60 would be the next minute's first to polars.
_TIME = "[0-9]{2}:[0-9]{2}:[0-5][0-9](?:\\.[0-9]{1,6})?"
_OFFSET = "[+-](?:0[0-9]|1[0-4]):[0-5][0-9]"
_DIGITS = f"^-?[0-9]{{1,{PRECISION - SCALE}}}(?:\\.[0-9]{{1,{SCALE}}})?$"
_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Texts: TypeAlias = Callable[[polars.Series], polars.Series]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    """A column of texts as values; and of texts and values, which are sure if they are there."""

    value: Callable[[polars.Expr], polars.Expr]
    sure: Callable[[polars.Expr, polars.Expr], polars.Expr]


def _as_typed(_: polars.Expr, value: polars.Expr) -> polars.Expr:
    return value.is_not_null()


_TYPING: Mapping[Kind, Typing] = {
    Kind.TEXT: Typing(
        value=lambda text: text, sure=lambda text, _: ~text.str.contains("\0", literal=True)
    ),
    Kind.INTEGER: Typing(value=lambda text: text.cast(polars.Int64, strict=False), sure=_as_typed),
    Kind.DECIMAL: Typing(
        value=lambda text: text.cast(TYPES[Kind.DECIMAL], strict=False),
        sure=lambda text, value: value.is_not_null() & text.str.contains(_DIGITS),
    ),
    Kind.BOOLEAN: Typing(
        value=lambda text: text.replace_strict(_WORDS, default=None, return_dtype=polars.Boolean),
        sure=_as_typed,
    ),
    Kind.DATE: Typing(
        value=lambda text: text.str.to_date("%Y-%m-%d", strict=False),
        sure=lambda text, value: value.is_not_null() & text.str.contains(f"^{_DAY}$"),
    ),
    Kind.UUID: Typing(value=lambda text: text, sure=lambda text, _: text.str.contains(_UUID)),
    Kind.JSON: Typing(value=lambda text: text, sure=lambda text, _: text.is_null() & False),
}


def typing_of(check: FieldCheck) -> Typing:
    """Return what types a column by all rules of its field."""
    typing = (
        Typing(value=_moments(check.zone), sure=_as_typed)
        if check.field.kind is Kind.DATETIME
        else _TYPING[check.field.kind]
    )
    return Typing(
        value=typing.value,
        sure=lambda text, value: typing.sure(text, value) & _rules(check, text, value),
    )


def _moments(zone: ZoneInfo) -> Callable[[polars.Expr], polars.Expr]:
    """Return what reads moments as most of a file have them; it leaves out all that is otherwise.

    How they end, the first of them tells: with `Z`, with an offset, or with the time of day alone.
    """

    def moments(texts: polars.Series) -> polars.Series:
        first = texts.drop_nulls().head(1).to_list() or [""]
        sign = " " if first[0][10:11] == " " else "T"
        ends = first[0][19:]
        end, ending = ("", "")
        if ends.endswith("Z"):
            end, ending = ("Z", "Z")
        elif "+" in ends or "-" in ends:
            end, ending = (_OFFSET, "%z")
        found = texts.str.to_datetime(
            f"%Y-%m-%d{sign}%H:%M:%S%.f{ending}", time_unit="us", strict=False
        )
        written = texts.str.contains(f"^{_DAY}{sign}{_TIME}{end}$")
        nothing = polars.Series([None], dtype=found.dtype)
        found = found.zip_with(written, nothing)
        if not end and zone.key != "UTC":
            found -= _offsets(zone, found.dt.date())
        return found.dt.convert_time_zone("UTC") if ending == "%z" else _in_utc(found)

    return lambda text: text.map_batches(moments, return_dtype=TYPES[Kind.DATETIME])


def _in_utc(moments: polars.Series) -> polars.Series:
    return moments.dt.replace_time_zone("UTC")


def _offsets(zone: ZoneInfo, days: polars.Series) -> polars.Series:
    """Return how much a zone was ahead on each day; nothing for days on which that changed."""
    known = {day: _offset(zone, day) for day in days.unique().drop_nulls().to_list()}
    return days.replace_strict(known, default=None, return_dtype=polars.Duration("us"))


@lru_cache(maxsize=65_536)
def _offset(zone: ZoneInfo, day: dt.date) -> dt.timedelta | None:
    ends = (dt.time.min, dt.time.max, dt.time(fold=1), dt.time.max.replace(fold=1))
    found = {dt.datetime.combine(day, end, zone).utcoffset() for end in ends}
    return found.pop() if len(found) == 1 else None


def _rules(check: FieldCheck, text: polars.Expr, value: polars.Expr) -> polars.Expr:
    field, kept = check.field, polars.lit(value=True)
    if field.required and field.kind is Kind.TEXT:
        kept &= text != ""
    if check.minimum is not None:
        kept &= value >= polars.lit(check.minimum, TYPES[field.kind])
    if check.maximum is not None:
        kept &= value <= polars.lit(check.maximum, TYPES[field.kind])
    if check.choices:
        choices = polars.Series(list(check.choices), dtype=TYPES[field.kind])
        kept &= value.is_in(choices.implode())
    if field.max_length is not None:
        kept &= text.str.len_chars() <= field.max_length
    if field.min_length is not None:
        kept &= text.str.len_chars() >= field.min_length
    if field.pattern:
        kept &= text.map_batches(_matching(field.pattern), return_dtype=polars.Boolean)
    return kept


def _matching(pattern: str) -> Texts:
    """Return what matches a column by RE2 as pyarrow has it: the engine of `patterns`."""
    # 27 MB that nothing else of an import takes.
    import pyarrow.compute  # noqa: PLC0415

    whole = rf"\A(?:{pattern})\z"

    def matching(texts: polars.Series) -> polars.Series:
        return polars.Series(pyarrow.compute.match_substring_regex(texts.to_arrow(), whole))

    return matching
