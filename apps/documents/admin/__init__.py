"""Documents and their templates for staff."""

from apps.documents.admin import batches, documents, signing, templates  # noqa: F401  registers them
