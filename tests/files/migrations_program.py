"""A process of its own for test_migrations: keeps files as they were, migrates, and tells."""

import json
import sys
from uuid import UUID

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.db.models import QuerySet  # noqa: E402

from apps.files.models import File, FileVersion  # noqa: E402

TENANT, OTHER = UUID(int=7), UUID(int=8)
FILES = (
    (TENANT, "clean", "files/ab/1"),
    (TENANT, "quarantined", "files/ab/2"),
    (TENANT, "receiving", ""),
    (OTHER, "infected", "files/ab/3"),
)


def main() -> None:
    call_command("migrate", "files", "0002", verbosity=0)
    old = MigrationExecutor(connection).loader.project_state(("files", "0002_uploads")).apps
    files = old.get_model("files", "File")._base_manager
    for number, (tenant, state, key) in enumerate(FILES):
        files.create(
            tenant_id=tenant,
            name=f"{number}.csv",
            content_type="text/csv",
            size_bytes=number,
            state=state,
            storage_key=key,
            sha256="ab" * 32 if state == "clean" else "",
            scanner="basic check" if state == "clean" else "",
        )
    call_command("migrate", verbosity=0)

    rows = File._base_manager.select_related("blob").order_by("name")
    told = [
        [row.state, row.version]
        + ([] if row.blob is None else [row.blob.storage_key, row.blob.state, row.blob.size_bytes])
        + [[v.number, v.blob_id == row.blob_id, v.author_id] for v in versions(row)]
        + [row.blob_id in {None, row.pk}, row.blob is None or row.blob.tenant_id == row.tenant_id]
        for row in rows
    ]
    sys.stdout.write(json.dumps(told))


def versions(file: File) -> QuerySet[FileVersion]:
    return FileVersion._base_manager.filter(file_id=file.pk, tenant_id=file.tenant_id)


main()
