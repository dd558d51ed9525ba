"""A database moved from SQLite to PostgreSQL, each table proved by a sum over all its values."""
