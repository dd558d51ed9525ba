"""How a flag stands in an environment, as words on colours that lead to the place."""

from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.config.models import RequestState, RolloutState
from apps.config.selectors.matrix import Cell, Standing
from kernel.admin import badge

_COLOURS = {
    Standing.ON: "success",
    Standing.OFF: "default",
    Standing.KILLED: "danger",
    Standing.ABSENT: "default",
}
_STATES = {
    RequestState.DRAFT: "default",
    RequestState.IN_REVIEW: "info",
    RequestState.APPROVED: "success",
    RequestState.SCHEDULED: "warning",
    RequestState.APPLIED: "success",
    RequestState.REJECTED: "danger",
    RequestState.WITHDRAWN: "default",
    RequestState.CONFLICTED: "danger",
    RolloutState.RUNNING: "info",
    RolloutState.PAUSED: "warning",
    RolloutState.DONE: "success",
    RolloutState.ROLLED_BACK: "danger",
    RolloutState.CANCELLED: "default",
}


def editor_of(flag_id: UUID, environment: str, part: str = "editor", *more: object) -> str:
    """Return the address of what staff do with a flag in an environment."""
    return reverse(f"admin:config_featureflag_{part}", args=[flag_id, environment, *more])


def standing(flag_id: UUID, environment: str, cell: Cell | None) -> SafeString:
    """Return how a flag stands there: each word leads to where that is changed."""
    where = editor_of(flag_id, environment)
    if cell is None or cell.standing is Standing.ABSENT:
        return format_html(
            '<a class="config-cell" href="{}"><span aria-hidden="true">-</span>'
            '<span class="septet-sr">not in {}</span></a>',
            where,
            environment,
        )
    links = [(where, badge(cell.standing, _COLOURS[cell.standing]))]
    if cell.rollout_id:
        plan = reverse("admin:config_rolloutplan_change", args=[cell.rollout_id])
        links.append((plan, badge(f"rollout {cell.percent:g} %", "info")))
    if cell.request_id:
        request = reverse("admin:config_changerequest_change", args=[cell.request_id])
        links.append((request, badge("scheduled", "warning")))
    return format_html(
        '<span class="config-cell">{}<small>{}</small></span>',
        format_html_join(" ", '<a href="{}">{}</a>', links),
        cell.told,
    )


def state_badge(state: str) -> SafeString:
    """Return the state of a change request or a rollout."""
    return badge(state.replace("_", " "), _STATES[state])  # type: ignore[index]  # both are texts
