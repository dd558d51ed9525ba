"""The settings of the documents app."""

from datetime import timedelta

from apps.documents.domain.limits import DEFAULT
from kernel.dynamic.declaring import boolean, integer, length_of_time

ACCEPTING = boolean(
    "documents.accepting",
    default=True,
    description="Take new documents. Off: they are refused as UNAVAILABLE, to be tried again.",
)
RENDERING_MEMORY_BYTES = integer(
    "documents.rendering_memory_bytes",
    default=1_000_000_000,
    description="How much memory one document may take while it is made, in a process of its own.",
    at_least=100_000_000,
    at_most=16_000_000_000,
)
RENDERING_TIME = length_of_time(
    "documents.rendering_time",
    default=timedelta(minutes=5),
    description="How long the processor may work for one document.",
)
DOCUMENT_BYTES = integer(
    "documents.document_bytes",
    default=200_000_000,
    description="How long a document may be that is made.",
    at_least=1_000_000,
    at_most=5_000_000_000,
)
DATA_BYTES = integer(
    "documents.data_bytes",
    default=1_000_000,
    description="How long the data may be that comes with a request, and that of an item of a"
    " batch, as JSON; more comes in a file.",
    at_least=1_000,
    at_most=16_000_000,
)
DATA_FILE_BYTES = integer(
    "documents.data_file_bytes",
    default=100_000_000,
    description="How long a file may be that documents take their data from.",
    at_least=1_000,
    at_most=DEFAULT.data_bytes,
)
BATCH_ITEMS = integer(
    "documents.batch_items",
    default=10_000,
    description="How many documents one batch may have.",
    at_least=1,
    at_most=100_000,
)
WAITING = integer(
    "documents.waiting",
    default=1_000,
    description="How many documents of a tenant may wait or be made at a time, beside batches.",
    at_least=1,
    at_most=100_000,
)
BATCHES_WAITING = integer(
    "documents.batches_waiting",
    default=10,
    description="How many batches of a tenant may be made at a time.",
    at_least=1,
    at_most=1_000,
)
ITEM_DAYS = integer(
    "documents.item_days",
    default=7,
    description="After so many days the single documents and the data of a finished batch go; its"
    " file stays.",
    at_least=1,
    at_most=3_650,
)
