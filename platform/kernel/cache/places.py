"""What a cached value is called, by those who keep it and by those who say that it has changed."""

import hashlib
import re
import uuid
from typing import NamedTuple

_PLAIN = re.compile(r"[\w.:/@+-]{0,100}", re.ASCII)
_HASHED = "#"


class Place(NamedTuple):
    """A value, or a group of them: what is left out stands for all there are."""

    namespace: str = ""
    tenant_id: uuid.UUID | None = None
    key: str | None = None

    def told(self) -> str:
        """Return it as text: short, and without what means something to Redis."""
        tenant = self.tenant_id.hex if self.tenant_id else ""
        return f"{self.namespace}|{tenant}|{'' if self.key is None else '=' + _plain(self.key)}"

    def groups(self) -> tuple["Place", ...]:
        """Return the groups it is in."""
        everything, namespace = Place(), Place(self.namespace)
        if self.tenant_id is None:
            return everything, namespace
        return everything, namespace, Place(self.namespace, self.tenant_id)

    @property
    def is_group(self) -> bool:
        return self.key is None


def place_of(told: str) -> Place:
    """Return what was meant; for a key that was too long to tell, the group it is in."""
    namespace, tenant, key = told.split("|", 2)
    tenant_id = uuid.UUID(tenant) if tenant else None
    if not key or key[1:].startswith(_HASHED):
        return Place(namespace, tenant_id)
    return Place(namespace, tenant_id, key[1:])


def _plain(key: str) -> str:
    if _PLAIN.fullmatch(key):
        return key
    return _HASHED + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
