"""Templates: each change makes a version that never changes."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from apps.notifications.domain.places import MistakesError
from apps.notifications.domain.rendering import Words, check_texts, rendered
from apps.notifications.domain.templates import TemplateError
from apps.notifications.errors import RenderingError, TemplateRefusedError
from apps.notifications.models import NotificationTemplate, TemplateVersion
from contracts.notifications import (
    MessageTemplateChanged,
    MessageTemplateCreated,
    MessageTemplateDeleted,
)
from kernel.errors import ConflictError
from kernel.events.publishing import publish
from kernel.rows import check, delete, locked


@transaction.atomic
def create_template(
    *, name: str, texts: Mapping[str, Any], default_locale: str = "en"
) -> NotificationTemplate:
    """Make a template; raises TemplateRefusedError, ConflictError when the name is taken."""
    made = NotificationTemplate(name=name, texts=texts, default_locale=default_locale)
    _check(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise ConflictError(f"there is a template {name!r} already") from None
    _keep_version(made)
    publish(MessageTemplateCreated(template_id=str(made.pk), name=made.name))
    return made


@transaction.atomic
def update_template(*, id: str, **told: Any) -> NotificationTemplate:
    """Say something else from now on, as a new version; what is made already stays."""
    template = locked(NotificationTemplate, id)
    for name in ("texts", "default_locale"):
        if name in told:
            setattr(template, name, told[name])
    _check(template)
    template.number += 1
    template.save()
    _keep_version(template)
    publish(
        MessageTemplateChanged(
            template_id=str(template.pk), name=template.name, number=template.number
        )
    )
    return template


@transaction.atomic
def delete_template(*, id: str) -> NotificationTemplate:
    """Remove a template and its versions; a step that names it fails from now on."""
    template = locked(NotificationTemplate, id)
    TemplateVersion.objects.filter(template=template).delete()
    delete([template])
    publish(MessageTemplateDeleted(template_id=str(template.pk), name=template.name))
    return template


def words_of(
    template: NotificationTemplate, channel: str, *, locale: str, data: Mapping[str, Any]
) -> Words:
    """Return what a template says; raises RenderingError."""
    try:
        return rendered(
            template.texts, channel, locale=locale, default=template.default_locale, data=data
        )
    except TemplateError as error:
        raise RenderingError(f"{template.name}, {channel}, {error}") from None


def _check(template: NotificationTemplate) -> None:
    check(template)
    try:
        check_texts(template.texts)
    except MistakesError as error:
        raise TemplateRefusedError(str(error)) from None


def _keep_version(template: NotificationTemplate) -> None:
    TemplateVersion.objects.create(
        template=template,
        number=template.number,
        default_locale=template.default_locale,
        texts=template.texts,
    )
