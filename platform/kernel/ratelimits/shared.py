"""Buckets in Redis, which all processes share: one round trip for each `take`."""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from prometheus_client import Counter
from redis.exceptions import NoScriptError, RedisError

from kernel.ratelimits.gcra import Bucket, Verdict
from kernel.ratelimits.local import LocalStore
from kernel.redis.breaker import Breaker

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
        self._local = LocalStore(now=now)
        self._breaker = Breaker("rate limits", now=now)

    def take(self, buckets: Sequence[Bucket], cost: int) -> Verdict:
        try:
            with self._breaker.asking():
                wait, *debts = self._ask(buckets, cost)
        except (RedisError, OSError):
            LOCALLY.inc()
            return self._local.take(buckets, cost)
        found = Verdict(wait / _MICROSECONDS, [debt / _MICROSECONDS for debt in debts])
        self._local.learn(buckets, found.debts)
        return found

    def look(self, buckets: Sequence[Bucket]) -> Verdict:
        return self._local.look(buckets)

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
