"""How processes reach the Redis that they share: one server, Sentinels or a cluster, by one URL."""

#: The schemes of that URL, REDIS_URL; those with two s are by TLS.
SCHEMES = (
    "redis",
    "rediss",
    "unix",
    "redis+cluster",
    "rediss+cluster",
    "redis+sentinel",
    "rediss+sentinel",
)
