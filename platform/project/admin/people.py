"""People who sign in, and the groups that give staff their rights."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from kernel.admin import (
    AdminPasswordChangeForm,
    ModelAdmin,
    TabularInline,
    UserChangeForm,
    UserCreationForm,
    confirmed,
    display,
    table,
)
from kernel.identity.models import Membership
from kernel.identity.sessions import end_sessions, sessions_of
from project.duties import TARGETS

admin.site.unregister(User)
admin.site.unregister(Group)

#: What makes a person more than others here: given and taken by superusers only.
POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class MembershipInline(TabularInline):
    """The tenants a person works in, and what they may do there; changed on a page of its own."""

    model = Membership
    fields = ("tenant", "role", "more_scopes")
    readonly_fields = fields
    show_change_link = True
    can_delete = False

    @display(description="extra scopes")
    def more_scopes(self, membership: Membership) -> str:
        return " ".join(membership.extra_scopes) or "-"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PeopleAdmin(StockUserAdmin[User], ModelAdmin):  # type: ignore[misc]  # stubs name User
    """People who sign in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = (MembershipInline,)
    filter_horizontal = ()
    actions = ("remove_second_factors",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and _is_in_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and _is_in_reach(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if _is_superuser(request) else POWERS

    @admin.action(
        description="Remove the second factors of the selected people, who have lost them",
        permissions=["change"],
    )
    @confirmed
    def remove_second_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        within = [person for person in people if _is_in_reach(request, person)]
        count, _ = Authenticator.objects.filter(user__in=within).delete()
        messages.success(request, f"Second factors removed: {count}.")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions(sessions_of(obj), reason="deactivated")

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  as Django calls it
        form_url: str = "",
    ) -> HttpResponse:
        # With the event that tells of it.
        with transaction.atomic():
            response: HttpResponse = super().user_change_password(request, id, form_url)
            if response.status_code == HTTPStatus.FOUND:
                person = User.objects.get(pk=id)
                end_sessions(sessions_of(person), reason="password_changed")
                go_on(request, person)
            return response


@admin.register(Group)
class GroupAdmin(StockGroupAdmin, ModelAdmin):  # type: ignore[misc]  # stubs name Group
    """Rights that staff have together; the groups of duties get theirs from migrations."""

    list_display = ("name", "people", "kept")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).annotate(members=Count("user"))

    @display(description="people", ordering="members")
    def people(self, group: Any) -> int:
        members: int = group.members
        return members

    @display(description="kept by", label={"the platform": "info"})
    def kept(self, group: Group) -> str:
        return "the platform" if _of_duty(group) else "you"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "rights") if _of_duty(obj) else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name", "rights") if _of_duty(obj) else ("name", "permissions")

    @display(description="rights")
    def rights(self, group: Group) -> str:
        verbs = defaultdict(list)
        for one in group.permissions.select_related("content_type"):
            kind = one.content_type
            verbs[kind.app_label, kind.name].append(one.codename.partition("_")[0])
        rows = [(app, name, ", ".join(sorted(may))) for (app, name), may in verbs.items()]
        return table(("app", "kind of row", "may"), rows, "Nothing yet.")

    # Whoever keeps a group could give themselves all there is.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and not _of_duty(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and not _of_duty(obj)


def _of_duty(group: Group | None) -> bool:
    return group is not None and group.name in TARGETS.values()


def _is_superuser(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _is_in_reach(request: HttpRequest, person: User | None) -> bool:
    """Say whether staff may change a person: only superusers change other staff.

    Who sets a password, or removes a second factor, can sign in as that person.
    """
    if person is None or person == request.user or _is_superuser(request):
        return True
    return not (person.is_staff or person.is_superuser)


def go_on(request: HttpRequest, changed: User) -> None:
    """Give staff who changed themselves a new session, since theirs has ended with that."""
    if changed == request.user:
        request.session.cycle_key()
