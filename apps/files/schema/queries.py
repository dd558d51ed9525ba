"""What may be asked of files."""

import graphene

from apps.files.schema.types import FileType
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of files."""

    file = One(FileType)
    files = Many(FileType, description="The newest first.")
