"""Plans and chunks that tests of checking share."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from polars.testing import assert_frame_equal

from apps.importexport.domain.checking.plans import Plan
from apps.importexport.domain.checking.problems import Checked
from apps.importexport.domain.checking.row_by_row import row_by_row
from apps.importexport.domain.checking.vectorised import vectorised
from apps.importexport.domain.mapping.columns import Column
from contracts.datasets import Field


def plan_of(*fields: Field, **more: Any) -> Plan:
    """Return a plan for a file whose headers are the names of the fields."""
    names = tuple(field.name for field in fields)
    plain = tuple(Column(field=name, source=name) for name in names)
    return Plan(**{"columns": names, "mapping": plain, "fields": fields} | more)


def chunk(rows: Iterable[Sequence[str]], delimiter: str = ",", quote: str = '"') -> bytes:
    """Return rows as most programs write them."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def checked(plan: Plan, data: bytes) -> Checked:
    """Return what both ways of checking say, having seen that they say the same."""
    found, wanted = vectorised(plan).check(data), row_by_row(plan).check(data)
    assert found.problems == wanted.problems
    assert (found.rows, found.blank) == (wanted.rows, wanted.blank)
    assert_frame_equal(found.good, wanted.good, check_exact=True)
    return found


def values(found: Checked, name: str) -> list[Any]:
    """Return one column of the good rows."""
    return found.good[name].to_list()


def codes(found: Checked) -> list[tuple[int, str, str]]:
    """Return row, field and code of each problem."""
    return [(one.row, one.column, one.code) for one in found.problems]


def types(found: Checked) -> dict[str, Any]:
    """Return the types of the good rows."""
    return dict(found.good.schema)
