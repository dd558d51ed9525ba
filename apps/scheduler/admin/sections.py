"""Parts of the form of a schedule that most leave as they are: its days, its runs, its keeping."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from apps.scheduler.domain.calendars import Calendar, CalendarError, Roll
from apps.scheduler.models import JobSchedule, MisfirePolicy, OverlapPolicy
from apps.scheduler.services.definitions import MOST, SOME, check_secret
from kernel.admin import CheckInput, MomentInput, NumberInput, SelectInput, TextInput
from kernel.errors import InvalidInputError
from kernel.identity.scopes import KNOWN_SCOPES
from kernel.tenancy.context import PLATFORM

#: Parts of a calendar, each with a field of its own: one that is wrong is wrong there.
_OF_CALENDAR = ("country", "subdivision", "business_days", "holidays", "except", "roll")
_TICKED = frozenset({"business_days", "holidays"})
CALENDAR = "calendar_"


def split(told: str) -> list[str]:
    """Read what stands between commas, or on lines."""
    return [one.strip() for line in told.splitlines() for one in line.split(",") if one.strip()]


def _usual(name: str) -> Any:
    return getattr(JobSchedule(tenant_id=PLATFORM), name)


def _number(name: str, label: str, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        initial=_usual(name),
        min_value=1 if name in SOME else 0,
        max_value=MOST[name],
        widget=NumberInput(),
        help_text=help_text,
    )


def _choice(name: str, label: str, choices: Iterable[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        initial=_usual(name),
        choices=list(choices),
        widget=SelectInput(),
    )


def _text(label: str, most: int, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=most, widget=TextInput(), help_text=help_text
    )


class DaysFields(forms.Form):
    """On which days it is due, and from when to when."""

    calendar_country = _text(
        "Country", 2, "Whose weekends and holidays these are, by its code: NL, US."
    )
    calendar_subdivision = _text("Part of the country", 10, "Such as BY of DE: its own holidays.")
    calendar_business_days = forms.BooleanField(
        label="Not on weekends",
        required=False,
        widget=CheckInput(),
        help_text="As the country has them; Saturday and Sunday without one.",
    )
    calendar_holidays = forms.BooleanField(
        label="Not on public holidays", required=False, widget=CheckInput()
    )
    calendar_except = _text("Not on these days", 5_000, "2026-12-24, 2026-12-31")
    calendar_roll = forms.ChoiceField(
        label="What is due on such a day",
        required=False,
        initial=Roll.SKIP,
        choices=[
            (Roll.SKIP, "is left out"),
            (Roll.PREVIOUS, "is due on the open day before"),
            (Roll.NEXT, "is due on the open day after"),
            (Roll.NEAREST, "is due on the nearer of both"),
        ],
        widget=SelectInput(),
    )
    starts_at = forms.DateTimeField(label="Not before", required=False, widget=MomentInput())
    ends_at = forms.DateTimeField(label="No more from", required=False, widget=MomentInput())
    maximum_runs = _number("maximum_runs", "Runs in all", "0: without end.")
    jitter_seconds = _number(
        "jitter_seconds",
        "Begins later by up to so many seconds",
        "So that not all begin in the same second; of one time it is the same each time.",
    )


class RunsFields(forms.Form):
    """What becomes of runs that meet, are missed, fail or take too long."""

    overlap = _choice(
        "overlap",
        "If the run before has not ended",
        [
            (OverlapPolicy.SKIP, "Skip it"),
            (OverlapPolicy.BUFFER_ONE, "Let one wait"),
            (OverlapPolicy.BUFFER_ALL, "Let all wait"),
            (OverlapPolicy.CANCEL_OTHER, "Stop the other"),
            (OverlapPolicy.TERMINATE_OTHER, "Give up the other"),
            (OverlapPolicy.ALLOW_ALL, "Let both run"),
        ],
    )
    misfire = _choice(
        "misfire",
        "Times that were missed",
        [
            (MisfirePolicy.FIRE_ONCE, "Run the last of them"),
            (MisfirePolicy.FIRE_ALL, "Run all of them"),
            (MisfirePolicy.SKIP, "Leave them out"),
        ],
    )
    catch_up_seconds = _number(
        "catch_up_seconds",
        "Missed by at most so many seconds",
        "Older ones are left out. 3600 is an hour, 86400 a day.",
    )
    misfire_cap = _number("misfire_cap", "Of all of them, at most", "The last ones.")
    timeout_seconds = _number(
        "timeout_seconds", "An attempt takes at most so many seconds", "Then it is ended."
    )
    maximum_attempts = _number("maximum_attempts", "Attempts in all", "1: none is repeated.")
    retry_seconds = _number(
        "retry_seconds", "Seconds before the second attempt", "Doubled before each that follows."
    )
    disable_after = _number(
        "disable_after", "Turned off after so many failures in a row", "0: never."
    )
    flag = _text(
        "Only while this flag is on", 200, "The key of a feature flag. Empty: whatever flags say."
    )
    concurrency_group = _text(
        "Group", 100, "Runs of all schedules with the same group share its places."
    )
    concurrency_limit = _number(
        "concurrency_limit", "Runs of the group at a time", "Others wait until a place is free."
    )


class KeptFields(forms.Form):
    """Who answers for it, what its runs may do, and how long they are kept."""

    owner = _text("Owner", 200, "A person or a team to ask.")
    scopes = _text(
        "Its runs may do at most",
        1_000,
        "Scopes with commas between them, such as files:read. Empty: of a mutation what is of its"
        " service, of a chore all that you may.",
    )
    webhook_secret = forms.CharField(
        label="Secret of the webhook",
        required=False,
        max_length=200,
        widget=TextInput(attrs={"autocomplete": "off"}),
        help_text="whsec_ and what `openssl rand -base64 32` prints: webhooks are signed by it. It"
        " is shown to nobody. Empty: as it is.",
    )
    keep_runs_days = _number("keep_runs_days", "Runs are kept for so many days", "")

    def clean_scopes(self) -> list[str]:
        """Read them one by one; refuse what is none."""
        found = split(self.cleaned_data["scopes"])
        for scope in found:
            if scope not in KNOWN_SCOPES:
                raise forms.ValidationError(f"There is no scope {scope[:60]!r}.")
        return found

    def clean_webhook_secret(self) -> str:
        """Refuse what no webhook can be signed by."""
        found: str = self.cleaned_data["webhook_secret"]
        if found:
            try:
                check_secret(found)
            except InvalidInputError as error:
                raise forms.ValidationError(f"{error}.") from None
        return found


#: Titles of the parts, and the fields of each.
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Days, beginning and end", tuple(DaysFields.base_fields)),
    ("Runs that meet, are missed or fail", tuple(RunsFields.base_fields)),
    ("Rights, secret and keeping", tuple(KeptFields.base_fields)),
)
#: What is as usual where nothing is said.
_USUAL = (*MOST, "overlap", "misfire")


def as_usual(given: dict[str, Any]) -> None:
    """Put what is usual where nothing was filled in."""
    for name in _USUAL:
        if given.get(name) in (None, ""):
            given[name] = _usual(name)


def calendar_of(given: Mapping[str, Any]) -> tuple[dict[str, Any], str, str]:
    """Return the calendar that was filled in; or which field is wrong, and why."""
    told: dict[str, Any] = {}
    for part in _OF_CALENDAR:
        value = given.get(f"{CALENDAR}{part}") or ""
        if part == "except":
            value = split(value)
        elif part in _TICKED:
            # While it is filled in, browsers say `on`.
            value = bool(value)
        if value and value != Roll.SKIP:
            told[part] = value
        try:
            Calendar.of(told)
        except CalendarError as error:
            return {}, f"{CALENDAR}{part}", str(error)
    return told, "", ""


def calendar_shown(calendar: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields of a calendar hold."""
    shown = {f"{CALENDAR}{part}": calendar.get(part, "") for part in _OF_CALENDAR}
    shown[f"{CALENDAR}roll"] = calendar.get("roll", Roll.SKIP)
    shown[f"{CALENDAR}except"] = ", ".join(calendar.get("except", ()))
    return shown
