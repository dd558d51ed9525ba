"""What may be asked of import jobs."""

from typing import Any

import graphene

from apps.importexport.schema.types import ImportJobConnection, ImportJobType
from apps.importexport.selectors import all_import_jobs, by_id
from kernel.federation.access import scope
from kernel.federation.pages import Page, Window, page_arguments


class Query(graphene.ObjectType):
    """Reads of import jobs."""

    import_job = graphene.Field(ImportJobType, id=graphene.ID(required=True))
    import_jobs = graphene.Field(
        ImportJobConnection, required=True, description="The newest first.", **page_arguments()
    )

    @staticmethod
    @scope("importexport:read")
    def resolve_import_job(_root: Any, _info: Any, id: str) -> Any:
        return by_id(id)

    @staticmethod
    @scope("importexport:read")
    def resolve_import_jobs(_root: Any, _info: Any, **window: Any) -> Page:
        return Page(all_import_jobs(), Window.of(**window), ("-id",))
