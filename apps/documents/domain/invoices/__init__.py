"""Invoices as data (EN 16931): what they say, what they come to, and what they lack."""
