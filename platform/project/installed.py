"""The apps of Django that a process consists of."""

from collections.abc import Iterable


def installed_apps(services: Iterable[str], *, with_provider: bool) -> list[str]:
    """Return them in their order, with those of these services."""
    return [
        # Before the theme and the admin, so that their templates yield to ours.
        "kernel",
        "project.portal",
        "project.accounts",
        "unfold.apps.BasicAppConfig",
        "unfold.contrib.filters",
        "project.accounts.apps.BackOfficeConfig",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "allauth",
        "allauth.account",
        "allauth.mfa",
        # Costs each process 0.1 s at its start and 5 MB, so only where it is used.
        *(
            ("allauth.socialaccount", "allauth.socialaccount.providers.openid_connect")
            if with_provider
            else ()
        ),
        "django_prometheus",
        "graphene_django",
        "kernel.identity",
        "kernel.discovery",
        "kernel.uptime",
        "kernel.jobs",
        "django_tasks",
        "kernel.tasks",
        "kernel.idempotency",
        "kernel.datasets",
        "kernel.events",
        "kernel.traced",
        "kernel.activity",
        "kernel.saved_filters",
        *(f"apps.{name}" for name in services),
        "project",
    ]
