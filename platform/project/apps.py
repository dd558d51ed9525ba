"""The composition root as a Django app, for its commands."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Knows every app and holds the commands that run them."""

    name = "project"
    label = "project"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        import project.checks  # noqa: F401  registers them
        from kernel.mesh.client import mesh
        from project.graph import service_endpoint

        mesh.serve_here(service_endpoint)
        # Handlers of events are known by being imported.
        autodiscover_modules("consumers")
