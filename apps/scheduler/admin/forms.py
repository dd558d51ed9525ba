"""What staff fill in about schedules."""

import json
from typing import Any

from django import forms

from apps.scheduler.models import ScheduleDstPolicy, TargetKind
from kernel.admin import LongTextInput, MomentInput, SelectInput, TenantField, TextInput

_OVERLAPS = (
    ("skip", "Skip it"),
    ("buffer_one", "Let one wait"),
    ("buffer_all", "Let all wait"),
    ("cancel_other", "Stop the other"),
    ("terminate_other", "Give up the other"),
    ("allow_all", "Let both run"),
)


class ScheduleForm(forms.Form):
    """When something is due, and what is done."""

    name = forms.CharField(max_length=200, widget=TextInput())
    cron = forms.CharField(
        max_length=200,
        widget=TextInput(),
        help_text="Minute, hour, day, month, weekday: 0 3 * * 1-5. With six fields the first is the"
        " second. L, LW, 15W, 5L and 5#2 are days; @daily is a nickname.",
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
            (TargetKind.WEBHOOK, "A webhook is called"),
        ],
        widget=SelectInput(),
    )
    target = forms.CharField(
        required=False,
        max_length=2_000,
        widget=TextInput(),
        help_text="The name of the chore, such as audit.archive, or the address of the webhook.",
    )
    parameters = forms.CharField(
        required=False,
        initial="{}",
        max_length=50_000,
        widget=LongTextInput(attrs={"rows": 4}),
        help_text="A JSON object.",
    )
    overlap = forms.ChoiceField(
        label="If the run before has not ended", choices=_OVERLAPS, widget=SelectInput()
    )

    def clean_parameters(self) -> dict[str, Any]:
        """Read them."""
        try:
            found = json.loads(self.cleaned_data["parameters"] or "{}")
        except ValueError as error:
            raise forms.ValidationError(f"This is no JSON: {error}.") from None
        if not isinstance(found, dict):
            raise forms.ValidationError("Parameters are an object: {…}.")
        return found


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


class BackfillForm(forms.Form):
    """Which times are run again."""

    since = forms.DateTimeField(widget=MomentInput(), help_text="UTC.")
    until = forms.DateTimeField(widget=MomentInput(), help_text="UTC, before this moment.")
