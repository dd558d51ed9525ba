"""What may be asked of import jobs."""

import graphene

from apps.importexport.schema.inputs import ImportJobFilter, ImportJobOrder
from apps.importexport.schema.types import ImportJobType
from apps.importexport.selectors import Filter, matching
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of import jobs."""

    import_job = One(ImportJobType)
    import_jobs = Many(
        ImportJobType,
        filter=ImportJobFilter,
        where=lambda imports, wanted: matching(imports, Filter(**wanted)),
        order=ImportJobOrder,
    )
