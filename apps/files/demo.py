"""Demo data: a few files to look at."""

from typing import Any

from django.db import transaction

from apps.files.models import File, FileTag, Folder
from apps.files.services.links import create_share_link
from contracts.files import FileCreated, FolderCreated
from kernel.demo import demo_id
from kernel.events.publishing import publish

#: Name, content type, bytes.
FILES = (
    ("runways.csv", "text/csv", 3_960_755),
    ("airport-frequencies.csv", "text/csv", 1_299_314),
    ("countries.csv", "text/csv", 24_583),
    ("incident-report.pdf", "application/pdf", 48_213),
)


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not File.objects.exists():
        _make()
    return f"{File.objects.count():,} files"


@transaction.atomic
def _make() -> None:
    for name, content_type, size_bytes in FILES:
        told: dict[str, Any] = {
            "name": name,
            "content_type": content_type,
            "size_bytes": size_bytes,
        }
        file = File.objects.create(id=demo_id("File", name), folder=_folder(name), **told)
        publish(FileCreated(file_id=str(file.pk), **told))
        FileTag.objects.create(file=file, name=name.rpartition(".")[2])
    create_share_link(file_id=str(demo_id("File", FILES[-1][0])), note="For the insurer")


def _folder(name: str) -> Folder | None:
    """Return the folder of tables, for those."""
    if not name.endswith(".csv"):
        return None
    folder, made = Folder.objects.get_or_create(id=demo_id("Folder", "Airports"), name="Airports")
    if made:
        publish(FolderCreated(folder_id=str(folder.pk), name=folder.name, parent_id=""))
    return folder
