"""The rule by which no spreadsheet computes what we export, as this app knows it."""

from contracts.formulas import guarded, guarded_sql, unguarded

__all__ = ["guarded", "guarded_sql", "unguarded"]
