"""Types that the graphs of all services share, each with the rows of its own service."""

from typing import ClassVar

from kernel.federation.entities import Entity


class OfService:
    """A shared type as a service shows it: its rows, which a subclass chooses, and its scope."""

    ENTITY: ClassVar[type[Entity]]
    keeps_elsewhere: ClassVar[bool] = False

    def __init__(self, service: str) -> None:
        self.service = service
        self.scope = f"{service}:read"
        self._meta = self.ENTITY._meta
        self.access = self.ENTITY.access
        self.narrowed = self.ENTITY.narrowed

    def all_of_tenant(self) -> bool:
        """Say that rows are not all that a tenant has: other services have theirs."""
        return False
