"""Events of a tenant: on their way, or kept for a while."""

from kernel.tenancy.parts import TenantPart, register_part

_KEPT = "leaves when its time of keeping ends; erased, other groups would never hear of it"
_REPLAYS = "a record of what was done, with nothing of the tenant but its id"
register_part(
    TenantPart("events", kept={"outboxevent": _KEPT, "redelivery": _KEPT, "replay": _REPLAYS})
)
