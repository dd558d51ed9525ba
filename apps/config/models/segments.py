"""Segments: who is meant, said once for all flags of an environment."""

from django.db import models

from apps.config.access import CONFIG
from apps.config.models.versions import State, Version
from kernel import clock
from kernel.tenancy.models import TenantModel


class Segment(TenantModel):
    """Some of those whom flags are evaluated for, by a list and by a rule."""

    access = CONFIG

    key = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = "segment"
        constraints = [
            models.UniqueConstraint(fields=("tenant_id", "key"), name="config_one_segment_a_key")
        ]
        indexes = [
            models.Index(fields=("tenant_id", "created_at", "id"), name="config_segments_newest"),
        ]

    def __str__(self) -> str:
        return self.key


class SegmentVersion(Version):
    """Who was meant in an environment from then on."""

    segment_id = models.UUIDField(editable=False)

    class Meta:
        verbose_name = "segment version"
        constraints = [
            models.UniqueConstraint(
                fields=("segment_id", "environment_id", "number"), name="config_one_segment_version"
            )
        ]
        indexes = [
            models.Index(
                fields=("tenant_id", "segment_id", "created_at", "id"),
                name="config_segment_history",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class SegmentState(State):
    """Who is meant in an environment now."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="states")
    version = models.ForeignKey(
        SegmentVersion,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
    )

    class Meta:
        verbose_name = "segment in an environment"
        verbose_name_plural = "segments in environments"
        constraints = [
            models.UniqueConstraint(
                fields=("segment", "environment"), name="config_one_segment_state"
            )
        ]
        indexes = [
            models.Index(fields=("environment", "segment"), name="config_segments_there"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} in {self.environment_id}"
