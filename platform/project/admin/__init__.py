"""The back office pages of what the kernel owns: tenants, people, keys, jobs, events."""

from django.contrib import admin

from project.admin import (
    concerns,
    event_groups,
    events,
    identity,
    jobs,
    people,
    refusals,
    sign_ins,
    tenants,
)

__all__ = [
    "concerns",
    "event_groups",
    "events",
    "identity",
    "jobs",
    "people",
    "refusals",
    "sign_ins",
    "tenants",
]

admin.site.index_title = "Back office"
