"""Processes that are there, each for as long as its lease."""

from django.db import models

from kernel import clock


class Instance(models.Model):
    """One process that serves: where it is, and what it tells of itself and of the others."""

    id = models.CharField(primary_key=True, max_length=200)
    #: Names with commas between them.
    services = models.CharField(max_length=200)
    url = models.CharField(max_length=500)
    zone = models.CharField(max_length=63, blank=True)
    version = models.CharField(max_length=63)
    state = models.CharField(max_length=20)
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(db_index=True)
    #: How it finds the services that it calls, by their names.
    told = models.JSONField(default=dict)
    #: What staff want of it, done at its next look. Written by others only.
    wanted = models.JSONField(default=list)

    class Meta:
        verbose_name = "process"
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return self.id
