"""What tests of making documents have in common: a template that is published, and stores."""

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.documents.models import Document, Template, TemplateVersion
from apps.documents.services.documents import create_document
from apps.documents.services.publishing import publish_template
from apps.documents.services.templates import create_template
from kernel.mesh.storing import Outgoing, store
from kernel.storage.local import LocalStorage
from kernel.testing.jobs import drain

LETTER: dict[str, Any] = {
    "septet": 1,
    "title": "Letter {{ number }}",
    "blocks": [
        {"type": "heading", "level": 1, "text": "Dear {{ name | upper }}"},
        {
            "type": "table",
            "over": "lines ?? []",
            "as": "line",
            "columns": [{"title": "Item", "value": "line.name"}],
        },
    ],
}
SCHEMA = {
    "type": "object",
    "required": ["number"],
    "properties": {
        "number": {"type": ["integer", "string"]},
        "name": {"type": "string"},
        "lines": {"type": "array"},
    },
}
#: Where there is no files service, what is made cannot be handed over.
with_files = pytest.mark.skipif(
    "files" not in settings.SERVICES, reason="runs where the files service is"
)


def published(name: str = "letter", body: dict[str, Any] | None = None, **more: Any) -> Template:
    """Make a template whose only version is published."""
    texts = {"body": json.dumps(body or LETTER), "schema": json.dumps(SCHEMA)}
    template = create_template(name=name, title="A letter", **(texts | more))
    publish_template(id=str(template.pk))
    return template


def asked_for(title: str, format: str = "pdf") -> Document:  # noqa: A002  as the service has it
    """Ask for a document of a template that is published, which nobody makes yet."""
    if not Template.objects.filter(name="letter").exists():
        published()
    return create_document(template="letter", title=title, format=format)


def version_of(template: Template) -> TemplateVersion:
    """Return its newest version."""
    return template.versions.latest("number")


def kept_in(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Let documents and files keep their bytes in folders of a test; return that of documents."""
    for app in ("documents", "files"):
        keep = partial(LocalStorage, folder / app)
        monkeypatch.setattr(f"apps.{app}.adapters.stores.storage", keep)
    return folder / "documents"


def stored(folder: Path) -> list[Path]:
    """Return what there is in a store."""
    return [one for one in folder.rglob("*") if one.is_file()]


def uploaded(name: str, content: bytes) -> str:
    """Let the files service have a file of the tenant that is clean; return its id."""

    def read(*, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        yield content[start : None if length is None else start + length]

    outgoing = Outgoing(
        app="documents",
        key=name,
        name=name,
        content_type="application/octet-stream",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        read=read,
    )
    file_id = store(outgoing, upload_id=None, note=lambda _: None)
    drain()
    return file_id
