"""The settings of the importexport app."""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.importexport.domain.externals.connections import External, connections_of
from kernel.dynamic.declaring import boolean, integer, length_of_time, texts

ACCEPTING = boolean(
    "importexport.accepting",
    default=True,
    description="Take new imports and exports. Off: they are refused as UNAVAILABLE, to be tried"
    " again.",
)
TABLES = integer(
    "importexport.tables",
    default=200,
    description="How many tables of its own a tenant may have.",
    at_least=0,
    at_most=10_000,
)
TABLE_ROWS = integer(
    "importexport.table_rows",
    default=10_000_000,
    description="How many rows one such table may have.",
    at_least=1,
    at_most=1_000_000_000,
)
EXPORTS_WAITING = integer(
    "importexport.exports_waiting",
    default=50,
    description="How many exports of a tenant may wait or be written at a time.",
    at_least=1,
    at_most=10_000,
)
EXPORT_ROWS = integer(
    "importexport.export_rows",
    default=50_000_000,
    description="How many rows one export may have.",
    at_least=1,
    at_most=1_000_000_000,
)
EXPORT_BYTES = integer(
    "importexport.export_bytes",
    default=20_000_000_000,
    description="How long the files of one export may be together.",
    at_least=1_000_000,
    at_most=1_000_000_000_000,
)
EXPORT_KEPT = length_of_time(
    "importexport.export_kept",
    default=timedelta(days=14),
    description="How long the files of an export are kept.",
)
EXPORT_OVERLAP = length_of_time(
    "importexport.export_overlap",
    default=timedelta(minutes=5),
    description="How far an export of changes reaches back behind the end of the one before it,"
    " for rows that were being written then.",
)
SOURCE_BYTES = integer(
    "importexport.source_bytes",
    default=5_000_000_000,
    description="How long a file may be that is imported.",
    at_least=1_000,
    at_most=100_000_000_000,
)
URL_TIME = length_of_time(
    "importexport.url_time",
    default=timedelta(minutes=30),
    description="How long it may take to fetch what is imported from a URL.",
)
UNFINISHED_IMPORTS = integer(
    "importexport.unfinished_imports",
    default=100,
    description="How many imports of a tenant may be worked on or wait for it at a time.",
    at_least=1,
    at_most=100_000,
)
ERRORS_SHOWN = integer(
    "importexport.errors_shown",
    default=1_000,
    description="How many errors of an import are kept to be looked at one by one; its file of"
    " errors has all of them.",
    at_least=10,
    at_most=100_000,
)
UNDO_DAYS = integer(
    "importexport.undo_days",
    default=30,
    description="For so many days an import can be undone; then what its rows were before is"
    " forgotten.",
    at_least=1,
    at_most=3_650,
)
READING_MEMORY_BYTES = integer(
    "importexport.reading_memory_bytes",
    default=2_500_000_000,
    description="How much memory reading one workbook or Parquet file may take, in a process of"
    " its own.",
    at_least=100_000_000,
    at_most=16_000_000_000,
)
READING_TIME = length_of_time(
    "importexport.reading_time",
    default=timedelta(minutes=4),
    description="How long the processor may work for reading one workbook or Parquet file.",
)
ENDPOINTS = integer(
    "importexport.endpoints",
    default=50,
    description="How many places outside a tenant may have, for exports to go to and imports to"
    " come from.",
    at_least=0,
    at_most=1_000,
)
ENDPOINT_FAILING = length_of_time(
    "importexport.endpoint_failing",
    default=timedelta(days=3),
    description="A place that has failed for so long, and nothing came there meanwhile, is"
    " disabled.",
)
MAIL_TO = texts(
    "importexport.mail_to",
    default=(),
    description="Whom exports may be announced to by mail beside the members of the tenant:"
    " addresses, or `@example.com` for all of a domain.",
    pattern=r"[^@\s]*@[A-Za-z0-9.-]+",
)


def external_databases() -> Mapping[str, External]:
    """Return the databases outside by their names; raises ImproperlyConfigured."""
    try:
        return connections_of(settings.EXTERNAL_DATABASES)
    except ValueError as error:
        raise ImproperlyConfigured(f"EXTERNAL_DATABASES: {error}") from None
