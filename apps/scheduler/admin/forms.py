"""What staff fill in about schedules."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import forms

from apps.scheduler.admin.sections import (
    CALENDAR,
    SECTIONS,
    DaysFields,
    KeptFields,
    RunsFields,
    as_usual,
    calendar_of,
    split,
)
from apps.scheduler.domain.times import TimesError, check_moment, check_time_zone
from apps.scheduler.errors import TargetRefusedError, TimesRefusedError
from apps.scheduler.models import JobSchedule, ScheduleDstPolicy, ScheduleKind, TargetKind
from apps.scheduler.selectors.previews import preview_of
from apps.scheduler.selectors.schedules import ids_named
from apps.scheduler.selectors.timetables import never_due, zone_of
from apps.scheduler.services.definitions import check_target, check_times
from kernel import clock
from kernel.admin import (
    LongTextInput,
    MomentInput,
    NumberInput,
    SelectInput,
    TenantField,
    TextInput,
)
from kernel.mesh.questions import MOST_CHARACTERS
from kernel.tenancy.context import PLATFORM, in_tenant

#: Columns that only some kinds have.
_OF_SOME = frozenset({"cron", "every_seconds", "rule", "anchor_at", "after_id", "document"})
OF_KINDS = {
    ScheduleKind.CRON: {"cron"},
    ScheduleKind.INTERVAL: {"every_seconds", "anchor_at"},
    ScheduleKind.ONCE: {"anchor_at"},
    ScheduleKind.RULE: {"rule", "anchor_at"},
    ScheduleKind.AFTER: {"after_id"},
}
#: Moments that are filled in as clocks show them in the time zone.
MOMENTS = ("anchor_at", "starts_at", "ends_at")


class ScheduleForm(DaysFields, RunsFields, KeptFields):
    """When something is due, and what is done."""

    sections = SECTIONS

    name = forms.CharField(max_length=200, widget=TextInput())
    kind = forms.ChoiceField(
        label="When it is due",
        choices=(
            (ScheduleKind.CRON, "By an expression (cron)"),
            (ScheduleKind.INTERVAL, "Every so long"),
            (ScheduleKind.ONCE, "Once"),
            (ScheduleKind.RULE, "By a rule (RRULE)"),
            (ScheduleKind.AFTER, "After another has succeeded"),
        ),
        widget=SelectInput(),
    )
    cron = forms.CharField(
        required=False,
        max_length=200,
        widget=TextInput(),
        help_text="Minute, hour, day, month, weekday: 0 3 * * 1-5. With six fields the first is the"
        " second. L, LW, 15W, 5L and 5#2 are days; @daily is a nickname.",
    )
    every_seconds = forms.IntegerField(
        label="Every so many seconds",
        required=False,
        min_value=0,
        widget=NumberInput(),
        help_text="900 is a quarter of an hour, 86400 a day. No change of clocks moves it.",
    )
    rule = forms.CharField(
        required=False,
        max_length=300,
        widget=TextInput(),
        help_text="As calendars have them (RFC 5545): FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0.",
    )
    anchor_at = forms.DateTimeField(
        label="At, or counted from",
        required=False,
        widget=MomentInput(),
        help_text="As clocks show it in the time zone. What is due once is due then; intervals and"
        " rules are counted from there, or else from now.",
    )
    after_id = forms.CharField(
        label="After which schedule",
        required=False,
        max_length=200,
        widget=TextInput(),
        help_text="Its name, or its id where several have that name.",
    )
    time_zone = forms.CharField(
        max_length=64, initial="UTC", widget=TextInput(), help_text="Such as Europe/Amsterdam."
    )
    dst_policy = forms.ChoiceField(
        label="A time that a change of clocks leaves out",
        choices=(
            (ScheduleDstPolicy.VIXIE, "is due right after it"),
            (ScheduleDstPolicy.SKIP, "is left out"),
        ),
        widget=SelectInput(),
    )
    target_kind = forms.ChoiceField(
        label="What is done",
        choices=[
            (TargetKind.EVENT, "An event is told"),
            (TargetKind.CHORE, "A service does a chore"),
            (TargetKind.GRAPHQL, "A service's data are changed (GraphQL)"),
            (TargetKind.WEBHOOK, "A webhook is called"),
            (TargetKind.PING, "Nothing: a job outside tells that it ran"),
        ],
        widget=SelectInput(),
    )
    target = forms.CharField(
        required=False,
        max_length=2_000,
        widget=TextInput(),
        help_text="The name of the chore, such as audit.archive, the service whose data are"
        " changed, or the address of the webhook.",
    )
    document = forms.CharField(
        label="Mutation",
        required=False,
        max_length=MOST_CHARACTERS,
        widget=LongTextInput(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="One mutation of one field; the parameters are its variables.",
    )
    parameters = forms.CharField(
        required=False,
        initial="{}",
        max_length=50_000,
        widget=LongTextInput(attrs={"rows": 4}),
        help_text="A JSON object.",
    )
    grace_seconds = forms.IntegerField(
        label="Late after so many seconds",
        required=False,
        min_value=0,
        widget=NumberInput(),
        help_text="A run that has not succeeded by then is told of. Empty or 0: never.",
    )
    tags = forms.CharField(
        required=False, max_length=500, widget=TextInput(), help_text="With commas between them."
    )

    def __init__(self, *told: Any, row: JobSchedule | None = None, **more: Any) -> None:
        super().__init__(*told, **more)
        #: The one that is changed.
        self._row = row

    def clean(self) -> dict[str, Any]:
        """Keep what its kinds need, and say at its field what cannot be."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return given
        as_usual(given)
        for name in _OF_SOME - OF_KINDS.get(given["kind"], set()):
            if name != "document" or given["target_kind"] != TargetKind.GRAPHQL:
                given[name] = getattr(unsaved({}), name)
        with in_tenant(self._row.tenant_id if self._row else given["tenant"]):
            column, told = problem_of(given, self._row)
        if told:
            self.add_error(column, f"{told}.")
        return given

    def clean_time_zone(self) -> str:
        """Refuse what is none."""
        found: str = self.cleaned_data["time_zone"]
        try:
            check_time_zone(found)
        except TimesError as error:
            raise forms.ValidationError(f"{error}.") from None
        return found

    def clean_grace_seconds(self) -> int:
        """Read nothing as never."""
        return self.cleaned_data["grace_seconds"] or 0

    def clean_tags(self) -> list[str]:
        """Read them one by one."""
        return split(self.cleaned_data["tags"])

    def clean_parameters(self) -> dict[str, Any]:
        """Read them."""
        return _object(self.cleaned_data["parameters"])


