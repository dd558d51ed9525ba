"""Change requests for staff: what is asked for, who approves, and when it is published."""

from collections.abc import Callable
from datetime import UTC
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.config.admin.badges import state_badge
from apps.config.admin.proposals import proposed
from apps.config.models import (
    ChangeRequest,
    RequestState,
    Review,
    Verdict,
)
from apps.config.models.requests import OPEN
from apps.config.services.requests import (
    apply_request,
    review_request,
    schedule_request,
    submit_request,
    withdraw_request,
)
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    LongTextInput,
    MomentInput,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    acting_staff,
    action,
    display,
    row_of,
)
from kernel.events.actors import current_actor
from kernel.tenancy.context import in_tenant


class CommentForm(forms.Form):
    """What is said to it."""

    comment = forms.CharField(
        max_length=1000, required=False, widget=LongTextInput(attrs={"rows": 3})
    )


class RejectForm(forms.Form):
    """Why not."""

    comment = forms.CharField(max_length=1000, widget=LongTextInput(attrs={"rows": 3}))


class WhenForm(forms.Form):
    """When."""

    apply_at = forms.DateTimeField(
        label="Publish at (UTC)",
        required=False,
        widget=MomentInput(),
        input_formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"],
        help_text="Empty: as soon as it is approved and somebody says so.",
    )


