"""What a mapping makes of the first rows, while somebody is at it."""

from typing import Any

import graphene

from apps.importexport.services.trying import Tried, try_column
from kernel.federation.access import scope
from kernel.federation.scalars import JSON


class ImportTriedValue(graphene.ObjectType):
    """A value of a source, and what it becomes."""

    given = graphene.String(required=True, description="As the file has it.")
    text = graphene.String(description="After all transforms; null for no value, or a problem.")
    code = graphene.String(required=True, description="What is wrong with it; empty: nothing.")
    message = graphene.String(required=True)


class TryingQueries:
    """What may be asked of a mapping before it is kept."""

    import_tried_column = graphene.List(
        graphene.NonNull(ImportTriedValue),
        required=True,
        import_id=graphene.ID(required=True),
        column=JSON(
            required=True, description="`{field, source, constant, transforms}` of a mapping."
        ),
        first=graphene.Int(default_value=5, description="Rows of the preview, 50 at most."),
        description="What a column of a mapping makes of the first rows; nothing of it is kept.",
    )

    @staticmethod
    @scope("importexport:read")
    def resolve_import_tried_column(_root: Any, _info: Any, **asked: Any) -> list[Tried]:
        return try_column(**asked)
