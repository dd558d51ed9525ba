"""What may be asked of files."""

from typing import Any

import graphene

from apps.files.schema.types import FileConnection, FileType
from apps.files.selectors import all_files, by_id
from kernel.federation.access import scope
from kernel.federation.pages import Page, Window, page_arguments


class Query(graphene.ObjectType):
    """Reads of files."""

    file = graphene.Field(FileType, id=graphene.ID(required=True))
    files = graphene.Field(
        FileConnection, required=True, description="The newest first.", **page_arguments()
    )

    @staticmethod
    @scope("files:read")
    def resolve_file(_root: Any, _info: Any, id: str) -> Any:
        return by_id(id)

    @staticmethod
    @scope("files:read")
    def resolve_files(_root: Any, _info: Any, **window: Any) -> Page:
        return Page(all_files(), Window.of(**window), ("-id",))
