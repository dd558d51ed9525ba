"""Templates and their versions as they are asked for, and what is to be said of one."""

import json
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from apps.documents.domain.assembling import included
from apps.documents.domain.differences import Difference, differences
from apps.documents.domain.findings import Finding, InvalidTemplateError, Severity
from apps.documents.domain.limits import DEFAULT
from apps.documents.domain.model.parsing import load_json
from apps.documents.domain.written import (
    Judged,
    Source,
    Uploaded,
    Written,
    judge,
    read_body,
)
from apps.documents.models import (
    Partial,
    Template,
    TemplateUpload,
    TemplateVersion,
    Theme,
    UploadState,
    VersionState,
)
from kernel.errors import ConflictError, NotFoundError
from kernel.ids import parse_id
from kernel.tenancy.models import TenantModel

T = TypeVar("T", bound=TenantModel)

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "name": "name",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
#: Of one comparison; nobody reads on.
MOST_DIFFERENCES = 500


def narrowed(rows: QuerySet[Any], wanted: dict[str, Any]) -> QuerySet[Any]:
    """Return the templates that are archived or not, and have a word in their name or title."""
    if "archived" in wanted:
        rows = rows.filter(archived_at__isnull=not wanted["archived"])
    if "search" in wanted:
        word = wanted["search"].strip()
        rows = rows.filter(Q(name__icontains=word) | Q(title__icontains=word))
    return rows


def versions_narrowed(rows: QuerySet[Any], wanted: dict[str, Any]) -> QuerySet[Any]:
    """Return the versions that pass a filter."""
    if "template_id" in wanted:
        wanted = {**wanted, "template_id": parse_id(wanted["template_id"])}
    return rows.filter(**wanted)


def row_of(model: type[T], row_id: str) -> T:
    """Return the row of this id, not locked; raises InvalidInputError, NotFoundError."""
    row = model.visible().filter(pk=parse_id(row_id)).first()
    if row is None:
        raise NotFoundError(f"no {model._meta.verbose_name} {row_id}")  # noqa: SLF001  Django's own
    return row


def version_of(template: Template, number: int) -> TemplateVersion:
    """Return a version by its number; raises NotFoundError."""
    found = TemplateVersion.objects.filter(template=template, number=number).first()
    if found is None:
        raise NotFoundError(f"the template {template.name!r} has no version {number}")
    return found


def draft_of(template: Template) -> TemplateVersion | None:
    """Return the version that is not published yet."""
    state = VersionState.DRAFT
    return TemplateVersion.objects.filter(template=template, state=state).first()


def newest_of(template: Template) -> TemplateVersion | None:
    """Return the version that was begun last: the draft, if there is one."""
    return TemplateVersion.objects.filter(template=template).order_by("-number").first()


def usable_version(template: Template, number: int | None = None) -> TemplateVersion:
    """Return the version that a document is to be made of, the published one if none is named.

    Raises ConflictError where none is to be made of it, NotFoundError.
    """
    if template.archived_at is not None:
        raise ConflictError(f"the template {template.name!r} is archived")
    if number is None:
        if template.published_id is None:
            raise ConflictError(f"of the template {template.name!r} no version is published")
        return TemplateVersion.objects.get(pk=template.published_id)
    found = version_of(template, number)
    if found.state != VersionState.PUBLISHED:
        raise ConflictError(f"version {number} of {template.name!r} is {found.state}")
    return found


def drafts_of(template_ids: list[str]) -> dict[str, TemplateVersion]:
    """Return the draft of each of these templates that has one."""
    rows = TemplateVersion.objects.filter(template_id__in=template_ids, state=VersionState.DRAFT)
    return {str(row.template_id): row for row in rows}


def published_of(template_ids: list[str]) -> dict[str, TemplateVersion]:
    """Return the version that documents are made of, of each of these templates that has one."""
    pointers = Template.objects.filter(pk__in=template_ids).values("published_id")
    rows = TemplateVersion.objects.filter(pk__in=pointers)
    return {str(row.template_id): row for row in rows}


def templates_of(version_ids: list[str]) -> dict[str, Template]:
    """Return the template of each of these versions."""
    rows = TemplateVersion.objects.filter(pk__in=version_ids).only("template")
    return {str(row.pk): row.template for row in rows.select_related("template")}


def themes_of(template_ids: list[str]) -> dict[str, Theme]:
    """Return the theme of each of these templates that has one."""
    rows = Template.objects.filter(pk__in=template_ids, theme__isnull=False)
    return {str(row.pk): row.theme for row in rows.select_related("theme") if row.theme}


def written_of(version: TemplateVersion) -> Written:
    """Return the texts of a version."""
    return Written(
        body=version.body,
        markdown=version.markdown,
        schema=version.schema,
        sample=version.sample,
        assets=tuple(version.assets),
        upload=uploaded(version.uploaded) if version.uploaded else None,
    )


