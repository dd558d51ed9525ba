"""Files for staff."""

from apps.files.admin import library, links, types  # noqa: F401  registers them
