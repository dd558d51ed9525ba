"""Reads of documents and templates, always within the current tenant."""
