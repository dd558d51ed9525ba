"""What imports and exports have for staff to look at."""

from apps.importexport.models import (
    DataEndpoint,
    EndpointState,
    ExportJob,
    ExportState,
    ImportJob,
    ImportState,
)
from kernel.admin.concerns import Concern, Duty, lately, register

register(
    Concern(
        "imports that failed in the last day",
        Duty.SUPPORT,
        lambda: lately(ImportJob.across_tenants.filter(state=ImportState.FAILED)),
        "state__exact=failed",
    ),
    Concern(
        "exports that failed in the last day",
        Duty.SUPPORT,
        lambda: lately(ExportJob.across_tenants.filter(state=ExportState.FAILED)),
        "state__exact=failed",
    ),
    Concern(
        "places for exports that are turned off",
        Duty.OPERATIONS,
        lambda: DataEndpoint.across_tenants.filter(state=EndpointState.DISABLED),
        "state__exact=disabled",
    ),
)
