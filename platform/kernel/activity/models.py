"""Figures of hours, so that nobody who looks at them reads the tables that they are of."""

from django.db import models


class ActivityHour(models.Model):
    """What was counted of one kind of work, with one outcome, in one hour of UTC."""

    kind = models.CharField(max_length=50)
    hour = models.DateTimeField()
    outcome = models.CharField(max_length=20)
    count = models.PositiveBigIntegerField(default=0)
    #: How long all of them took together, and how many of them say so.
    seconds = models.FloatField(default=0)
    timed = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("kind", "hour", "outcome"), name="activity_of_hour")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome} at {self.hour}"


class ActivityMark(models.Model):
    """Up to when a kind of work is counted."""

    kind = models.CharField(primary_key=True, max_length=50)
    counted_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} until {self.counted_until}"
