"""Rollouts for staff: their steps as a timeline, and what can be done to one that goes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from apps.config.admin.badges import editor_of
from apps.config.admin.plans import PlanAdmin
from apps.config.models import Environment, FeatureFlag, RolloutPlan
from apps.config.selectors.definitions import stored
from apps.config.services.changes import standing_of
from apps.config.services.guards import Guard
from apps.config.services.rollouts import (
    cancel_rollout,
    errors_of,
    pause_rollout,
    resume_rollout,
    roll_back_rollout,
    start_rollout,
)
from kernel.admin import (
    ActionVariant,
    Errand,
    LongTextInput,
    NumberInput,
    SelectInput,
    TextInput,
    acting_staff,
    action,
    ago,
    display,
    labelled,
)
from kernel.tenancy.context import in_tenant

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class RolloutForm(forms.Form):
    """To whom, in which steps, and what undoes it."""

    variant = forms.ChoiceField(widget=SelectInput(), help_text="Who got the default gets this.")
    steps = forms.CharField(
        max_length=2_000,
        initial="1 % 1h\n10 % 1h\n50 % 1d\n100 % 1d",
        widget=LongTextInput(attrs={"rows": 5}),
        help_text="One on each line: a share, and how long it is held (s, m, h or d).",
    )
    most_errors = forms.FloatField(
        label="Undo above this share of errors (%)",
        required=False,
        min_value=0,
        max_value=100,
        widget=TextInput(attrs={"inputmode": "decimal"}),
        help_text="Among the outcomes that programs report. Empty: nothing undoes it by itself.",
    )
    least_outcomes = forms.IntegerField(
        label="Outcomes before that counts",
        initial=100,
        min_value=1,
        widget=NumberInput(),
    )

    def __init__(self, variants: list[str], *args: Any) -> None:
        super().__init__(*args)
        field: Any = self.fields["variant"]
        field.choices = [(name, name) for name in variants]

    def clean_steps(self) -> list[tuple[float, int]]:
        """Read the steps."""
        lines = [line for line in self.cleaned_data["steps"].splitlines() if line.strip()]
        return [_step(line) for line in lines]


def _step(line: str) -> tuple[float, int]:
    share, _, hold = line.replace("%", " ").strip().partition(" ")
    hold = hold.strip()
    try:
        return float(share), int(float(hold[:-1]) * _UNITS[hold[-1:]])
    except (ValueError, KeyError, OverflowError):
        raise forms.ValidationError(f"{line.strip()!r} is no step such as: 10 % 1h") from None


def roll_out(
    page: Any, request: HttpRequest, flag: FeatureFlag, environment: Environment
) -> HttpResponse:
    """Ask for steps, say what comes of them, and begin."""
    user: Any = request.user
    if not user.has_perm("config.add_rolloutplan"):
        raise PermissionDenied
    with acting_staff(request, flag.tenant_id):
        definition = stored(standing_of(environment, [flag])[flag.pk].definition or "{}")
    default = str(definition.get("defaultVariant"))
    others = [name for name in definition.get("variants", {}) if name != default]

    def act(given: dict[str, Any]) -> str:
        errors = given["most_errors"]
        guard = Guard(
            most_errors=None if errors is None else errors / 100,
            least_outcomes=given["least_outcomes"],
        )
        with acting_staff(request, flag.tenant_id):
            start_rollout(
                flag_id=str(flag.pk),
                environment=environment.pk,
                variant=given["variant"],
                steps=given["steps"],
                guard=guard,
            )
        return f"{flag.key} is being rolled out in {environment.key}."

    return Errand(
        title=f"Roll {flag.key} out in {environment.name}",
        introduction=f"Its default {default!r} gives way to another variant, step by step. Whoever"
        " is in stays in, and rules go before.",
        asks=lambda given: f"Roll out {given['variant']!r} in {environment.name}?",
        causes=lambda given: [
            f"Of those who get {default!r} so many get it: "
            + ", ".join(f"{share:g} % for {ago(hold)}" for share, hold in given["steps"])
            + "; the first at once.",
            "It pauses by itself when somebody edits or kills the flag.",
            "It is on record under your name.",
        ],
        act=act,
        back=editor_of(flag.pk, environment.key),
        yes="Yes, begin",
    ).run(page, request, RolloutForm(others, request.POST or None))


@admin.register(RolloutPlan)
class RolloutPlanAdmin(PlanAdmin):
    """Variants that are given to more and more, the newest first."""

    list_display = ("plan", "stands", "reached", "where", "next_at", "created_at", "tenant")
    search_fields = ("flag__key", "variant")
    given = "variant"
    pausing = staticmethod(pause_rollout)
    resuming = staticmethod(resume_rollout)
    actions_detail = ("pause", "resume", "undo", "cancel")
    fieldsets = (
        (None, {"fields": ("stands", "problem", "timeline", "guard")}),
        (
            "The rollout",
            {"fields": ("of_flag", "where", "variant", "base", "created_at", "tenant", "id")},
        ),
    )
    readonly_fields = tuple(name for _, options in fieldsets for name in options["fields"])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("flag", "environment")

    def told_of(self, plan: RolloutPlan) -> str:
        return f"the rollout of {plan.variant!r} of {plan.flag.key}"

    def errors_of(self, plan: RolloutPlan) -> tuple[int, float]:
        with in_tenant(plan.tenant_id):
            return errors_of(plan)

    @display(description="rollout")
    def plan(self, plan: RolloutPlan) -> str:
        return f"{plan.variant} of {plan.flag.key}"

    @display(description="environment")
    def where(self, plan: RolloutPlan) -> str:
        return plan.environment.key

    @display(description="flag")
    def of_flag(self, plan: RolloutPlan) -> SafeString:
        return labelled(editor_of(plan.flag_id, plan.environment.key), plan.flag.key)

    @action(
        description="Abort and undo",
        url_path="undo",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the flag do again what it did before."""
        causes = [
            "The flag does at once again what it did before the first step, as a new version.",
            "It cannot be resumed, only begun anew.",
        ]
        return self.errand(request, object_id, roll_back_rollout, asks="Undo", causes=causes)

    @action(description="Stop here", url_path="cancel", permissions=["operate"])
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Leave the flag as it is now."""
        causes = ["The flag stays as it stands now: who has the variant keeps it for good."]
        return self.errand(request, object_id, cancel_rollout, asks="Stop", causes=causes)
