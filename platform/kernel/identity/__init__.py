"""Tenants, the people who belong to them, and the keys that programs use."""
