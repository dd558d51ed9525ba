"""Which units a value is given to while it is deployed: always the same, and more at each step."""

from uuid import UUID

from apps.config.domain.hashing import murmur3

#: A hundredth of a percent.
SIZE = 10_000


def is_in(deployment_id: UUID, unit: str, percent: float) -> bool:
    """Say whether a unit has the value; nobody who is in leaves as the share grows.

    Who names no unit has it once everybody does.
    """
    if not unit:
        return percent >= 100
    hashed: int = murmur3(f"{deployment_id}:{unit}", signed=False)
    return hashed * SIZE >> 32 < round(percent * SIZE / 100)
