"""What may be asked of files."""

import graphene

from apps.files.schema.inputs import FileFilter, FileOrder
from apps.files.schema.types import FileType
from apps.files.selectors import LOOKUPS
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of files."""

    file = One(FileType)
    files = Many(
        FileType,
        filter=FileFilter,
        lookups=LOOKUPS,
        order=FileOrder,
    )