def uploaded(upload: TemplateUpload) -> Uploaded:
    """Return what is to be said of a file that versions are."""
    findings = [Finding(**one | {"severity": Severity(one["severity"])}) for one in upload.findings]
    if upload.state == UploadState.CHECKING:
        findings.append(Finding("", "checking", "the file is looked through: wait a moment"))
    elif upload.state == UploadState.REFUSED and not findings:
        findings.append(Finding("", upload.error_code, upload.error_message))
    return Uploaded(findings=tuple(findings), inferred=upload.inferred)


def uploads_of(version_ids: list[str]) -> dict[str, TemplateUpload]:
    """Return the file of each of these versions that is one."""
    rows = TemplateVersion.objects.filter(pk__in=version_ids, uploaded__isnull=False)
    found = rows.select_related("uploaded").only("uploaded")
    return {str(row.pk): row.uploaded for row in found if row.uploaded}


def fonts_of(model: type[Theme] | type[TemplateVersion], ids: list[str]) -> dict[str, Any]:
    """Return the fonts of each of these themes or versions that has some."""
    rows: QuerySet[Any] = model.objects.filter(pk__in=ids, fonts__isnull=False)
    return {str(row.pk): row.fonts for row in rows.select_related("fonts").only("fonts")}


def judged(written: Written, theme: Theme | None = None) -> Judged:
    """Tell what is wrong with a version, with the partials of the tenant as they are now."""
    try:
        body = read_body(written)
    except InvalidTemplateError:
        body = {}
    found = judge(
        written,
        shared_partials(body),
        look_of(theme),
        logo=theme is not None and theme.logo_id is not None,
    )
    if theme is None or theme.fonts is None:
        return found
    wrong = (
        (Source.BODY, replace(one, place=f"/theme/fonts{one.place}"))
        for one in uploaded(theme.fonts).findings
    )
    return replace(found, findings=(*found.findings, *wrong))


def look_of(theme: Theme | None) -> dict[str, Any]:
    """Return what a theme says to a template."""
    if theme is None:
        return {}
    names = ("size", "color", "accent", "stripe")
    return {name: getattr(theme, name) for name in names}


def shared_partials(body: dict[str, Any]) -> dict[str, Any]:
    """Return the tenant's partials that a template includes, and those that they include."""
    found: dict[str, Any] = {}
    wanted = set(included(body))
    # Each round finds at least one, or is the last.
    while wanted and len(found) <= DEFAULT.partials:
        rows = Partial.objects.filter(name__in=wanted).values_list("name", "body")
        new = {name: json.loads(text) for name, text in rows}
        found |= new
        wanted = set(included(list(new.values()))) - found.keys()
    return found


def between(
    older: TemplateVersion, newer: TemplateVersion, theme: Theme | None = None
) -> list[Difference]:
    """Return what is otherwise in the newer: in its template, schema, sample and pictures.

    The templates are compared as documents are made of them, with partials and theme; where one
    is a draft that cannot be read, as they are written.
    """
    made = [_made_of(one, theme) for one in (older, newer)]
    if not all(made):
        made = [{"body": _read(one.body), "markdown": one.markdown} for one in (older, newer)]
    before, after = (
        one
        | {
            "schema": _read(version.schema),
            "sample": _read(version.sample),
            "assets": version.assets,
            "upload": _told(version.uploaded),
            "fonts": _told(version.fonts or _fonts_to_be(version, theme)),
        }
        for one, version in zip(made, (older, newer), strict=True)
    )
    return list(islice(differences(before, after), MOST_DIFFERENCES))


def _made_of(version: TemplateVersion, theme: Theme | None) -> dict[str, Any]:
    if version.resolved:
        return {"body": _read(version.resolved)}
    resolved = judged(written_of(version), theme).resolved
    return {"body": resolved} if resolved else {}


def _told(upload: TemplateUpload | None) -> dict[str, Any] | None:
    if upload is None:
        return None
    return {
        "file": str(upload.file_id),
        "version": upload.file_version,
        "sha256": upload.sha256,
    }


def _fonts_to_be(version: TemplateVersion, theme: Theme | None) -> TemplateUpload | None:
    draft = version.state == VersionState.DRAFT
    return theme.fonts if draft and theme is not None else None


def _read(text: str) -> Any:
    """Return what a text holds; if it is no JSON of ours, its lines."""
    try:
        return load_json(text, DEFAULT.template_bytes, DEFAULT.depth) if text else None
    except InvalidTemplateError:
        return text.splitlines()


def named(model: type[T], id_or_name: str) -> T:
    """Return the row of a name or an id; raises NotFoundError."""
    rows = model.visible()
    found = rows.filter(name=id_or_name).first()
    if found is None and len(id_or_name) == 36:
        found = rows.filter(pk=parse_id(id_or_name)).first()
    if found is None:
        raise NotFoundError(f"no {model._meta.verbose_name} {id_or_name[:60]!r}")  # noqa: SLF001  Django's own
    return found


def found_template(id_or_name: str) -> Template:
    """Return a template by its id or its name; raises NotFoundError."""
    return named(Template, id_or_name)
