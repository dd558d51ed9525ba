"""The composition root as a Django app, for its commands."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Knows every app and holds the commands that run them."""

    name = "project"
    label = "project"

    def ready(self) -> None:
        import project.checks  # noqa: F401  registers them
        from kernel.mesh.client import mesh
        from project.graph import service_endpoint

        mesh.serve_here(service_endpoint)
