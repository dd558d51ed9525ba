"""Tenants, people and keys for staff."""

from typing import Any, cast

from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.admin import (
    AdminPasswordChangeForm,
    ModelAdmin,
    TabularInline,
    UserChangeForm,
    UserCreationForm,
    confirmed,
    display,
)
from kernel.identity.lifecycle import resume_tenant, suspend_tenant
from kernel.identity.models import ApiKey, Membership, Tenant
from kernel.identity.recent import recent_keys
from kernel.identity.services import issue_key, revoke_key
from kernel.identity.sessions import end_sessions, sessions_of

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(Tenant)
class TenantsAdmin(ModelAdmin):
    """Organisations; a suspended one is locked out at once and loses nothing."""

    list_display = ("name", "slug", "state", "created_at")
    search_fields = ("name", "slug")
    readonly_fields = ("id", "created_at")
    actions = ("suspend", "resume")

    @display(
        description="state",
        label={"active": "success", "suspended": "warning", "deleting": "danger"},
    )
    def state(self, tenant: Tenant) -> str:
        return tenant.state

    @admin.action(description="Suspend the selected tenants: their members and keys are shut out")
    @confirmed
    def suspend(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> None:
        for tenant in tenants:
            suspend_tenant(tenant_id=tenant.pk)
        messages.success(request, "The tenants are suspended; nothing of theirs is lost.")

    @admin.action(description="Resume the selected tenants: their members and keys get in again")
    @confirmed
    def resume(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> None:
        for tenant in tenants:
            resume_tenant(tenant_id=tenant.pk)
        messages.success(request, "The tenants are active.")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A tenant's rows are in every service: deleting it is more than deleting this row.
        return False


class MembershipInline(TabularInline):
    """The tenants a person works in, and what they may do there."""

    model = Membership


@admin.register(User)
class PeopleAdmin(StockUserAdmin[User], ModelAdmin):  # type: ignore[misc]  # stubs name User
    """People who sign in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = (MembershipInline,)
    filter_horizontal = ()
    actions = ("remove_second_factors",)

    @admin.action(
        description="Remove the second factors of the selected people, who have lost them",
        permissions=["change"],
    )
    @confirmed
    def remove_second_factors(self, request: HttpRequest, people: QuerySet[User]) -> None:
        count, _ = Authenticator.objects.filter(user__in=people).delete()
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
            return super().user_change_password(request, id, form_url)


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Credentials of programs; the secret is shown once, when the key is made."""

    list_display = ("name", "id", "tenant", "state", "last_used_at", "expires_at")
    list_select_related = ("tenant",)
    list_filter = ("tenant",)
    search_fields = ("name", "id")
    fields = ("tenant", "name", "scopes", "expires_at")
    actions = ("revoke",)

    @display(
        description="state",
        label={"active": "success", "expired": "warning", "revoked": "danger"},
    )
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return "revoked"
        return "expired" if key.expires_at and key.expires_at <= clock.now() else "active"

    @admin.action(description="Revoke the selected keys at once and for ever")
    @confirmed
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        revoked = [revoke_key(key_id=key.pk) for key in keys]
        messages.success(request, f"Keys that open nothing any more: {len(revoked)}.")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            recent_keys.forget(obj.pk)
            return
        key, secret = issue_key(
            tenant=obj.tenant,
            name=obj.name,
            scopes=obj.scopes,
            expires_at=obj.expires_at,
            created_by=cast(User, request.user),
        )
        obj.pk = key.pk
        messages.warning(request, f"Shown once, so copy it now: {secret}")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
