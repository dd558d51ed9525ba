"""What SERVICE_URLS says of a service, read into the addresses of its processes or a way to them.

http://files:8000                 one process, or a balancer's name; several with spaces between
http://10.0.0.7:8000#zone-a       the same, and the zone it is in
dns+http://files.internal:8000    each address of a name: a headless service of Kubernetes
srv+http://_http._tcp.files.svc   each target of an SRV record, with its port
file:///etc/septet/services.json  a file that is read again when it changes
consul+http://127.0.0.1:8500/files       those whose checks pass, as Consul tells
etcd+http://127.0.0.1:2379/septet/files  the values of the keys in a folder of etcd
registry:                         those that hold a lease (`kernel.discovery.registry`)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

#: How an entry of SERVICE_URLS may begin.
SCHEMES = (
    "http://",
    "https://",
    "dns+http",
    "srv+http",
    "file://",
    "registry:",
    "consul+http",
    "etcd+http",
)


class DiscoveryError(Exception):
    """It cannot be told now where a service is."""


@dataclass(frozen=True, slots=True)
class Address:
    """The base URL of one process, and where that is."""

    url: str
    zone: str = ""

    @classmethod
    def of(cls, text: str) -> "Address":
        """Read `http://host:port#zone`; raises DiscoveryError."""
        split = urlsplit(text.strip())
        if split.scheme not in {"http", "https"} or not split.hostname:
            raise DiscoveryError(f"{text[:100]!r} is no address such as http://host:8000")
        return cls(split._replace(fragment="").geturl().rstrip("/"), split.fragment)


class Provider(Protocol):
    """One way to find the processes of a service."""

    @property
    def waits(self) -> bool:
        """Say whether a look may take long, for it waits until there is something new."""
        ...

    def find(self) -> Sequence[Address]:
        """Return where they are now; raises DiscoveryError. It may ask another server."""
        ...


@dataclass(frozen=True, slots=True)
class Static:
    """Addresses that were given."""

    text: str
    waits: ClassVar[bool] = False

    def find(self) -> Sequence[Address]:
        return tuple(Address.of(one) for one in self.text.split())
