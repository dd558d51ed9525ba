"""Themes and partials: what templates of a tenant share. What was published keeps its copy."""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.documents.domain.findings import InvalidTemplateError
from apps.documents.domain.looks import check_theme, read_partial
from apps.documents.errors import TemplateRefusedError
from apps.documents.models import Partial, TemplateUpload, Theme
from apps.documents.selectors.templates import look_of
from apps.documents.services.templates import check_name
from apps.documents.services.uploads import take_fonts
from contracts.templates import (
    PartialChanged,
    PartialCreated,
    PartialDeleted,
    ThemeChanged,
    ThemeCreated,
    ThemeDeleted,
)
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish
from kernel.ids import parse_id
from kernel.rows import check, locked

#: Of a tenant.
MOST_THEMES = 200
MOST_PARTIALS = 500


class ThemeChange(TypedDict, total=False):
    """What of a theme can be told."""

    name: str
    size: float
    color: str
    accent: str
    stripe: str
    logo_id: str | None
    logo_version: int | None
    #: A version of a file for each style that there is; None for ours.
    fonts: Mapping[str, Mapping[str, Any] | None] | None


class PartialChange(TypedDict, total=False):
    """What of a partial can be told."""

    name: str
    description: str
    body: str


@transaction.atomic
def create_theme(**told: Unpack[ThemeChange]) -> Theme:
    """Make one; raises ConflictError when its name is taken, TemplateRefusedError."""
    if Theme.objects.count() >= MOST_THEMES:
        raise LimitExceededError(f"at most {MOST_THEMES} themes")
    theme = Theme(**_theme_told(told))
    _check_theme(theme)
    _saved(theme)
    publish(ThemeCreated(theme_id=str(theme.pk), name=theme.name))
    return theme


@transaction.atomic
def update_theme(*, id: str, **told: Unpack[ThemeChange]) -> Theme:
    """Change what is told; versions that were published keep the theme that they have."""
    theme = locked(Theme, id)
    fields = _set(theme, _theme_told(told, theme.fonts))
    if fields:
        _check_theme(theme)
        _saved(theme, fields)
        publish(ThemeChanged(theme_id=str(theme.pk), name=theme.name, fields=fields))
    return theme


@transaction.atomic
def delete_theme(*, id: str) -> Theme:
    """Remove one and return it as it was; raises ConflictError while templates have it."""
    theme = locked(Theme, id)
    try:
        with transaction.atomic():
            Theme.objects.filter(pk=theme.pk).delete()
    except ProtectedError as error:
        some = ", ".join(sorted(str(one) for one in error.protected_objects)[:5])
        raise ConflictError(f"templates have the theme {theme.name!r}: {some}") from None
    publish(ThemeDeleted(theme_id=str(theme.pk), name=theme.name))
    return theme


@transaction.atomic
def create_partial(**told: Unpack[PartialChange]) -> Partial:
    """Make one; raises ConflictError when its name is taken, TemplateRefusedError."""
    if Partial.objects.count() >= MOST_PARTIALS:
        raise LimitExceededError(f"at most {MOST_PARTIALS} partials")
    partial = Partial(**told)
    _check_partial(partial)
    _saved(partial)
    publish(PartialCreated(partial_id=str(partial.pk), name=partial.name))
    return partial


@transaction.atomic
def update_partial(*, id: str, **told: Unpack[PartialChange]) -> Partial:
    """Change what is told; versions that were published keep the partial that they have."""
    partial = locked(Partial, id)
    fields = _set(partial, dict(told))
    if fields:
        _check_partial(partial)
        partial.updated_at = clock.now()
        _saved(partial, (*fields, "updated_at"))
        publish(PartialChanged(partial_id=str(partial.pk), name=partial.name, fields=fields))
    return partial


@transaction.atomic
def delete_partial(*, id: str) -> Partial:
    """Remove one and return it as it was; drafts that include it cannot be published."""
    partial = locked(Partial, id)
    Partial.objects.filter(pk=partial.pk).delete()
    publish(PartialDeleted(partial_id=str(partial.pk), name=partial.name))
    return partial


def _theme_told(told: ThemeChange, now: TemplateUpload | None = None) -> dict[str, Any]:
    """Return what is told as it is kept; `now` are the fonts that the theme has."""
    found: dict[str, Any] = dict(told)
    if fonts := told.get("fonts"):
        found["fonts"] = take_fonts(fonts, now)
    if "logo_id" in told:
        found["logo_id"] = parse_id(told["logo_id"]) if told["logo_id"] else None
        if not told["logo_id"]:
            found["logo_version"] = None
    return found


def _set(row: Theme | Partial, told: dict[str, Any]) -> tuple[str, ...]:
    """Set what is otherwise, and return its names."""
    other = sorted(name for name, value in told.items() if getattr(row, name) != value)
    for name in other:
        setattr(row, name, told[name])
    return tuple(other)


def _check_theme(theme: Theme) -> None:
    check(theme)
    check_name(theme.name)
    if (theme.logo_id is None) != (theme.logo_version is None) or theme.logo_version == 0:
        raise InvalidInputError("a logo is one version of a file: logoId and logoVersion, from 1")
    _held(lambda: check_theme(look_of(theme)))


def _check_partial(partial: Partial) -> None:
    check(partial)
    check_name(partial.name)
    _held(lambda: read_partial(partial.body))


def _held(judge: Callable[[], object]) -> None:
    try:
        judge()
    except InvalidTemplateError as error:
        raise TemplateRefusedError(error.findings) from None


def _saved(row: Theme | Partial, fields: tuple[str, ...] | None = None) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=fields)
    except IntegrityError:
        kind = type(row).__name__.lower()
        raise ConflictError(f"there is a {kind} {row.name!r} already") from None
