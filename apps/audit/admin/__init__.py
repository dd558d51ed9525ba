"""The back office of the audit log: what staff see of it, and what they may do."""

from apps.audit.admin import (  # noqa: F401  register their pages
    archives,
    concerns,
    exports,
    holds,
    intake,
    logs,
    policies,
    rules,
    schemas,
    searches,
    streams,
    subjects,
    viewers,
)
