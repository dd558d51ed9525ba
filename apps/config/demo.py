"""Demo data: a few feature flags to look at."""

from apps.config.models import FeatureFlag
from apps.config.services import create_flag


def load() -> str:
    """Make them in the current tenant, unless it has some already."""
    if not FeatureFlag.objects.exists():
        _make()
    return f"{FeatureFlag.objects.count():,} feature flags"


def _make() -> None:
    create_flag(key="new-search", description="Search the archive together with the live log")
    create_flag(key="dark-mode", description="Offer the dark theme to everybody")
