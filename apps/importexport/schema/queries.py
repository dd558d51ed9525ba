"""What may be asked of import jobs."""

import graphene

from apps.importexport.schema.inputs import ImportJobFilter, ImportJobOrder
from apps.importexport.schema.types import ImportJobType
from apps.importexport.selectors import LOOKUPS
from kernel.federation.fields import Many, One


class Query(graphene.ObjectType):
    """Reads of import jobs."""

    import_job = One(ImportJobType)
    import_jobs = Many(
        ImportJobType,
        filter=ImportJobFilter,
        lookups=LOOKUPS,
        order=ImportJobOrder,
    )
