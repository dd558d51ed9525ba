"""Imports, exports and tables for staff."""

from apps.importexport.admin import (  # noqa: F401  register themselves
    concerns,
    endpoints,
    exports,
    imports,
    tables,
)
