"""Who may see what of schedules within their tenant."""

from kernel.tenancy.access import Access

JOB_SCHEDULE = Access(read="scheduler:read")
#: To change when jobs run, to have them run, and to stop them.
WRITE = "scheduler:write"
