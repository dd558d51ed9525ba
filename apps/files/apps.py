"""The files app."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Uploads, downloads and versions; nothing is served before it is scanned."""

    name = "apps.files"
    label = "files"
    verbose_name = "Files"

    def ready(self) -> None:
        from apps.files import checks, chores, datasets, tasks  # noqa: F401  registers them
        from apps.files.selectors import standing
        from apps.files.services.giving import give_bytes
        from apps.files.services.receiving import receive
        from kernel.mesh.fetching import give_here
        from kernel.mesh.storing import receive_here
        from kernel.observability.health import register_check
        from kernel.serving.handover import BodyReceiver
        from kernel.serving.router import mount

        register_check("scanner", standing.check)
        receive_here(receive)
        give_here(give_bytes)
        receiver = BodyReceiver()
        for path in ("uploads", "files", "direct", "signed", "zip"):
            mount(f"/files/api/{path}/", receiver)
