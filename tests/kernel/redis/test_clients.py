"""What a URL with Sentinels says."""

import pytest

from kernel.redis.clients import _nodes, sentinels, without_password


@pytest.mark.parametrize(
    ("url", "hosts", "master", "options"),
    [
        ("redis+sentinel://a:1,b:2", [("a", 1), ("b", 2)], "mymaster", {"db": 0}),
        ("redis+sentinel://a,b/3?master=main", [("a", 26379), ("b", 26379)], "main", {"db": 3}),
        (
            "rediss+sentinel://me:p%40ss@[::1]:5/0?ssl_ca_certs=/ca.pem",
            [("::1", 5)],
            "mymaster",
            {"db": 0, "username": "me", "password": "p@ss", "ssl": True, "ssl_ca_certs": "/ca.pem"},
        ),
    ],
)
def test_sentinels_are_read_from_a_url(
    url: str, hosts: list[tuple[str, int]], master: str, options: dict[str, object]
) -> None:
    assert sentinels(url) == (hosts, master, options)


def test_people_are_shown_no_password() -> None:
    assert without_password("rediss://me:secret@host:6379/1?x=y") == "rediss://host:6379/1"


def test_a_cluster_may_be_asked_of_any_of_its_nodes() -> None:
    first, others = _nodes("rediss+cluster://me:x@a:1,b:2,c/0?ssl_ca_certs=/ca.pem")

    assert first == "rediss://me:x@a:1/0?ssl_ca_certs=/ca.pem"
    assert [(node.host, node.port) for node in others] == [("b", 2), ("c", 6379)]