@admin.register(ChangeRequest)
class ChangeRequestAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """What somebody wants to be published, the newest first."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["config/admin.css"]}

    list_display = (
        "title",
        "stands",
        "approved",
        "where",
        "by",
        "apply_at",
        "created_at",
        "tenant",
    )
    list_filter = (TenantFilter, "state")
    search_fields = ("title", "description", "author_name")
    ordering = ("-created_at", "-id")
    actions_detail = ("approve", "reject", "submit", "apply", "schedule", "withdraw")
    fieldsets = (
        (None, {"fields": ("stands", "approved", "problem", "proposed", "said")}),
        (
            "The request",
            {
                "fields": (
                    *("title", "description", "where", "by", "created_at"),
                    *("apply_at", "applied_at", "revision", "tenant", "id"),
                )
            },
        ),
    )
    readonly_fields = tuple(name for _, options in fieldsets for name in options["fields"])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        said = Review.across_tenants.filter(request=OuterRef("pk"), verdict=Verdict.APPROVE)
        yes = said.order_by().values("request").annotate(many=Count("pk")).values("many")
        rows = super().get_queryset(request).select_related("environment")
        return rows.annotate(yes=Coalesce(Subquery(yes), 0))

    @display(description="state", ordering="state")
    def stands(self, request: ChangeRequest) -> SafeString:
        return state_badge(request.state)

    @display(description="approvals")
    def approved(self, request: Any) -> str:
        required = request.environment.approvals_required
        return f"{request.yes} of {required}" if required else "none needed"

    @display(description="environment")
    def where(self, request: ChangeRequest) -> str:
        return request.environment.key

    @display(description="by")
    def by(self, request: ChangeRequest) -> str:
        return request.author_name or request.author_id

    @display(description="what it changes")
    def proposed(self, request: ChangeRequest) -> SafeString:
        return proposed(request)

    @display(description="what others say")
    def said(self, request: ChangeRequest) -> SafeString:
        with in_tenant(request.tenant_id):
            reviews = list(request.reviews.order_by("pk"))
        return render_to_string("config/reviews.html", {"reviews": reviews})

    def has_review_permission(self, request: HttpRequest, _object_id: str = "") -> bool:
        """Say whether somebody may say yes or no: who may add reviews, in Django's words."""
        user: Any = request.user
        return bool(user.has_perm("config.add_review"))

    def _may(self, request: HttpRequest, row: ChangeRequest, verb: str) -> bool:
        with acting_staff(request, row.tenant_id):
            actor = current_actor()
        own = (row.author_type, row.author_id) == (actor.type, actor.id)
        return row.state in _WHEN[verb] and not (verb in ("approve", "reject") and own)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer what can be done as it stands; nobody approves of what is their own."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        if row is None:
            return []
        return [one for one in offered if self._may(request, row, one.path)]

    def _errand(
        self,
        request: HttpRequest,
        object_id: str,
        work: Callable[[ChangeRequest, dict[str, Any]], str],
        *,
        verb: str,
        causes: tuple[str, ...],
        form: Any = None,
        introduction: str = "",
    ) -> HttpResponse:
        row: ChangeRequest = row_of(self, request, object_id)

        def act(given: dict[str, Any]) -> str:
            with acting_staff(request, row.tenant_id):
                return work(row, given)

        return Errand(
            title=f"{verb} {row.title!r}",
            introduction=introduction,
            asks=lambda _: f"{verb} {row.title!r}?",
            causes=lambda _: [*causes, "It is on record under your name."],
            act=act,
            back=reverse("admin:config_changerequest_change", args=[row.pk]),
            yes=f"Yes, {verb[0].lower()}{verb[1:]} it",
        ).run(self, request, form)

    @action(
        description="Approve",
        url_path="approve",
        permissions=["review"],
        variant=ActionVariant.PRIMARY,
    )
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say yes; the last one that is needed approves it."""

        def work(row: ChangeRequest, given: dict[str, Any]) -> str:
            done = review_request(id=str(row.pk), approve=True, comment=given["comment"])
            return f"You approve of {row.title!r}: it is {done.state.replace('_', ' ')}."

        return self._errand(
            request,
            object_id,
            work,
            verb="Approve",
            form=CommentForm(request.POST or None),
            introduction="Look at what it changes before: that is on its page.",
            causes=(
                (
                    "Once as many as its environment asks for have approved, it can be published;"
                    " one with a time is published then, by itself."
                ),
            ),
        )

    @action(description="Reject", url_path="reject", permissions=["review"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say no, and why."""

        def work(row: ChangeRequest, given: dict[str, Any]) -> str:
            review_request(id=str(row.pk), approve=False, comment=given["comment"])
            return f"{row.title!r} is rejected."

        return self._errand(
            request,
            object_id,
            work,
            verb="Reject",
            form=RejectForm(request.POST or None),
            introduction="Its author reads what you say here.",
            causes=("It is closed: nothing of it is published, and it cannot be opened again.",),
        )

    @action(description="Submit", url_path="submit", permissions=["operate"])
    def submit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask others to review a draft."""

        def work(row: ChangeRequest, given: dict[str, Any]) -> str:
            done = submit_request(id=str(row.pk), apply_at=_utc(given["apply_at"]))
            return f"{row.title!r} is {done.state.replace('_', ' ')}."

        return self._errand(
            request,
            object_id,
            work,
            verb="Submit",
            form=WhenForm(request.POST or None),
            introduction="What could not be published as it stands is refused here.",
            causes=("Others are asked to review it; it can be changed no more, only withdrawn.",),
        )

    @action(
        description="Publish",
        url_path="apply",
        permissions=["operate"],
        variant=ActionVariant.PRIMARY,
    )
    def apply(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Publish what is approved, joined with what others have published since."""

        def work(row: ChangeRequest, _given: dict[str, Any]) -> str:
            done = apply_request(id=str(row.pk))
            if done.state == RequestState.CONFLICTED:
                return f"Nothing was published: {done.problem}."
            return f"{row.title!r} is published: revision {done.revision}."

        return self._errand(
            request,
            object_id,
            work,
            verb="Publish",
            causes=(
                "Programs get it within a second.",
                (
                    "What others have published since is joined with it; where both changed the"
                    " same place nothing is published, and the places are told."
                ),
            ),
        )

    @action(description="Schedule", url_path="schedule", permissions=["operate"])
    def schedule(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say when it is to be published."""

        def work(row: ChangeRequest, given: dict[str, Any]) -> str:
            done = schedule_request(id=str(row.pk), apply_at=_utc(given["apply_at"]))
            when = (
                f"{done.apply_at:%Y-%m-%d %H:%M} UTC" if done.apply_at else "when somebody says so"
            )
            return f"{row.title!r} is published {when}."

        return self._errand(
            request,
            object_id,
            work,
            verb="Schedule",
            form=WhenForm(request.POST or None),
            causes=("At that time it is published by itself, if it is approved by then.",),
        )

    @action(
        description="Withdraw",
        url_path="withdraw",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take it back."""

        def work(row: ChangeRequest, _given: dict[str, Any]) -> str:
            withdraw_request(id=str(row.pk))
            return f"{row.title!r} is withdrawn."

        return self._errand(
            request,
            object_id,
            work,
            verb="Withdraw",
            causes=("It is closed: nothing of it is published, and it cannot be opened again.",),
        )


_APPROVED = {RequestState.APPROVED, RequestState.SCHEDULED}
#: In which states something can be done.
_WHEN: dict[str, set[RequestState]] = {
    "approve": {RequestState.IN_REVIEW},
    "reject": {RequestState.IN_REVIEW},
    "submit": {RequestState.DRAFT},
    "apply": _APPROVED,
    "schedule": OPEN,
    "withdraw": OPEN,
}


def _utc(moment: Any) -> Any:
    return None if moment is None else moment.replace(tzinfo=UTC)
