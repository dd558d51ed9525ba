"""Hints to the other processes of an installation that something has changed.

A hint is never the truth: it only makes somebody look sooner than they would by themselves. It
travels over Redis where that is (REDIS_URL), else over PostgreSQL, else by the file of SQLite.
"""
