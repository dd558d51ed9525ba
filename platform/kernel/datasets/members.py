"""Members of a tenant as rows for export, from the identity that every process reads.

Nothing is imported: a member is a person who said yes to somebody's invitation. That is a mail,
which no undo takes back, and until it is answered there is no row that an import could find again.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from contracts.datasets import Dataset, Field, Kind, Row
from kernel.datasets.pages import Rows
from kernel.datasets.registry import register
from kernel.identity.models import Membership
from kernel.identity.scopes import TENANT_ADMIN, TENANT_READ, Role
from kernel.tenancy.context import current_tenant_id

MEMBERS = Dataset(
    name="identity.members",
    title="Members",
    description="The people of the tenant and what each may do.",
    key=("id",),
    read_scope=TENANT_READ,
    filters=("role", "active"),
    cursor="created_at",
    fields=(
        Field(name="id", title="Id", kind=Kind.UUID, read_only=True),
        *(
            Field(name=name, title=title, masked_without=TENANT_ADMIN, read_only=True)
            # Many are called by their address.
            for name, title in (
                ("username", "User name"),
                ("email", "E-mail address"),
                ("name", "Name"),
            )
        ),
        Field(name="role", title="Role", choices=tuple(Role.values), read_only=True),
        Field(name="extra_scopes", title="Further scopes", kind=Kind.JSON, read_only=True),
        Field(name="active", title="Active", kind=Kind.BOOLEAN, read_only=True),
        Field(name="created_at", title="Joined", kind=Kind.DATETIME, read_only=True),
    ),
)


def _members() -> QuerySet[Membership]:
    return Membership.objects.filter(tenant_id=current_tenant_id()).select_related("user")


def _tell(members: Sequence[Membership]) -> list[Row]:
    return [
        {
            "id": str(one.pk),
            "username": one.user.get_username(),
            "email": one.user.email,
            "name": one.user.get_full_name(),
            "role": str(one.role),
            "extra_scopes": one.extra_scopes,
            "active": one.user.is_active,
            "created_at": one.created_at.isoformat(),
        }
        for one in members
    ]


rows = Rows(
    of=_members,
    tell=_tell,
    order=("id",),
    key="id",
    lookups={"active": "user__is_active"},
    grows="created_at",
)
register(MEMBERS, read=rows.read, find=rows.find)
