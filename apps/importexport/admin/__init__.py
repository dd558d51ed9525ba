"""Imports, exports and tables for staff."""

from apps.importexport.admin import exports, imports, tables  # noqa: F401  registers them
