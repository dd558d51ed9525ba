"""What timelines and calendars show: of which tenant, when, by which clocks, and which runs."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from apps.scheduler.domain.times import TimesError, check_time_zone
from apps.scheduler.domain.windows import Window, Zoom, window_at
from apps.scheduler.models import JobSchedule, RunState
from apps.scheduler.selectors.timelines import Wanted, check_years
from apps.scheduler.selectors.timetables import zone_of
from kernel import clock
from kernel.admin import SelectInput, TenantField, TextInput
from kernel.errors import InvalidInputError
from kernel.identity.models import Tenant
from kernel.ids import parse_id
from kernel.tenancy.context import PLATFORM


class SightForm(forms.Form):
    """What narrows a timeline."""

    tenant = TenantField()
    zone = forms.CharField(label="Time zone", required=False, max_length=64, widget=TextInput())
    name = forms.CharField(required=False, max_length=200, widget=TextInput())
    tag = forms.CharField(required=False, max_length=100, widget=TextInput())
    state = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), *((one.value, one.label) for one in RunState)],
        widget=SelectInput(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is looked at; what an address says wrongly is as if it were not said."""

    tenant_id: UUID
    zone_name: str
    zone: tzinfo
    window: Window
    wanted: Wanted
    #: What the address says beside the zoom and the moment.
    told: dict[str, str] = field(default_factory=dict)

    def address(self, page: str, zoom: Zoom, at: datetime, **more: str) -> str:
        """Return the address of a page that shows the same at another moment."""
        told = self.told | {"zoom": str(zoom), "at": _text(at)} | more
        return f"{reverse(f'admin:scheduler_jobschedule_{page}')}?{urlencode(told)}"

    @property
    def form(self) -> SightForm:
        """Return the form, filled in."""
        return SightForm(initial=self.told | {"tenant": self.tenant_id, "zone": self.zone_name})


def sight_of(request: HttpRequest, usual: Zoom, *zooms: Zoom) -> Sight:
    """Return what an address asks to see."""
    asked = {name: str(value)[:200] for name, value in request.GET.items() if value}
    zone_name = asked.get("zone", "UTC")
    try:
        check_time_zone(zone_name)
    except TimesError:
        zone_name = "UTC"
    zone = zone_of(zone_name)
    zoom = next((one for one in zooms if one == asked.get("zoom")), usual)
    states = [one for one in RunState.values if one == asked.get("state")]
    schedule_id = _id(asked.get("schedule", ""))
    tenant_id = tenant_asked(request)
    told = {"tenant": str(tenant_id), "zone": zone_name}
    kept = {name: asked[name] for name in ("name", "tag", "state", "schedule") if name in asked}
    return Sight(
        tenant_id=tenant_id,
        zone_name=zone_name,
        zone=zone,
        window=window_at(_moment(asked.get("at", "")), zoom, zone),
        wanted=Wanted(
            schedule_ids=[str(schedule_id)] if schedule_id else [],
            name=asked.get("name", ""),
            tag=asked.get("tag", ""),
            states=states,
        ),
        told=told | kept,
    )


def tenant_asked(request: HttpRequest) -> UUID:
    """Return the tenant that an address names; else whose the schedule is that it names.

    Else who has the newest one; else any.
    """
    tenant_id, schedule_id = (_id(request.GET.get(name, "")) for name in ("tenant", "schedule"))
    if tenant_id is not None:
        return tenant_id
    rows = JobSchedule.across_tenants.order_by("-id")
    rows = rows if schedule_id is None else rows.filter(pk=schedule_id)
    found = rows.values_list("tenant_id", flat=True).first()
    found = found or Tenant.objects.order_by("slug").values_list("pk", flat=True).first()
    return found or PLATFORM


def context_of(page: Any, request: HttpRequest, title: str, **more: Any) -> dict[str, Any]:
    """Return what a page of the back office is made of."""
    context: dict[str, Any] = page.admin_site.each_context(request)
    return context | {"title": title, "opts": page.opts, "media": page.media} | more


def _id(text: str) -> UUID | None:
    try:
        return parse_id(text) if text else None
    except InvalidInputError:
        return None


def _moment(text: str) -> datetime:
    now = clock.now()
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=now.tzinfo)
        check_years(found.date(), found.date())
    except (ValueError, InvalidInputError):
        return now
    return found


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
