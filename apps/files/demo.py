"""Demo data: airports as tables, and a report that somebody outside may have."""

import gzip
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from apps.files.domain.tus import Creation
from apps.files.models import File, FileTag, Folder
from apps.files.services.links import create_share_link
from apps.files.services.receiving import take_in
from apps.files.services.uploads import begin_upload
from contracts.files import FolderCreated
from kernel.demo import demo_id
from kernel.events.publishing import publish

#: Packed, some of them: what is uploaded is unpacked.
SAMPLES = Path(__file__).parent / "samples"
_TYPES = {"csv": "text/csv", "pdf": "application/pdf"}
_SHARED = "incident-report.pdf"
FILES = ("runways.csv", "airport-frequencies.csv", "countries.csv", _SHARED)


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not File.objects.exists():
        for name in FILES:
            _upload(name)
        create_share_link(file_id=str(demo_id("File", _SHARED)), note="For the insurer")
    return f"{File.objects.count():,} files"


def _upload(name: str) -> None:
    """Upload one as anybody would: a worker scans it, and makes its picture."""
    content, ending = _content(name), name.rpartition(".")[2]
    file_id = demo_id("File", name)
    begun = begin_upload(
        Creation(length=len(content), metadata="", partial=False, parts=(), concat=""),
        name=name,
        content_type=_TYPES[ending],
        folder_id=_airports() if ending == "csv" else None,
        file_id=file_id,
    )
    take_in(begun.id, _pieces(content))
    FileTag.objects.create(file_id=file_id, name=ending)


def _content(name: str) -> bytes:
    packed = SAMPLES / f"{name}.gz"
    if packed.exists():
        return gzip.decompress(packed.read_bytes())
    return (SAMPLES / name).read_bytes()


def _pieces(content: bytes, size: int = 1 << 18) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@transaction.atomic
def _airports() -> str:
    """Return the id of the folder of tables."""
    folder, made = Folder.objects.get_or_create(id=demo_id("Folder", "Airports"), name="Airports")
    if made:
        publish(FolderCreated(folder_id=str(folder.pk), name=folder.name, parent_id=""))
    return str(folder.pk)
