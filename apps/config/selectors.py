"""Reads of feature flags, always within the current tenant."""

from django.db.models import QuerySet

from apps.config.models import FeatureFlag
from kernel.errors import NotFoundError
from kernel.ids import parse_id


def by_id(feature_flag_id: str) -> FeatureFlag:
    """Return one; raises NotFoundError when this tenant has none of that id."""
    found = FeatureFlag.objects.filter(pk=parse_id(feature_flag_id)).first()
    if found is None:
        raise NotFoundError(f"no feature flag {feature_flag_id}")
    return found


def all_feature_flags() -> QuerySet[FeatureFlag]:
    """Return every one of this tenant."""
    return FeatureFlag.objects.all()
