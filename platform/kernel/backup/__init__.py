"""Backups of a database, bytes and keys: encrypted, and proved by restoring."""
