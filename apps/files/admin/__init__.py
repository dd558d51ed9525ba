"""Files for staff."""

from apps.files.admin import concerns, library, links, types  # noqa: F401  registers them
