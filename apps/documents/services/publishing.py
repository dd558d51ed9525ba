"""Versions of templates: published, for ever as they are, and withdrawn."""

from typing import Any

from django.db import transaction

from apps.documents.domain.assembling import told
from apps.documents.domain.written import LOGO
from apps.documents.errors import TemplateRefusedError
from apps.documents.models import Template, TemplateVersion, Theme, VersionState
from apps.documents.selectors.templates import draft_of, judged, written_of
from apps.documents.services.drafts import writable
from contracts.templates import TemplatePublished, TemplateWithdrawn
from kernel import clock
from kernel.errors import ConflictError, NotFoundError
from kernel.events.publishing import publish
from kernel.rows import change, check, locked


@transaction.atomic
def publish_template(*, id: str, note: str | None = None) -> TemplateVersion:
    """Have documents made of a template's draft from now on; it never changes again.

    Partials and the theme are copied into it as they are. Raises TemplateRefusedError,
    NotFoundError where there is no draft, ConflictError for an archived template.
    """
    template = writable(id)
    draft = draft_of(template)
    if draft is None:
        raise NotFoundError(f"the template {template.name!r} has no draft")
    found = judged(written_of(draft), template.theme)
    if found.errors:
        raise TemplateRefusedError(found.errors)
    if note is not None:
        draft.note = note
        check(draft, only=("note",))
    draft.resolved = told(found.resolved)
    draft.assets = with_logo(template.theme, draft.assets)
    draft.fonts = template.theme.fonts if template.theme else None
    draft.state = VersionState.PUBLISHED
    draft.published_at = clock.now()
    draft.save(update_fields=["note", "resolved", "assets", "fonts", "state", "published_at"])
    change(template, published_id=draft.pk)
    publish(
        TemplatePublished(
            template_id=str(template.pk),
            name=template.name,
            version_id=str(draft.pk),
            number=draft.number,
        )
    )
    return draft


@transaction.atomic
def withdraw_version(*, id: str) -> TemplateVersion:
    """Have no document made of a published version any more; doing it twice changes nothing.

    Those that name none are made of the newest that is published then. Raises ConflictError for
    a draft.
    """
    version = locked(TemplateVersion, id)
    template = locked(Template, str(version.template_id))
    if version.state == VersionState.DRAFT:
        raise ConflictError(f"version {version.number} is a draft: discard it")
    if version.state == VersionState.WITHDRAWN:
        return version
    change(version, state=VersionState.WITHDRAWN)
    standing = (
        TemplateVersion.objects.filter(template=template, state=VersionState.PUBLISHED)
        .order_by("-number")
        .first()
    )
    if template.published_id == version.pk:
        change(template, published_id=standing.pk if standing else None)
    publish(
        TemplateWithdrawn(
            template_id=str(template.pk),
            name=template.name,
            version_id=str(version.pk),
            number=version.number,
            current=standing.number if standing else 0,
        )
    )
    return version


def with_logo(theme: Theme | None, assets: dict[str, Any]) -> dict[str, Any]:
    """Return the pictures of a version with the logo of its theme, unless it has its own."""
    if theme is None or theme.logo_id is None:
        return assets
    return {LOGO: {"file": str(theme.logo_id), "version": theme.logo_version}, **assets}
