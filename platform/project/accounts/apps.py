"""The pages of accounts as Django apps: their templates, and the back office they guard."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class AccountsConfig(AppConfig):
    """Sign-in, one's own account, and a tenant's members and keys."""

    name = "project.accounts"
    label = "accounts"
    default = True

    def ready(self) -> None:
        from project.accounts import invitations  # noqa: F401  registers its job


class BackOfficeConfig(admin_apps.AdminConfig):
    """The admin, entered by the same sign-in as the portal."""

    default = False
    default_site = "project.accounts.back_office.BackOffice"
