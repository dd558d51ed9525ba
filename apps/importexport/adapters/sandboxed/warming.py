"""All that reading opens, opened before a call may open nothing."""

import io
from dataclasses import asdict

import pyarrow as pa
import pyarrow.parquet as pq

from apps.importexport.adapters.sandboxed.parquet import parquet
from apps.importexport.adapters.sandboxed.sheets import sheet
from apps.importexport.adapters.writing.files import table_file
from apps.importexport.domain.formats.dialects import Format
from apps.importexport.domain.formats.limits import DEFAULT
from contracts.datasets import Field


def warm() -> None:
    """Read one of each format: modules and codecs are imported by what first needs them."""
    # Its others have threads, which a call may not start.
    pa.set_memory_pool(pa.system_memory_pool())
    for one in (Format.XLSX, Format.ODS):
        made = io.BytesIO()
        with table_file(made, format=one, fields=[Field(name="name")]) as table:
            table.write([{"name": "é"}])
        sheet(made.getvalue(), sheet="", rows=0, limits=asdict(DEFAULT))
    made = io.BytesIO()
    pq.write_table(pa.table({"name": ["é"], "list": [[1]]}), made)
    parquet(made.getvalue(), rows=0, limits=asdict(DEFAULT))
