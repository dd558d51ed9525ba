"""Staff by duty: a group for each, with what it may see and do in the back office.

Django's own groups, made after each migration, so that what a release brings is in them at once.
A right that was taken from one of them comes back then; whoever is to have less gets another group.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.apps import AppConfig
from django.apps.registry import Apps
from django.contrib.auth.models import Group
from django.db import router

from kernel.admin.concerns import Duty


class Rights(NamedTuple):
    """What a duty may do, by app (`audit`) or by kind of row (`identity.lockout`)."""

    #: Make, change and remove by hand.
    keep: tuple[str, ...] = ()
    #: See, and act on: release, retry, cancel, whatever a list offers.
    act: tuple[str, ...] = ()
    see: tuple[str, ...] = ()

    def verbs(self, app: str, model: str) -> tuple[str, ...]:
        """Return what may be done with a kind of row, in Django's words."""
        names = {app, f"{app}.{model}"}
        if names.intersection(self.keep):
            return ("view", "add", "change", "delete")
        if names.intersection(self.act):
            return ("view", "change")
        return ("view",) if names.intersection(self.see) else ()


RIGHTS: Mapping[Duty, Rights] = {
    Duty.OPERATIONS: Rights(
        keep=("scheduler", "notifications.notificationprovider"),
        act=("discovery", "events", "files", "importexport", "jobs", "identity.lockout"),
        see=("activity", "config", "documents", "identity", "notifications", "traced", "uptime"),
    ),
    Duty.SUPPORT: Rights(
        keep=("notifications.subscriber", "notifications.suppression", "identity.invitation"),
        act=(
            "documents",
            "identity.lockout",
            "identity.session",
            "importexport",
            "notifications",
            "scheduler",
        ),
        see=("config", "files", "identity", "traced", "auth.user"),
    ),
    Duty.COMPLIANCE: Rights(
        keep=("audit",),
        act=("files", "identity.session", "identity.tenantdeletion", "identity.tenantexport"),
        see=("auth.user", "documents", "identity", "notifications", "scheduler", "traced"),
    ),
    Duty.PRODUCT: Rights(
        keep=(
            "config",
            "documents.partial",
            "documents.template",
            "documents.templateversion",
            "documents.theme",
            "notifications.notificationtemplate",
            "notifications.workflow",
        ),
        see=("documents", "identity.tenant", "notifications", "scheduler"),
    ),
}


#: What a provider's group is mapped to for a duty, `staff:support`, and the group here.
TARGETS = {f"staff:{duty.lower()}": duty.value for duty in RIGHTS}


def keep_duties(app_config: AppConfig, using: str, apps: Apps, **_told: Any) -> None:
    """Give the groups what they may do with an app's rows, once its permissions are known.

    `apps` are those of the tables that there are: in the middle of migrating, not all.
    """
    try:
        groups = apps.get_model("auth", "Group")._default_manager.using(using)
        permissions = apps.get_model("auth", "Permission")._default_manager.using(using)
    except LookupError:
        return
    if not router.allow_migrate_model(using, Group):
        return
    known = list(
        permissions.filter(content_type__app_label=app_config.label).select_related("content_type")
    )
    for duty, rights in RIGHTS.items():
        given = [one for one in known if _may(rights, one)]
        if given:
            group, _ = groups.get_or_create(name=duty.value)
            group.permissions.add(*given)


def _may(rights: Rights, permission: Any) -> bool:
    kind = permission.content_type
    verb = permission.codename.removesuffix(f"_{kind.model}")
    return verb in rights.verbs(kind.app_label, kind.model)
