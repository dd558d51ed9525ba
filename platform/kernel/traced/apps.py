"""What is found by a trace, as a Django app, for its table."""

from django.apps import AppConfig


class TracedConfig(AppConfig):
    """Holds notable lines for a while."""

    name = "kernel.traced"
    label = "traced"
    verbose_name = "Traces"

    def ready(self) -> None:
        from kernel.keeping import keep
        from kernel.traced import of_kernel, upkeep  # noqa: F401  registers them
        from kernel.traced.lines import WRITTEN_AFTER_SECONDS, write

        keep("notable lines", write, every_seconds=WRITTEN_AFTER_SECONDS)
