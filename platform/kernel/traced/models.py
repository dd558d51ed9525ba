"""Notable lines of processes, for as long as somebody may ask."""

from django.db import models


class TracedLine(models.Model):
    """One line of a log, as it was written."""

    trace_id = models.UUIDField(db_index=True)
    #: Of the request, job or event that it was said in.
    request_id = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField()
    level = models.CharField(max_length=10)
    logger = models.CharField(max_length=100)
    line = models.TextField()

    class Meta:
        verbose_name = "log line"

    def __str__(self) -> str:
        return f"{self.level} {self.logger}"
