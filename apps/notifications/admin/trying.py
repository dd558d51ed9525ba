"""A workflow is tried on somebody: each decision that it would take now, and what is said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from apps.notifications.domain.rendering import Words
from apps.notifications.models import NotificationChannel, NotificationTemplate, Workflow
from apps.notifications.services.trials import Tried, try_workflow
from kernel.admin import CheckInput, LongTextInput, TextInput, badge
from kernel.errors import DomainError
from kernel.tenancy.context import in_tenant

#: How each is shown; others tell neither good nor bad.
_KINDS = {
    **dict.fromkeys(("sends", "tells its topics", "passes"), "success"),
    **dict.fromkeys(("skips", "was too much"), "warning"),
    "fails": "danger",
}


class Trying(forms.Form):
    """On whom, with what, and as if what had happened."""

    subscriber = forms.CharField(
        label="Subscriber",
        required=False,
        max_length=200,
        widget=TextInput(),
        help_text="The key of somebody; without one, somebody who wants all.",
    )
    # Not `data`: that is what the form itself was sent.
    told = forms.JSONField(
        label="Data",
        required=False,
        widget=LongTextInput(attrs={"rows": 6, "class": "notif-code"}),
        help_text="As a trigger brings it.",
    )
    seen = forms.BooleanField(
        label="As if they had seen what comes into the inbox",
        required=False,
        widget=CheckInput(),
    )
    read = forms.BooleanField(label="As if they had read it", required=False, widget=CheckInput())

    def clean_told(self) -> dict[str, Any]:
        """Return the data, which is an object."""
        data = self.cleaned_data["told"]
        if data is not None and not isinstance(data, dict):
            raise forms.ValidationError('Expected an object, such as {"number": "7"}.')
        return data or {}


def trial(page: Any, request: HttpRequest, row: Workflow) -> HttpResponse:
    """Answer with what is asked, and beneath it what the workflow would do; nothing is sent."""
    form = Trying(request.POST or None, initial={"told": _sample(row)})
    found: list[Tried] | None = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with in_tenant(row.tenant_id):
                found = try_workflow(
                    id=str(row.pk),
                    subscriber=given["subscriber"] or None,
                    data=given["told"],
                    seen=given["seen"],
                    read=given["read"],
                )
        except DomainError as error:
            form.add_error(None, str(error))
    context = page.admin_site.each_context(request) | {
        "title": f"Try {row.name}",
        "opts": page.opts,
        "form": form,
        "tried": found is not None,
        "decisions": [_decision(one) for one in found or ()],
    }
    return TemplateResponse(request, "notifications/admin/trial.html", context)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a step would do, as it is shown."""

    place: str
    at: datetime
    standing: SafeString
    why: str
    words: Words | None


def _decision(one: Tried) -> Decision:
    by = f" by {NotificationChannel(one.channel).label}" if one.channel else ""
    standing = badge(f"{one.what}{by}", _KINDS.get(one.what, "info"))
    why = f"{one.code}: {one.why}" if one.code else one.why
    return Decision(one.place, one.at, standing, why, one.words)


def _sample(row: Workflow) -> Mapping[str, Any]:
    """Return the sample of the first template that has one, to begin with."""
    named = list(_templates(row.steps))
    rows = NotificationTemplate.across_tenants.filter(tenant_id=row.tenant_id, name__in=named)
    samples = {one.name: one.sample for one in rows}
    return next((samples[name] for name in named if samples.get(name)), {})


def _templates(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for step in steps:
        if "template" in step:
            yield step["template"]
        for way in ("then", "else"):
            yield from _templates(step.get(way, ()))
