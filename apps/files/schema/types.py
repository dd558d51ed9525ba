"""The file as the graph shows it."""

import graphene

from apps.files.models import File, FileState
from kernel.federation.directives import key
from kernel.federation.entities import Entity

FileStateEnum = graphene.Enum.from_enum(FileState)


@key("id")
class FileType(Entity):
    """A file that somebody uploaded, whatever becomes of its bytes."""

    class Meta:
        model = File
        name = "File"
        fields = ("id", "name", "content_type", "size_bytes", "created_at")

    state = FileStateEnum(required=True)
