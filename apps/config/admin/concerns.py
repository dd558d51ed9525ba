"""What flags and configurations have for staff to look at."""

from apps.config.models import ChangeRequest, FlagLife, LifeStage, RequestState
from kernel.admin.concerns import Concern, Duty, register

register(
    Concern(
        "changes that wait for a review",
        Duty.PRODUCT,
        lambda: ChangeRequest.across_tenants.filter(state=RequestState.IN_REVIEW),
        "state__exact=in_review",
    ),
    Concern(
        "flags that have had their day",
        Duty.PRODUCT,
        lambda: FlagLife.across_tenants.filter(stage=LifeStage.STALE),
        "stage=stale",
    ),
)
