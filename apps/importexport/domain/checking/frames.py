"""The types that good rows have, and how they leave as bytes for COPY."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import polars

from apps.importexport.domain.values.scalars import PRECISION, SCALE
from contracts.datasets import Kind

#: The column that tells where in its chunk a row was.
PLACE = "row"
ROW = polars.UInt32
TYPES: Mapping[Kind, Any] = {
    Kind.TEXT: polars.String,
    Kind.INTEGER: polars.Int64,
    Kind.DECIMAL: polars.Decimal(PRECISION, SCALE),
    Kind.BOOLEAN: polars.Boolean,
    Kind.DATE: polars.Date,
    Kind.DATETIME: polars.Datetime("us", "UTC"),
    Kind.UUID: polars.String,
    Kind.JSON: polars.String,
}


def copy_bytes(frame: polars.DataFrame) -> bytes:
    """Return the frame for `COPY … FROM STDIN (FORMAT csv)`, its columns in their order.

    Texts are quoted, so that an empty one is none; NULL is nothing between two commas. A last line
    of `\\.` ends no data, as it is quoted too.
    """
    out = BytesIO()
    # Into bytes at once: the text that it returns would be a copy, and its bytes another.
    frame.write_csv(
        out,
        include_header=False,
        quote_style="non_numeric",
        datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ",
        date_format="%Y-%m-%d",
    )
    return out.getvalue()
