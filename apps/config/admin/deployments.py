"""Deployments of configuration values for staff: where each is, and what can be done to it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from apps.config.admin.differences import side_by_side
from apps.config.admin.plans import PlanAdmin
from apps.config.models import ConfigurationDeployment
from apps.config.selectors.configurations import versions
from apps.config.services.deployments import (
    errors_of,
    pause_deployment,
    place_of,
    resume_deployment,
    roll_back_deployment,
)
from kernel.admin import ActionVariant, LongTextInput, action, display
from kernel.tenancy.context import in_tenant


class RollBackForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=1_000,
        widget=LongTextInput(attrs={"rows": 3}),
        help_text="It stands on its page, and is told to who is told of deployments.",
    )


@admin.register(ConfigurationDeployment)
class ConfigurationDeploymentAdmin(PlanAdmin):
    """Values that reach more and more programs, the newest first."""

    list_display = (
        *("deployment", "stands", "reached", "where", "service"),
        *("next_at", "created_at", "tenant"),
    )
    search_fields = ("key", "environment", "service")
    given = "value"
    pausing = staticmethod(pause_deployment)
    resuming = staticmethod(resume_deployment)
    actions_detail = ("pause", "resume", "undo")
    fieldsets = (
        (None, {"fields": ("stands", "problem", "timeline", "guard", "said")}),
        (
            "The deployment",
            {
                "fields": (
                    *("key", "layer", "where", "service", "unit", "base", "reason"),
                    *("created_at", "tenant", "id"),
                )
            },
        ),
    )
    readonly_fields = tuple(name for _, options in fieldsets for name in options["fields"])

    def told_of(self, plan: ConfigurationDeployment) -> str:
        return f"the deployment of {plan}"

    def errors_of(self, plan: ConfigurationDeployment) -> tuple[int, float]:
        return errors_of(plan)

    @display(description="deployment", ordering="key")
    def deployment(self, plan: ConfigurationDeployment) -> str:
        return plan.key

    @display(description="environment")
    def where(self, plan: ConfigurationDeployment) -> str:
        return plan.environment or "everywhere"

    @display(description="layer")
    def layer(self, plan: ConfigurationDeployment) -> str:
        return str(place_of(plan).layer)

    @display(description="value")
    def said(self, plan: ConfigurationDeployment) -> SafeString:
        """Show what its place said when it began beside what is given."""
        with in_tenant(plan.tenant_id):
            before = versions(place_of(plan), plan.key).filter(number=plan.base).first()
        return side_by_side(before.value if before else "", plan.value)

    @action(
        description="Roll back",
        url_path="undo",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let everybody have again what they had."""
        causes = [
            "Everybody has at once again what the place says, and no approval is asked for.",
            "It cannot be resumed, only begun anew.",
        ]
        form: Any = RollBackForm(request.POST or None)
        return self.errand(
            request, object_id, roll_back_deployment, asks="Roll back", causes=causes, form=form
        )
