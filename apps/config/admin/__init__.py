"""Feature flags and configuration for staff."""

from apps.config.admin import (  # noqa: F401  register their pages
    concerns,
    configurations,
    deployments,
    environments,
    flags,
    requests,
    rollouts,
    segments,
    usage,
)
