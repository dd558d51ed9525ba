"""What may be done to feature flags."""

from apps.config.models import FeatureFlag


def create_flag(*, key: str, description: str) -> FeatureFlag:
    """Make one in the current tenant."""
    return FeatureFlag.objects.create(key=key, description=description)
