"""The settings of the scheduler app."""

from kernel.dynamic.declaring import integer

MOST_SCHEDULES = integer(
    "scheduler.most_schedules",
    default=10_000,
    description="The most schedules of a tenant.",
    at_least=0,
    at_most=1_000_000,
)
