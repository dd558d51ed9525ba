"""Flags, segments and configurations as rows for import and export, each by its key."""

from apps.config.datasets import configurations, flags, segments

__all__ = ["configurations", "flags", "segments"]
