"""Whose data a piece of work may touch."""
