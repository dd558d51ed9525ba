"""Documents and their templates for staff."""

from apps.documents.admin import (  # noqa: F401  register themselves
    batches,
    concerns,
    documents,
    signing,
    templates,
)
