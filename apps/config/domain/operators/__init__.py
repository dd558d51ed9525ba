"""What rules can say. Importing this makes every operator known to the compiler."""

from apps.config.domain.operators import (
    arithmetic,
    bucketing,
    comparing,
    deciding,
    flagsmith,
    growthbook,
    launchdarkly,
    listing,
    matching,
    reading,
    referring,
)

__all__ = [
    "arithmetic",
    "bucketing",
    "comparing",
    "deciding",
    "flagsmith",
    "growthbook",
    "launchdarkly",
    "listing",
    "matching",
    "reading",
    "referring",
]