def _object(told: str) -> dict[str, Any]:
    try:
        found = json.loads(told or "{}")
    except ValueError as error:
        raise forms.ValidationError(f"This is no JSON: {error}.") from None
    if not isinstance(found, dict):
        raise forms.ValidationError("Parameters are an object: {…}.")
    return found


def parameters_shown(row: JobSchedule) -> str:
    """Return the parameters of a schedule to be changed by hand."""
    return json.dumps(row.parameters, indent=2, ensure_ascii=False)


def unsaved(given: Mapping[str, Any], row: JobSchedule | None = None) -> JobSchedule:
    """Return the schedule that was filled in, of no tenant yet: it is only looked at."""
    said = {name: value for name, value in given.items() if name != "tenant"}
    if row is not None:
        said["id"] = row.pk
    return JobSchedule(tenant_id=PLATFORM, **said)


def moment_in(told: datetime | None, time_zone: str) -> datetime | None:
    """Return when clocks of a time zone that there is show what was filled in."""
    return told and told.replace(tzinfo=zone_of(time_zone)).astimezone(UTC)


def moment_of(at: datetime | None, time_zone: str) -> datetime | None:
    """Return what clocks of a time zone show then, to be filled in."""
    return at and at.astimezone(zone_of(time_zone)).replace(tzinfo=None)


def problem_of(given: dict[str, Any], row: JobSchedule | None = None) -> tuple[str, str]:
    """Return which field cannot be as it is, and why; nothing if all can.

    What was filled in is read as a schedule has it: moments as those of the time zone, the parts of
    the calendar as one, the name of a schedule as its id.
    """
    for name in MOMENTS:
        try:
            check_moment(given[name])
        except TimesError as error:
            return name, str(error)
        given[name] = moment_in(given[name], given["time_zone"])
    calendar, column, told = calendar_of(given)
    if told:
        return column, told
    for name in [one for one in given if one.startswith(CALENDAR)]:
        del given[name]
    given["calendar"] = calendar
    if not given["webhook_secret"]:
        del given["webhook_secret"]
    if given["kind"] == ScheduleKind.AFTER:
        found = ids_named(given["after_id"])
        if len(found) != 1:
            several = "several schedules have this name: write the id of one"
            return "after_id", several if found else "there is no schedule of this name"
        given["after_id"] = str(found[0])
    return _problem_of(unsaved(given, row), due_still=row is None or row.next_run_at is not None)


def _problem_of(schedule: JobSchedule, *, due_still: bool) -> tuple[str, str]:
    problem = preview_of(schedule, first=0).problem
    if problem is not None:
        return problem.column, str(problem)
    if schedule.starts_at and schedule.ends_at and schedule.starts_at >= schedule.ends_at:
        return "ends_at", "it ends before it starts"
    if schedule.kind == ScheduleKind.AFTER:
        try:
            check_times(schedule)
        except TimesRefusedError as error:
            return "after_id", str(error)
    try:
        check_target(schedule)
    except TargetRefusedError as error:
        return error.column, str(error)
    never = never_due(schedule, clock.now()) if due_still else None
    if never is None:
        return "", ""
    column, told = never
    # The calendar is several fields; the one that opens days again is the last of them.
    return f"{CALENDAR}roll" if column == "calendar" else column, told


class NewScheduleForm(ScheduleForm):
    """The same, and whose it is."""

    tenant = TenantField()

    field_order = ("tenant",)


class PauseForm(forms.Form):
    """Why it is paused."""

    note = forms.CharField(
        max_length=500,
        required=False,
        widget=TextInput(),
        help_text="Others read it: why, and until when.",
    )


class RunForm(forms.Form):
    """What one run is given."""

    parameters = forms.CharField(
        required=False,
        max_length=50_000,
        widget=LongTextInput(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="A JSON object, for this run alone.",
    )

    def clean_parameters(self) -> dict[str, Any]:
        """Read them."""
        return _object(self.cleaned_data["parameters"])


class CloneForm(forms.Form):
    """What the other one is called."""

    name = forms.CharField(max_length=200, widget=TextInput())


class BackfillForm(forms.Form):
    """Which times are run again."""

    since = forms.DateTimeField(widget=MomentInput())
    until = forms.DateTimeField(widget=MomentInput(), help_text="Before this moment.")

    def __init__(self, *told: Any, time_zone: str, **more: Any) -> None:
        super().__init__(*told, **more)
        self._zone = time_zone
        self.fields["since"].help_text = f"As clocks show it in {time_zone}."

    def clean(self) -> dict[str, Any]:
        """Read both as moments of the time zone."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        return {name: moment_in(at, self._zone) for name, at in given.items()}
