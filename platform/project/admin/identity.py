"""Members, service accounts and keys for staff."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from kernel.admin import (
    ModelAdmin,
    confirmed,
    display,
    table,
)
from kernel.errors import DomainError
from kernel.identity.models import ApiKey, Membership, ServiceAccount
from kernel.identity.recent import recent_keys
from kernel.identity.scopes import Role, covers, expanded
from kernel.identity.services import (
    admit,
    issue_key,
    remove_member,
    revoke_key,
    rotate_key,
    set_account_enabled,
)
from project.admin.people import go_on


class MembershipForm(ModelForm[Membership]):
    """A role in a tenant, which keeps an owner."""

    class Meta:
        model = Membership
        fields = ("user", "tenant", "role", "extra_scopes")

    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        known = Membership.objects.filter(pk=self.instance.pk, role=Role.OWNER).first()
        if role == Role.OWNER or known is None:
            return role
        owners = Membership.objects.filter(tenant_id=known.tenant_id, role=Role.OWNER)
        if owners.count() == 1:
            raise ValidationError("A tenant keeps one owner: name another first.")
        return role


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    """Who belongs to which tenant, in which role."""

    form = MembershipForm
    list_display = ("user", "tenant", "role", "extra_scopes", "created_at")
    list_select_related = ("user", "tenant")
    list_filter = ("role",)
    search_fields = ("user__username", "user__email", "tenant__slug")
    raw_id_fields = ("user",)
    actions = ("remove",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "tenant") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        made = admit(user=obj.user, tenant=obj.tenant, role=obj.role, extra_scopes=obj.extra_scopes)
        obj.pk = made.pk
        go_on(request, made.user)

    @admin.action(description="Remove the selected members", permissions=["delete"])
    @confirmed
    def remove(self, request: HttpRequest, memberships: QuerySet[Membership]) -> None:
        """They do not get into the tenant any more, and the keys they made for themselves there are
        gone. Keys of service accounts stay. A tenant keeps its last owner."""
        for membership in memberships:
            try:
                remove_member(membership=membership)
            except DomainError as error:
                messages.error(request, f"{membership}: {error}")
            else:
                messages.success(request, f"{membership.user} is no member any more.")
                go_on(request, membership.user)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # One row's page has no question of ours before it.
        return bool(super().has_delete_permission(request, obj)) and obj is None


@admin.register(ServiceAccount)
class ServiceAccountAdmin(ModelAdmin):
    """Programs of tenants; a disabled one's keys open nothing."""

    list_display = ("name", "tenant", "state", "scopes", "created_by", "created_at")
    list_select_related = ("tenant", "created_by")
    search_fields = ("name", "tenant__slug")
    actions = ("disable", "enable")

    @display(description="state", label={"enabled": "success", "disabled": "warning"})
    def state(self, account: ServiceAccount) -> str:
        return "enabled" if account.disabled_at is None else "disabled"

    @display(description="keys")
    def keys(self, account: ServiceAccount) -> str:
        rows = [
            (_link(key), key.state, key.last_used_at or "never used")
            for key in account.api_keys.all()
        ]
        return table(
            ("key", "state", "last used"), rows, "None yet; add one for it under API keys."
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("tenant", "keys") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("tenant", "name", "scopes", "keys") if obj else ("tenant", "name", "scopes")

    def save_model(
        self, request: HttpRequest, obj: ServiceAccount, form: Any, change: bool
    ) -> None:
        if not change:
            obj.created_by = cast(User, request.user)
        super().save_model(request, obj, form, change)
        # What its keys may do has changed with it.
        recent_keys.forget_all()

    @admin.action(description="Disable the selected service accounts", permissions=["change"])
    @confirmed
    def disable(self, request: HttpRequest, accounts: QuerySet[ServiceAccount]) -> None:
        """None of their keys opens anything, at once, until they are enabled again."""
        for account in accounts:
            set_account_enabled(account=account, enabled=False)
        messages.success(request, "Their keys open nothing now.")

    @admin.action(description="Enable the selected service accounts", permissions=["change"])
    @confirmed
    def enable(self, request: HttpRequest, accounts: QuerySet[ServiceAccount]) -> None:
        """Their keys open again what they did before, but for those that were revoked."""
        for account in accounts:
            set_account_enabled(account=account, enabled=True)
        messages.success(request, "Their keys open again what they did.")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Disabled, it is still there to tell whose keys they were.
        return False


def _link(key: ApiKey) -> str:
    url = reverse("admin:identity_apikey_change", args=[key.pk])
    return format_html('<a href="{}">{}</a>', url, key)


class ApiKeyForm(ModelForm[ApiKey]):
    """A key for a tenant, or for one of its accounts and within what that may do."""

    class Meta:
        model = ApiKey
        fields = ("tenant", "service_account", "name", "scopes", "expires_at")

    def clean(self) -> dict[str, Any] | None:
        told = super().clean() or self.cleaned_data
        account = told.get("service_account")
        if account and account.tenant != told.get("tenant", account.tenant):
            raise ValidationError({"service_account": "It belongs to another tenant."})
        if account and not covers(account.effective_scopes, expanded(told.get("scopes", ()))):
            raise ValidationError({"scopes": "The account itself may not do all of that."})
        return told


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Credentials of programs; a secret is shown once, when it is made."""

    form = ApiKeyForm
    list_display = ("name", "id", "tenant", "owner", "shown_state", "last_used_at", "expires_at")
    list_select_related = ("tenant", "membership__user", "membership__tenant", "service_account")
    list_filter = ("tenant",)
    search_fields = ("name", "id")
    fields = ("tenant", "service_account", "name", "scopes", "expires_at")
    actions = ("rotate", "revoke")

    @display(
        description="state",
        label={"active": "success", "expired": "warning", "revoked": "danger"},
    )
    def shown_state(self, key: ApiKey) -> str:
        return key.state

    @display(description="whose")
    def owner(self, key: ApiKey) -> str:
        if key.membership:
            return key.membership.user.get_username()
        return key.service_account.name if key.service_account else "the tenant's"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("tenant", "service_account") if obj else ()

    @admin.action(description="Rotate the selected keys", permissions=["change"])
    @confirmed
    def rotate(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Each gets a new secret, which is shown once. Its present secret opens the same for
        another day; one from before the last rotation ends at once."""
        for key in keys:
            try:
                _, secret = rotate_key(key_id=key.pk)
            except DomainError as error:
                messages.error(request, str(error))
            else:
                messages.warning(request, f"{key.name}, shown once, so copy it now: {secret}")

    @admin.action(
        description="Revoke the selected keys at once and for ever", permissions=["change"]
    )
    @confirmed
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """Every request that bears one of them is refused: here at once, by other processes a
        second later."""
        revoked = [revoke_key(key_id=key.pk) for key in keys]
        messages.success(request, f"Keys that open nothing any more: {len(revoked)}.")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            recent_keys.forget(obj.pk)
            return
        key, secret = issue_key(
            tenant=obj.tenant,
            service_account=obj.service_account,
            name=obj.name,
            scopes=obj.scopes,
            expires_at=obj.expires_at,
            created_by=cast(User, request.user),
        )
        obj.pk = key.pk
        messages.warning(request, f"Shown once, so copy it now: {secret}")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
