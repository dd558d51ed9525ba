"""The back office pages of what the kernel owns: tenants, people, keys, jobs."""

from project.admin import identity, jobs

__all__ = ["identity", "jobs"]
