"""Buckets in Redis, which all processes share: one round trip for each `take`."""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from prometheus_client import Counter
from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

from kernel.ratelimits.gcra import Bucket, Verdict
from kernel.ratelimits.local import LocalStore

logger = logging.getLogger(__name__)

#: An answer takes a fraction of a millisecond; a request is not kept waiting for a slow one.
TIMEOUT_SECONDS = 0.25
#: How long Redis is left alone after it failed.
PAUSE_SECONDS = 1.0

LOCALLY = Counter(
    "septet_rate_limit_local_decisions_total",
    "Requests that were limited by this process alone, because Redis did not answer.",
)

# KEYS: the buckets, all of one slot. ARGV: the cost, then for each bucket the microseconds of one
# unit and those of all. Moments are whole microseconds, exact in a double until the year 2255. The
# time is the server's: those of several processes differ.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost, wait, after, answer = tonumber(ARGV[1]), 0, {}, {}
for i, key in ipairs(KEYS) do
  local full_at = math.max(tonumber(redis.call('GET', key) or now), now)
  after[i] = math.floor(full_at + cost * ARGV[2 * i])
  wait = math.max(wait, after[i] - now - ARGV[2 * i + 1])
  answer[i + 1] = full_at - now
end
answer[1] = math.ceil(wait)
if wait <= 0 then
  for i, key in ipairs(KEYS) do
    answer[i + 1] = after[i] - now
    local kept = math.ceil(answer[i + 1] / 1000) + 1
    redis.call('SET', key, string.format('%.0f', after[i]), 'PX', kept)
  end
end
return answer
"""
# By this name Redis keeps a script; it guards nothing.
_SHA1 = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()
_MICROSECONDS = 1_000_000


class Scripts(Protocol):
    """What is used of a client, be it of one server or of a cluster."""

    def evalsha(self, sha: str, numkeys: int, *keys_and_args: Any) -> Any: ...

    def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Any: ...


class SharedStore:
    """All processes count together. While Redis is away, each counts for itself.

    What Redis last said is kept here: by it a caller without units left is refused without asking
    again, and from it counting goes on when Redis is away.
    """

    def __init__(
        self, connect: Callable[[], Scripts], *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._connect = connect
        self._redis: Scripts | None = None
        self._now = now
        self._local = LocalStore(now=now)
        self._away = False
        self._left_alone_until = 0.0

    def take(self, buckets: Sequence[Bucket], cost: int) -> Verdict:
        if self._now() < self._left_alone_until:
            return self._take_locally(buckets, cost)
        try:
            wait, *debts = self._ask(buckets, cost)
        except (RedisError, OSError) as error:
            self._left_alone_until = self._now() + PAUSE_SECONDS
            if not self._away:
                self._away = True
                logger.warning(
                    "Redis does not answer, so each process counts rate limits for itself: %s",
                    type(error).__name__,
                )
            return self._take_locally(buckets, cost)
        if self._away:
            self._away = False
            logger.warning("Redis answers again, and rate limits are counted in it")
        found = Verdict(wait / _MICROSECONDS, [debt / _MICROSECONDS for debt in debts])
        self._local.learn(buckets, found.debts)
        return found

    def look(self, buckets: Sequence[Bucket]) -> Verdict:
        return self._local.look(buckets)

    def _take_locally(self, buckets: Sequence[Bucket], cost: int) -> Verdict:
        LOCALLY.inc()
        return self._local.take(buckets, cost)

    def _ask(self, buckets: Sequence[Bucket], cost: int) -> list[int]:
        redis = self._redis = self._redis or self._connect()
        keys = [f"septet:rate:{bucket.key}" for bucket in buckets]
        policies = [bucket.policy for bucket in buckets]
        figures = [
            figure
            for policy in policies
            for figure in (
                policy.interval * _MICROSECONDS,
                math.ceil(policy.window * _MICROSECONDS),
            )
        ]
        try:
            answer: list[int] = redis.evalsha(_SHA1, len(keys), *keys, cost, *figures)
        except NoScriptError:
            # Redis was started anew. It keeps the script that comes with this.
            answer = redis.eval(_SCRIPT, len(keys), *keys, cost, *figures)
        return answer


def connect(url: str) -> Scripts:
    """Return a client of this Redis; `redis+cluster://` is any node of a cluster.

    Raises RedisError when a cluster does not answer, ValueError for another scheme.
    """
    scheme, _, rest = url.partition("://")
    plain = f"{scheme.removesuffix('+cluster')}://{rest}"
    if scheme.endswith("+cluster"):
        return RedisCluster.from_url(
            plain, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
    return Redis.from_url(
        plain,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        # Of its own it would try three times, seconds apart.
        retry=Retry(NoBackoff(), 0),
    )
