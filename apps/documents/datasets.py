"""Templates of documents as rows for import and export, each with what its newest version says.

What is imported is a draft, as if somebody had written it: publishing it is for people.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from apps.documents.errors import TemplateRefusedError
from apps.documents.models import DocumentFormat, Template, TemplateVersion
from apps.documents.services.drafts import Texts, save_draft
from apps.documents.services.exchange import content_of, texts_in
from apps.documents.services.templates import (
    archive_template,
    create_template,
    delete_template,
    restore_template,
    update_template,
)
from contracts.datasets import Dataset, Field, Kind, Mode, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import Change, register
from kernel.datasets.writing import one_by_one
from kernel.errors import ConflictError

_DESCRIBED = ("title", "description", "formats")

TEMPLATES = Dataset(
    name="documents.templates",
    title="Templates",
    description=(
        "Templates of documents. The partials and the theme of a template are in its content; of"
        " pictures the names, their bytes are files."
    ),
    key=("name",),
    modes=frozenset(Mode),
    read_scope="documents:read",
    write_scope="documents:write",
    # One may have a megabyte.
    most_rows=20,
    fields=(
        Field(name="name", title="Name", required=True, max_length=60),
        Field(name="title", title="Title", required=True, max_length=255),
        Field(name="description", title="Description", max_length=1000),
        Field(
            name="formats",
            title="Formats",
            description=f"A list, the usual first: {', '.join(DocumentFormat.values)}.",
            kind=Kind.JSON,
        ),
        Field(
            name="content",
            title="Content",
            description="What it says, as its file has it; null if that cannot be read.",
            kind=Kind.JSON,
        ),
        Field(name="archived", title="Archived", kind=Kind.BOOLEAN),
        Field(name="published", title="Published", kind=Kind.BOOLEAN, read_only=True),
        Field(name="created_at", title="Created", kind=Kind.DATETIME, read_only=True),
    ),
)


def _there() -> QuerySet[Template]:
    versions = TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
    newest = Subquery(versions.values("pk")[:1])
    return Template.visible().select_related("theme").annotate(newest_id=newest)


def _tell(templates: Sequence[Template]) -> list[Row]:
    ids = {one.pk: getattr(one, "newest_id") for one in templates}  # noqa: B009  as annotated
    versions = TemplateVersion.objects.select_related("uploaded").in_bulk(
        [pk for pk in ids.values() if pk]
    )
    return [
        {
            "id": str(one.pk),
            "name": one.name,
            **{name: getattr(one, name) for name in _DESCRIBED},
            "content": _content(one, versions.get(ids[one.pk])),
            "archived": one.archived_at is not None,
            "published": one.published_id is not None,
            "created_at": one.created_at.isoformat(),
        }
        for one in templates
    ]


def _content(template: Template, version: TemplateVersion | None) -> dict[str, Any] | None:
    try:
        return content_of(template, version) if version else None
    except (TemplateRefusedError, ConflictError):
        return None


def _write(change: Change) -> None:
    row, before, changed = change.row, change.before, change.changed
    texts = texts_in(changed["content"]) if "content" in changed else Texts()
    told = {name: changed[name] for name in _DESCRIBED if name in changed}
    if before is None:
        template_id = str(create_template(name=row["name"], **told, **texts).pk)
    else:
        template_id = before["id"]
        if before["archived"] and not row.get("archived", True):
            restore_template(id=template_id)
        if told:
            update_template(id=template_id, **told)
        if texts:
            save_draft(id=template_id, **texts)
    if changed.get("archived"):
        archive_template(id=template_id)


rows = Rows(of=_there, tell=_tell, order=("name",), key="name")
register(
    TEMPLATES,
    read=rows.read,
    find=rows.find,
    write=one_by_one(_write),
    remove=one_by_one(lambda row: delete_template(id=row["id"])),
)
