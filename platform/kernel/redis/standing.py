"""Whether Redis answers, for readiness."""

from django.conf import settings
from redis.exceptions import RedisError

from kernel.observability.health import DegradedError
from kernel.redis.clients import connect, primaries


def check() -> str:
    """Ask each server that is written to; without them the database and memory do its work."""
    try:
        client = connect(settings.REDIS_URL)
        try:
            servers = primaries(client)
            for server in servers:
                server.ping()
        finally:
            client.close()
    except (RedisError, OSError) as error:
        raise DegradedError(f"does not answer ({type(error).__name__}); slower without") from None
    return "answers" if len(servers) == 1 else f"{len(servers)} servers answer"
