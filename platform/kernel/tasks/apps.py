"""The tasks app: calls of tasks, and the jobs that make them."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """Calls beside the jobs that carry them."""

    name = "kernel.tasks"
    label = "tasks"
    verbose_name = "Tasks"

    def ready(self) -> None:
        from django_tasks import task_backends

        from kernel.tasks import upkeep  # noqa: F401  registers its job

        # A worker knows the queues of every backend, whether it has enqueued anything or not.
        task_backends.all()
