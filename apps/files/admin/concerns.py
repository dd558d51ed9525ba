"""What files have for staff to look at."""

from apps.files.models import File, FileState
from kernel.admin.concerns import Concern, Duty, register

register(
    Concern(
        "files with something harmful in them",
        Duty.COMPLIANCE,
        lambda: File.across_tenants.filter(state=FileState.INFECTED),
        "state__exact=infected",
    ),
    Concern(
        "files that nobody could check",
        Duty.OPERATIONS,
        lambda: File.across_tenants.filter(state=FileState.UNSCANNABLE),
        "state__exact=unscannable",
    ),
)
