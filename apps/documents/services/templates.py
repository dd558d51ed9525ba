"""Templates: made, described, set aside, brought back and removed; their versions are beside."""

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.documents.domain.looks import NAME
from apps.documents.models import DocumentFormat, Template, TemplateVersion, Theme
from apps.documents.selectors.templates import newest_of
from apps.documents.services.drafts import Texts, begin_draft, texts_of
from contracts.templates import (
    TemplateArchived,
    TemplateChanged,
    TemplateCreated,
    TemplateDeleted,
    TemplateRestored,
)
from kernel import clock
from kernel.errors import ConflictError, DomainError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish, publish_all
from kernel.rows import all_locked, change, check, locked

#: Of a tenant.
MOST_TEMPLATES = 2_000


class TemplateChange(TypedDict, total=False):
    """What of a template can be changed."""

    name: str
    title: str
    description: str
    formats: Sequence[str]
    theme_id: str | None


@transaction.atomic
def create_template(
    *,
    name: str,
    title: str,
    description: str = "",
    formats: Sequence[str] = (),
    theme_id: str | None = None,
    **texts: Unpack[Texts],
) -> Template:
    """Make one with its first draft; raises ConflictError when its name is taken."""
    if Template.objects.count() >= MOST_TEMPLATES:
        raise LimitExceededError(f"at most {MOST_TEMPLATES} templates")
    template = Template(name=name, title=title, description=description, formats=_formats(formats))
    template.theme = locked(Theme, theme_id) if theme_id else None
    check(template)
    check_name(name)
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:
        raise ConflictError(f"there is a template {name!r} already") from None
    publish(TemplateCreated(template_id=str(template.pk), name=name))
    begin_draft(template, texts)
    return template


@transaction.atomic
def update_template(*, id: str, **changes: Unpack[TemplateChange]) -> Template:
    """Describe a template anew; what is not told stays. What it says is in its versions."""
    template = locked(Template, id)
    wanted: dict[str, Any] = dict(changes)
    if "name" in changes:
        check_name(changes["name"])
    if "formats" in changes:
        wanted["formats"] = _formats(changes["formats"])
    if "theme_id" in changes:
        told = wanted.pop("theme_id")
        wanted["theme"] = locked(Theme, told) if told else None
    other = {name: value for name, value in wanted.items() if getattr(template, name) != value}
    if not other:
        return template
    try:
        with transaction.atomic():
            change(template, **other)
    except IntegrityError:
        raise ConflictError(f"there is a template {template.name!r} already") from None
    publish(
        TemplateChanged(
            template_id=str(template.pk), name=template.name, fields=tuple(sorted(other))
        )
    )
    return template


@transaction.atomic
def archive_template(*, id: str) -> Template:
    """Have no document made of it any more; doing it twice changes nothing."""
    template = locked(Template, id)
    if template.archived_at is None:
        change(template, archived_at=clock.now())
        publish(TemplateArchived(template_id=str(template.pk), name=template.name))
    return template


@transaction.atomic
def restore_template(*, id: str) -> Template:
    """Let documents be made of an archived one again; doing it twice changes nothing."""
    template = locked(Template, id)
    if template.archived_at is not None:
        change(template, archived_at=None)
        publish(TemplateRestored(template_id=str(template.pk), name=template.name))
    return template


@transaction.atomic
def duplicate_template(*, id: str, name: str, title: str | None = None) -> Template:
    """Make another that begins with what the newest version of this one says."""
    template = locked(Template, id)
    newest = newest_of(template)
    return create_template(
        name=name,
        title=template.title if title is None else title,
        description=template.description,
        formats=template.formats,
        theme_id=str(template.theme_id) if template.theme_id else None,
        **(texts_of(newest) if newest else {}),
    )


@transaction.atomic
def delete_template(*, id: str) -> Template:
    """Remove one with its versions and return it as it was; raises ConflictError once used."""
    removed = _remove(locked(Template, id))
    if isinstance(removed, DomainError):
        raise removed
    publish(_deleted(removed))
    return removed


@transaction.atomic
def delete_templates(*, ids: Sequence[str]) -> list[Template | DomainError]:
    """Remove many; one that is used, or not there, does not keep the others."""
    outcomes = [
        one if isinstance(one, DomainError) else _remove(one) for one in all_locked(Template, ids)
    ]
    publish_all([_deleted(one) for one in outcomes if isinstance(one, Template)])
    return outcomes


def check_name(name: str) -> None:
    """Raise InvalidInputError for what is no name of templates, themes and partials."""
    if not NAME.fullmatch(name):
        raise InvalidInputError(
            "a name is small letters and digits with single hyphens between, such as"
            f" sales-invoice; found {name[:40]!r}"
        )


def _formats(told: Iterable[str]) -> list[str]:
    known = set(DocumentFormat.values)
    found = [str(getattr(one, "value", one)) for one in told]
    if wrong := [one for one in found if one not in known]:
        raise InvalidInputError(f"no format {wrong[0][:20]!r}")
    return list(dict.fromkeys(found))


def _remove(template: Template) -> Template | DomainError:
    try:
        with transaction.atomic():
            TemplateVersion.objects.filter(template=template).delete()
            Template.objects.filter(pk=template.pk).delete()
    except ProtectedError:
        message = f"documents were made of the template {template.name!r}: archive it"
        return ConflictError(message)
    return template


def _deleted(template: Template) -> TemplateDeleted:
    return TemplateDeleted(template_id=str(template.pk), name=template.name)
