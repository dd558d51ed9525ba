"""What goes by steps: where it is, and what can be done to it as it stands."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.config.admin.badges import state_badge
from apps.config.models import ConfigurationDeployment, RolloutPlan, RolloutState
from apps.config.models.rollouts import LIVE
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    acting_staff,
    action,
    ago,
    display,
    row_of,
)

Plan = RolloutPlan | ConfigurationDeployment


class PlanAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """What is given to more and more, the newest first."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["config/admin.css"]}

    list_filter = (TenantFilter, "state")
    ordering = ("-created_at", "-id")
    #: What more and more get, and what pauses and resumes that.
    given: ClassVar[str]
    pausing: ClassVar[Callable[..., Plan]]
    resuming: ClassVar[Callable[..., Plan]]

    def told_of(self, plan: Any) -> str:
        """Return what it is, in a sentence."""
        raise NotImplementedError

    def errors_of(self, plan: Any) -> tuple[int, float]:
        """Return the outcomes of its step, and the share of errors among them."""
        raise NotImplementedError

    @display(description="state", ordering="state")
    def stands(self, plan: Plan) -> SafeString:
        return state_badge(plan.state)

    @display(description="reached")
    def reached(self, plan: Plan) -> str:
        return f"{plan.steps[plan.taken - 1][0]:g} %" if plan.taken else "0 %"

    @display(description="steps")
    def timeline(self, plan: Plan) -> SafeString:
        steps = [
            {
                "percent": f"{percent:g}",
                "width": round(percent),
                "hold": ago(hold),
                "state": _state_of(plan, index),
            }
            for index, (percent, hold) in enumerate(plan.steps, 1)
        ]
        return render_to_string("config/steps.html", {"steps": steps, "plan": plan})

    @display(description="guard")
    def guard(self, plan: Plan) -> str:
        told = []
        if plan.most_errors is not None:
            outcomes, share = self.errors_of(plan)
            told.append(
                f"undone above {100 * plan.most_errors:.4g} % of errors, from"
                f" {plan.least_outcomes} outcomes on; now {share:.2%} of {outcomes}"
            )
        if plan.most_value is not None:
            told.append(f"undone when {plan.query} is above {plan.most_value:g}")
        return "; ".join(told) or "none: nothing undoes it by itself"

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer what can be done as it stands."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        if row is None or row.state not in LIVE:
            return []
        without = "resume" if row.state == RolloutState.RUNNING else "pause"
        return [one for one in offered if one.path != without]

    @action(description="Pause", url_path="pause", permissions=["operate"])
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go no further for now."""
        causes = [
            f"Who has the {self.given} keeps it, and nobody else gets it, until it is resumed."
        ]
        return self.errand(request, object_id, self.pausing, asks="Pause", causes=causes)

    @action(
        description="Resume",
        url_path="resume",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go on."""
        causes = ["It holds the step it is at once more, from now on, and goes on after that."]
        return self.errand(request, object_id, self.resuming, asks="Resume", causes=causes)

    def errand(
        self,
        request: HttpRequest,
        object_id: str,
        work: Callable[..., Plan],
        *,
        asks: str,
        causes: list[str],
        form: Any = None,
    ) -> HttpResponse:
        """Ask whether to do it, and do it with what is filled in."""
        row = row_of(self, request, str(object_id))
        told = self.told_of(row)

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                done = work(id=str(row.pk), **given)
            return f"{told[0].upper()}{told[1:]} is {done.state.replace('_', ' ')}."

        return Errand(
            title=f"{asks} {told}" if form else "",
            asks=lambda _: f"{asks} {told}?",
            causes=lambda _: [*causes, "It is on record under your name."],
            act=act,
            back=reverse(f"admin:config_{self.opts.model_name}_change", args=[row.pk]),
        ).run(self, request, form)


def _state_of(plan: Plan, number: int) -> str:
    if number < plan.taken or plan.state == RolloutState.DONE:
        return "done"
    if number > plan.taken:
        return "to come" if plan.state in LIVE else "never taken"
    if plan.state == RolloutState.RUNNING:
        left = plan.step_at + timedelta(seconds=plan.steps[number - 1][1])
        return f"until {left:%Y-%m-%d %H:%M} UTC"
    return plan.state.replace("_", " ")
