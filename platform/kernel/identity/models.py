"""Tenants, their members and service accounts, API keys, sessions."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.functional import cached_property

from kernel import clock
from kernel.identity import departures  # noqa: F401  Django looks for models in this module
from kernel.identity.devices import device
from kernel.identity.scopes import ROLES, Role, check_scopes, common, expanded
from kernel.ids import new_id


class TenantState(models.TextChoices):
    """Whether a tenant's credentials open anything: only those of an active one do."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETING = "deleting"


class TenantQuerySet(models.QuerySet["Tenant"]):
    """Tenants, narrowed."""

    def active(self) -> "TenantQuerySet":
        """Return those whose credentials open something."""
        return self.filter(suspended_at=None, delete_after=None)


class Tenant(models.Model):
    """An organisation whose data nobody else ever sees."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: The end of the grace period; from then on its data is erased and nothing brings it back.
    delete_after = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> TenantState:
        """Return where it stands."""
        if self.delete_after is not None:
            return TenantState.DELETING
        return TenantState.ACTIVE if self.suspended_at is None else TenantState.SUSPENDED


class Membership(models.Model):
    """What a signed-in person may do in a tenant: what the role says, and the extra scopes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=13, choices=Role, default=Role.VIEWER)
    extra_scopes = models.JSONField(default=list, blank=True, validators=[check_scopes])
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("user", "tenant"), name="one_membership_a_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.tenant}"

    @property
    def effective_scopes(self) -> frozenset[str]:
        """Return what the member may do."""
        return expanded((*ROLES[self.role], *self.extra_scopes))


class ServiceAccount(models.Model):
    """A program of a tenant, which outlasts the people who set it up; its keys are its own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="service_accounts")
    name = models.CharField(max_length=200)
    scopes = models.JSONField(default=list, blank=True, validators=[check_scopes])
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=("tenant", "name"), name="one_account_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def effective_scopes(self) -> frozenset[str]:
        """Return what a key of this account may do at most."""
        return expanded(self.scopes)


class KeyState(models.TextChoices):
    """Whether a key opens anything, as far as the key itself is concerned."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class ApiKey(models.Model):
    """A credential of a program; only the SHA-256 of its secret is stored.

    It belongs to a member, to a service account, or, when staff made it, to the tenant alone. It
    never opens more than its owner may do at the time.
    """

    id = models.CharField(primary_key=True, max_length=16, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, null=True, editable=False, related_name="api_keys"
    )
    service_account = models.ForeignKey(
        ServiceAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="api_keys"
    )
    name = models.CharField(max_length=200)
    secret_sha256 = models.BinaryField(max_length=32, editable=False)
    #: The secret before the last rotation, which opens the same until `previous_until`.
    previous_sha256 = models.BinaryField(max_length=32, null=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    scopes = models.JSONField(default=list, validators=[check_scopes])
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    rotated_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ("-created_at",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(membership=None) | models.Q(service_account=None),
                name="a_key_has_one_owner",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"

    @cached_property
    def effective_scopes(self) -> frozenset[str]:
        """Return what the key was issued for, as far as its owner may do that still."""
        scopes = expanded(self.scopes)
        owner = self.membership or self.service_account
        return common(scopes, owner.effective_scopes) if owner else scopes

    @property
    def state(self) -> KeyState:
        """Return where it stands now."""
        return self.state_at(clock.now())

    def state_at(self, now: datetime) -> KeyState:
        """Return where it stands at that time."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        expired = self.expires_at is not None and self.expires_at <= now
        return KeyState.EXPIRED if expired else KeyState.ACTIVE

    def usable_at(self, now: datetime) -> bool:
        """Say whether this key opens anything at that time, its owner and tenant considered."""
        return (
            self.state_at(now) is KeyState.ACTIVE
            and self.tenant.state is TenantState.ACTIVE
            and (self.membership is None or self.membership.user.is_active)
            and (self.service_account is None or self.service_account.disabled_at is None)
        )


class Session(models.Model):
    """A browser in which somebody is signed in, or is about to sign in; see `sessions`."""

    #: The SHA-256 of the key that the browser holds.
    id = models.CharField(primary_key=True, max_length=64, editable=False)
    data = models.TextField(editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="sessions",
    )
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, null=True, editable=False, related_name="sessions"
    )
    address = models.GenericIPAddressField(null=True, editable=False)
    user_agent = models.CharField(max_length=200, blank=True, editable=False)
    signed_in_at = models.DateTimeField(null=True, editable=False)
    last_seen_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(db_index=True, editable=False)

    class Meta:
        ordering = ("-last_seen_at",)

    def __str__(self) -> str:
        return f"{self.user} by {device(self.user_agent)}"


class Lockout(models.Model):
    """Failed attempts to sign in by one name; see `lockouts`."""

    name = models.CharField(primary_key=True, max_length=254, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    #: When the first of these attempts was made.
    first_at = models.DateTimeField(editable=False)
    locked_until = models.DateTimeField(null=True, editable=False)
    address = models.GenericIPAddressField(null=True, editable=False)

    class Meta:
        ordering = ("-first_at",)

    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    """What libraries count, over all processes: the table of a cache of Django's."""

    cache_key = models.CharField(primary_key=True, max_length=255, editable=False)
    value = models.TextField(editable=False)
    expires = models.DateTimeField(db_index=True, editable=False)

    def __str__(self) -> str:
        return self.cache_key


class InvitationState(models.TextChoices):
    """Whether an invitation still leads somewhere."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Invitation(models.Model):
    """A link by mail with which one person may join a tenant; see `invitations`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, editable=False, related_name="invitations"
    )
    email = models.EmailField(editable=False)
    role = models.CharField(max_length=13, choices=Role, editable=False)
    #: Whose right to invite it is; without that membership it is void.
    invited_by = models.ForeignKey(Membership, on_delete=models.CASCADE, editable=False)
    #: Where its link leads: scheme and host of the site at which it was made.
    site = models.CharField(max_length=300, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.email} to {self.tenant}"

    def state_at(self, now: datetime) -> InvitationState:
        """Return where it stands at that time."""
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        return InvitationState.EXPIRED if self.expires_at <= now else InvitationState.PENDING


class Refusal(models.Model):
    """One request that was refused, for staff who are asked why; never a secret in it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(default=clock.now, editable=False)
    request_id = models.CharField(max_length=64, editable=False)
    reason = models.CharField(max_length=32, editable=False)
    detail = models.CharField(max_length=500, editable=False)
    #: Which key, token or person it was.
    credential = models.CharField(max_length=300, editable=False)
    principal_kind = models.CharField(max_length=10, editable=False)
    #: Of a credential that was good, but did not reach so far.
    tenant_id = models.UUIDField(null=True, editable=False)
    operation = models.CharField(max_length=200, editable=False)
    #: The scopes that would have been needed.
    scopes = models.CharField(max_length=300, editable=False)

    class Meta:
        verbose_name = "refused request"
        ordering = ("-id",)
        indexes = [models.Index(fields=("request_id",), name="refusals_by_request")]

    def __str__(self) -> str:
        return f"{self.reason.replace('_', ' ')} ({self.request_id})"
