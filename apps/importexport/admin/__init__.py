"""Imports, exports and tables for staff."""

from apps.importexport.admin import endpoints, exports, imports, tables  # noqa: F401  registers them
