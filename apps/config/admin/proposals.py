"""What a request would change, each thing beside what it was made from."""

import json
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.config.admin.badges import editor_of
from apps.config.admin.differences import side_by_side
from apps.config.models import (
    ChangeRequest,
    ConfigurationVersion,
    FeatureFlag,
    ProposedChange,
    ProposedValue,
    Segment,
)
from apps.config.selectors.configurations import configurations_of
from apps.config.selectors.places import Place
from apps.config.selectors.versions import version_of
from kernel.errors import NotFoundError
from kernel.tenancy.context import in_tenant

#: Changes of a request that are shown, and values.
MOST_SHOWN = 20


def proposed(request: ChangeRequest) -> SafeString:
    """Return what a request changes: flags, segments and values, old beside new."""
    with in_tenant(request.tenant_id):
        changes = list(request.changes.order_by("pk")[: MOST_SHOWN + 1])
        values = list(request.values.order_by("pk")[: MOST_SHOWN + 1])
        told = [_of_change(request, one) for one in changes[:MOST_SHOWN]]
        told += _of_values(request, values[:MOST_SHOWN])
    more = max(len(changes), len(values)) > MOST_SHOWN
    return render_to_string("config/proposed.html", {"changes": told, "more": more})


def _of_change(request: ChangeRequest, change: ProposedChange) -> dict[str, Any]:
    model = FeatureFlag if change.kind == "flag" else Segment
    target: Any = model.objects.filter(pk=change.target_id).first()
    before = ""
    if target is not None and change.base:
        try:
            before = version_of(target, request.environment_id, change.base).definition
        except NotFoundError:
            target = None
    editor = None
    if isinstance(target, FeatureFlag):
        editor = editor_of(target.pk, request.environment.key)
    return {
        "change": change,
        "editor": editor,
        "gone": target is None,
        "difference": side_by_side(before, change.definition),
        "summary": format_html(
            "{} {}", change.kind, change.key if change.definition else f"{change.key}: taken out"
        ),
    }


def _of_values(request: ChangeRequest, values: list[ProposedValue]) -> list[dict[str, Any]]:
    keys = [one.key for one in values]
    place = Place(request.tenant_id, request.environment.key)
    configurations = configurations_of(place, keys)
    versions = ConfigurationVersion.objects.filter(
        environment=place.environment,
        key__in=keys,
        service__in={one.service for one in values},
        number__in={one.base for one in values},
    )
    before = {(row.service, row.key, row.number): row for row in versions}
    told = []
    for one in values:
        was = before.get((one.service, one.key, one.base))
        known = configurations.get(one.key)
        secret = one.sealed is not None or bool(was and was.sealed) or bool(known and known.secret)
        removed = not one.value and one.sealed is None
        summary = format_html(
            "value of {}{}{}",
            one.key,
            f" for {one.service}" if one.service else "",
            ": nothing any more" if removed else "",
        )
        told.append(
            {
                "change": one,
                "gone": known is None,
                "difference": _of_secret(was, removed=removed)
                if secret
                else side_by_side(was.value if was else "", one.value),
                "summary": summary,
            }
        )
    return told


def _of_secret(was: ConfigurationVersion | None, *, removed: bool) -> SafeString:
    """Say that there was a secret and that there is to be one; nobody can tell whether another."""
    there = was is not None and (was.sealed or bool(was.value))
    before = json.dumps("secret") if there else ""
    after = "" if removed else json.dumps("secret, said anew" if there else "secret")
    return side_by_side(before, after)
