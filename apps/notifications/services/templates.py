"""Templates: each change makes a version that never changes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.notifications.domain.layouts import check_layout, framed
from apps.notifications.domain.places import MistakesError
from apps.notifications.domain.rendering import Words, check_texts, pictures_in, rendered
from apps.notifications.domain.templates import TemplateError
from apps.notifications.errors import RenderingError, TemplateRefusedError
from apps.notifications.models import NotificationChannel, NotificationTemplate, TemplateVersion
from contracts.notifications import (
    MessageTemplateChanged,
    MessageTemplateCreated,
    MessageTemplateDeleted,
)
from kernel.errors import ConflictError, ForbiddenError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish
from kernel.identity.rights import remaining_rights, remembered_rights
from kernel.rows import check, delete, locked

MOST_DATA = 64_000
_NAMED = 5
#: What a layout is shown around.
_EXAMPLE = Words(
    locale="",
    subject="Subject",
    text="Here stands what is said.",
    html="<p>Here stands what is said.</p>",
)


@transaction.atomic
def create_template(
    *,
    name: str,
    texts: Mapping[str, Any],
    default_locale: str = "en",
    sample: Mapping[str, Any] | None = None,
    is_layout: bool = False,
    layout: str = "",
) -> NotificationTemplate:
    """Make a template, or a layout that stands around others.

    Raises TemplateRefusedError, ConflictError when the name is taken.
    """
    made = NotificationTemplate(
        name=name,
        texts=texts,
        default_locale=default_locale,
        sample=sample or {},
        is_layout=is_layout,
        layout=layout,
    )
    _check(made)
    _note_writer(made, former=set())
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
    """Say something else from now on, as a new version; what is made already stays.

    Another sample is no other version.
    """
    template = locked(NotificationTemplate, id)
    former = _pictures(template)
    for name in ("texts", "default_locale", "sample", "layout"):
        if name in told:
            setattr(template, name, told[name])
    _check(template)
    says_else = bool({"texts", "default_locale", "layout"} & told.keys())
    template.number += says_else
    if "texts" in told:
        _note_writer(template, former)
    template.save()
    if says_else:
        _keep_version(template)
    publish(
        MessageTemplateChanged(
            template_id=str(template.pk), name=template.name, number=template.number
        )
    )
    return template


@transaction.atomic
def delete_template(*, id: str) -> NotificationTemplate:
    """Remove a template and its versions; a step that names it fails from now on.

    Raises ConflictError for a layout that templates are in.
    """
    template = locked(NotificationTemplate, id)
    if template.is_layout:
        inside = NotificationTemplate.objects.filter(layout=template.name).values_list("name")
        if found := [name for (name,) in inside.order_by("name")[:_NAMED]]:
            raise ConflictError(f"templates are in this layout: {', '.join(found)}")
    TemplateVersion.objects.filter(template=template).delete()
    delete([template])
    publish(MessageTemplateDeleted(template_id=str(template.pk), name=template.name))
    return template


def words_of(
    template: NotificationTemplate,
    channel: str,
    *,
    locale: str,
    data: Mapping[str, Any],
    unsubscribe_url: str = "",
) -> Words:
    """Return what a template says, in its layout; raises RenderingError."""
    if template.is_layout:
        raise RenderingError(f"{template.name} is a layout, and says nothing itself")
    try:
        words = rendered(
            template.texts,
            channel,
            locale=locale,
            default=template.default_locale,
            data=data,
            by=template.written_by,
        )
    except TemplateError as error:
        raise RenderingError(f"{template.name}, {channel}, {error}") from None
    if not template.layout:
        return words
    layout = _layouts().filter(name=template.layout).first()
    if layout is None:
        raise RenderingError(f"{template.name}: there is no layout {template.layout!r}")
    return _framed(layout, channel, words, {**data, "unsubscribe_url": unsubscribe_url})


def example_of(
    layout: NotificationTemplate, channel: str, *, locale: str, data: Mapping[str, Any]
) -> Words:
    """Return what a layout looks like around a sentence; raises RenderingError."""
    if channel not in layout.texts:
        raise RenderingError(f"{layout.name} has no text for {channel}")
    html = _EXAMPLE.html if channel == NotificationChannel.EMAIL else ""
    example = replace(_EXAMPLE, locale=locale, html=html)
    return _framed(layout, channel, example, {**data, "unsubscribe_url": "https://example.com/"})


def _framed(
    layout: NotificationTemplate, channel: str, words: Words, data: Mapping[str, Any]
) -> Words:
    try:
        return framed(
            words,
            layout.texts,
            channel,
            default=layout.default_locale,
            data=data,
            by=layout.written_by,
        )
    except TemplateError as error:
        raise RenderingError(f"{layout.name}, {channel}, {error}") from None


def checked_data(told: Any) -> dict[str, Any]:
    """Return what a template is filled with, as JSON has it.

    Raises InvalidInputError, LimitExceededError.
    """
    text = json.dumps(told, default=str)
    if text[:1] != "{" or "\\u0000" in text:
        raise InvalidInputError("data is an object without NUL characters")
    if len(text) > MOST_DATA:
        raise LimitExceededError(f"data has at most {MOST_DATA} characters, found {len(text)}")
    return dict(json.loads(text))


def check_said(template: NotificationTemplate) -> None:
    """Raise TemplateRefusedError for texts that cannot be kept."""
    try:
        (check_layout if template.is_layout else check_texts)(template.texts)
    except MistakesError as error:
        raise TemplateRefusedError(str(error)) from None


def _check(template: NotificationTemplate) -> None:
    check(template)
    template.sample = checked_data(template.sample)
    check_said(template)
    if template.is_layout and template.layout:
        raise TemplateRefusedError("layout: a layout stands in no other")
    # Locked, so that nobody removes it meanwhile.
    if template.layout and not _layouts().select_for_update().filter(name=template.layout).first():
        raise TemplateRefusedError(f"layout: there is no layout {template.layout!r}")


def _layouts() -> QuerySet[NotificationTemplate]:
    return NotificationTemplate.objects.filter(is_layout=True)


def _note_writer(template: NotificationTemplate, former: set[str]) -> None:
    """Remember who has written it where that is needed: to read the pictures that it shows.

    Who shows only those that stood there before stands for none of them. Raises
    TemplateRefusedError for who is no member here: as such no picture can be read later.
    """
    shown, writer = _pictures(template), remembered_rights()
    if not shown:
        template.written_by = {}
    elif not shown <= former or _may_nothing(template.written_by):
        if writer and (why := _may_nothing(writer)):
            raise TemplateRefusedError(f"pictures are read as who shows them, and {why}")
        template.written_by = writer


def _pictures(template: NotificationTemplate) -> set[str]:
    mails = template.texts.get(NotificationChannel.EMAIL, {}).values()
    return {one for parts in mails for one in pictures_in(parts["body"])}


def _may_nothing(rights: dict[str, Any]) -> str:
    """Return why nothing may be done with these rights any more; empty where something may."""
    try:
        remaining_rights(rights)
    except ForbiddenError as error:
        return str(error)
    return ""


def _keep_version(template: NotificationTemplate) -> None:
    TemplateVersion.objects.create(
        template=template,
        number=template.number,
        default_locale=template.default_locale,
        texts=template.texts,
        layout=template.layout,
    )
