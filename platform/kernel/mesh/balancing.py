"""Which process of a service is asked: the better one of two that are drawn at random.

Power of two choices (Mitzenmacher): as good as asking the best of all, without everybody running
to the same one.
"""

import random
from collections.abc import Collection, Sequence

from kernel.discovery.addresses import Address
from kernel.mesh.endpoints import Ejecting, Endpoint

#: Our own zone is kept to while so many of its processes are there.
LEAST_NEAR_SHARE = 0.5


class Pool:
    """The processes of one service."""

    def __init__(
        self, *, zone: str = "", ejecting: Ejecting | None = None, draw: random.Random
    ) -> None:
        self._zone = zone
        self.ejecting = ejecting or Ejecting()
        self._random = draw
        self._addresses: tuple[Address, ...] = ()
        self.endpoints: Sequence[Endpoint] = ()

    def update(self, addresses: tuple[Address, ...]) -> None:
        """Take over a list; who was in the one before stays known."""
        if addresses is self._addresses or addresses == self._addresses:
            return
        known = {one.address: one for one in self.endpoints}
        self.endpoints = tuple(known.get(one) or Endpoint(one) for one in addresses)
        self._addresses = addresses

    def pick(self, now: float, tried: Collection[Endpoint] = ()) -> Endpoint | None:
        """Return who is asked next, none of those tried while there is another; None for nobody."""
        among = self._among(now)
        if tried:
            fresh = [one for one in among if one not in tried]
            # Rather one elsewhere than the same once more.
            fresh = fresh or [one for one in self.endpoints if one.able(now) and one not in tried]
            among = fresh or among
        if len(among) < 2:
            return among[0] if among else None
        first, second = self._random.sample(among, 2)
        return first if first.load(now) <= second.load(now) else second

    def eject_if_due(self, endpoint: Endpoint, now: float) -> float:
        """Leave out who has failed too often, unless too many are out; return for how long."""
        policy = self.ejecting
        if endpoint.failures < policy.after_failures or endpoint.ejected(now):
            return 0.0
        out = sum(one.ejected(now) for one in self.endpoints)
        if out + 1 > policy.most_share * len(self.endpoints):
            return 0.0
        return endpoint.eject(now, policy)

    def _among(self, now: float) -> list[Endpoint]:
        able = [one for one in self.endpoints if one.able(now)]
        well = [one for one in able if not one.ejected(now)]
        if self._zone:
            near = [one for one in able if one.address.zone == self._zone]
            well_near = [one for one in well if one.address.zone == self._zone]
            if well_near and len(well_near) >= LEAST_NEAR_SHARE * len(near):
                return well_near
        # With nobody left any is better than none (Envoy's panic mode).
        return well or able or list(self.endpoints)
