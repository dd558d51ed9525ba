"""Segments through the graph."""

import graphene

from apps.config.models import Segment
from apps.config.services.segments import (
    create_segment,
    delete_segment,
    delete_segments,
    update_segment,
)
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import (
    BulkDelete,
    ById,
    ByIds,
    ChangeInput,
    Create,
    Delete,
    Update,
)


@key("id")
class SegmentType(Entity):
    """Some of those whom flags are evaluated for, by a list and by a rule."""

    class Meta:
        model = Segment
        name = "Segment"
        fields = ("id", "key", "name", "description", "created_at")


class SegmentFilter(graphene.InputObjectType):
    """Which segments."""

    keys = graphene.List(graphene.NonNull(graphene.String), description="At most 100.")


class SegmentOrder(graphene.Enum):
    """In which order segments are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    KEY = ("key", "id")


class CreateSegmentInput(ChangeInput):
    """A segment to be."""

    key = graphene.String(required=True, description="What rules name; one has it.")
    name = graphene.String()
    description = graphene.String()


class UpdateSegmentInput(ById):
    """What becomes of a segment; what is not sent stays."""

    name = graphene.String()
    description = graphene.String()


class DeleteSegmentInput(ById):
    """The segment to remove."""


class DeleteSegmentsInput(ByIds):
    """The segments to remove."""


class Segments:
    """Reads of segments."""

    segment = One(SegmentType)
    segments = Many(
        SegmentType, filter=SegmentFilter, lookups={"keys": "key__in"}, order=SegmentOrder
    )


class SegmentChanges:
    """Changes of segments, beside who is in them."""

    create_segment = Create(
        SegmentType,
        input=CreateSegmentInput,
        by=create_segment,
        description="Make a segment; CONFLICT when its key is taken.",
    )
    update_segment = Update(
        SegmentType,
        input=UpdateSegmentInput,
        by=update_segment,
        description="Describe a segment anew.",
    )
    delete_segment = Delete(
        SegmentType,
        input=DeleteSegmentInput,
        by=delete_segment,
        description="Remove a segment that no flag uses.",
    )
    delete_segments = BulkDelete(
        SegmentType,
        input=DeleteSegmentsInput,
        by=delete_segments,
        description="Remove many segments; one that is not there does not keep the others.",
    )
