"""The composition root as a Django app, for its commands."""

import gc
from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate

from kernel.services import BY_NAME


class ProjectConfig(AppConfig):
    """Knows every app and holds the commands that run them."""

    name = "project"
    label = "project"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        import kernel.cache.figures  # noqa: F401  registers them, as do the next three
        import project.checks
        import project.database_checks
        import project.probe  # noqa: F401
        from kernel.background.streams import job_streams
        from kernel.celery.nudger import nudger
        from kernel.dynamic.flagging import TOPIC, flags
        from kernel.dynamic.following import values
        from kernel.dynamic.remote import Remote
        from kernel.hints.following import followers
        from kernel.jobs.nudge import carriers
        from kernel.keeping import keep
        from kernel.mesh.client import mesh
        from kernel.observability import telling
        from kernel.observability.health import register_check
        from kernel.serving.router import mount
        from kernel.uptime.recording import EVERY, Recorder
        from project.backups import keep_up
        from project.duties import keep_duties
        from project.flag_usage import TOLD_AFTER_SECONDS, UsageReports
        from project.flags import RemoteFlags
        from project.graph import composed_endpoint, service_endpoint
        from project.portal.status import look
        from project.version import VERSION

        # After Django's own, which writes the permissions of an app.
        post_migrate.connect(keep_duties, dispatch_uid="duties")
        telling.begin(VERSION)
        mesh.serve_here(service_endpoint, composed_endpoint)
        streams = job_streams()
        for service in settings.SERVICES:
            mount(f"/{service}/api/jobs/", streams)
        if settings.CELERY_BROKER_URL:
            carriers.append(nudger.tell)
            register_check("jobs", nudger.check)
        # Handlers of events are known by being imported, as are dynamic settings: whoever has the
        # config app knows those of all apps, installed here or not.
        autodiscover_modules("consumers")
        keep_up()
        for service in BY_NAME:
            if find_spec(f"apps.{service}.conf"):
                import_module(f"apps.{service}.conf")
        if "config" not in settings.SERVICES:
            values.come_from(Remote())
            remote = RemoteFlags()
            flags.come_from(remote)
            followers.add(TOPIC, remote.look)
            register_check("feature flags", remote.check)
            reports = UsageReports(remote.answered)
            keep("usage of flags", reports.write, every_seconds=TOLD_AFTER_SECONDS)
        register_check("dynamic settings", values.check)
        keep("uptime", Recorder(look).write, every_seconds=EVERY.total_seconds())
        # All is imported.
        gc.enable()
