"""Connections that are kept open: to processes of the platform, and to what is none of it."""

from functools import cache

import urllib3
from django.conf import settings

#: Connections to one process that are kept; more are made where they are needed, and closed.
KEPT = 16


@cache
def outside() -> urllib3.PoolManager:
    """Return those to stores, by what this machine believes; they are shown no certificate."""
    return urllib3.PoolManager(maxsize=KEPT, retries=False)


@cache
def connections() -> urllib3.PoolManager:
    """Return the connections of this process: MESH_CA_FILE says whom it believes over TLS."""
    return urllib3.PoolManager(
        num_pools=64,
        maxsize=KEPT,
        retries=False,
        ca_certs=settings.MESH_CA_FILE or None,
        cert_file=settings.MESH_CERTIFICATE_FILE or None,
        key_file=settings.MESH_KEY_FILE or None,
    )


def asked(url: str, *, seconds: float) -> tuple[int, bytes]:
    """Return status and body that a process gives at an address; raises OSError for no answer."""
    try:
        answer = connections().request("GET", url, timeout=seconds)
    except urllib3.exceptions.HTTPError as error:
        raise OSError(type(error).__name__) from error
    return answer.status, answer.data
