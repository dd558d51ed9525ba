"""One row for each day of each part: a fixed number, however often things come and go."""

from django.db import models


class UptimeDay(models.Model):
    """How long a part was how, of the time that somebody has looked, on one day in UTC."""

    #: `service:<name>`, or the name of a check of readiness.
    part = models.CharField(max_length=100)
    day = models.DateField()
    ok_seconds = models.PositiveIntegerField(default=0)
    degraded_seconds = models.PositiveIntegerField(default=0)
    down_seconds = models.PositiveIntegerField(default=0)
    #: As it was last seen, and when.
    state = models.CharField(max_length=8)
    seen_at = models.DateTimeField()
    #: The first of the day's changes: time in ISO 8601, state, what the check said.
    changes = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("day", "part"), name="uptime_day_of_part")]

    def __str__(self) -> str:
        return f"{self.part} on {self.day}"
