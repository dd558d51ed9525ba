"""What tasks were called with, and what they returned."""

from django.db import models


class TaskCall(models.Model):
    """One call; it has the id of its job."""

    id = models.UUIDField(primary_key=True, editable=False)
    tenant_id = models.UUIDField(null=True)
    task_path = models.CharField(max_length=255)
    backend = models.CharField(max_length=100)
    takes_args = models.JSONField(default=list)
    takes_kwargs = models.JSONField(default=dict)
    returned = models.JSONField(null=True)
    #: Of each attempt that failed: the path of its exception's class, and the traceback.
    errors = models.JSONField(default=list)
    #: Of each attempt, who made it.
    worker_ids = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.task_path
