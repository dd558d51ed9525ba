"""The keys of issuers: which are taken, and how they are fetched and kept."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest

from kernel.identity import jwks
from kernel.identity.jwks import (
    FETCH_LIMITS,
    FRESH_SECONDS,
    LEAST_PAUSE_SECONDS,
    FetchedKeys,
    KeysUnavailableError,
    fetch_jwks,
    read_keys,
)
from tests.kernel.identity.issuing import Signer, publishing

ONE, TWO = Signer(kid="one"), Signer(kid="two")


class Clock:
    """A time that passes when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def body(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "ES384", "ES512", "RS256", "PS512"])
def test_a_key_is_good_for_the_algorithm_of_its_kind(algorithm: str) -> None:
    signer = Signer(algorithm)

    found = read_keys({"keys": [signer.jwk()]}, [algorithm])

    assert set(found["first"].by_algorithm) == {algorithm}


def test_a_key_is_used_with_no_algorithm_that_is_of_another_kind_or_not_allowed() -> None:
    rsa = Signer("RS256", "rsa")

    found = read_keys(
        {"keys": [rsa.jwk(), Signer("ES256", "ec").jwk(), rsa.jwk(kid="own", alg="PS256")]},
        ["RS256", "PS256", "ES384"],
    )

    assert {kid: set(key.by_algorithm) for kid, key in found.items()} == {
        "rsa": {"RS256", "PS256"},
        "own": {"PS256"},
    }


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ([], "a JWK set is"),
        ({"keys": {}}, "a JWK set is"),
        ({"keys": []}, "no key for an allowed"),
        ({"keys": ["x", {"kty": "?"}, {}]}, "no key for an allowed"),
        ({"keys": [ONE.jwk(use="enc")]}, "no key for an allowed"),
        ({"keys": [ONE.jwk(d="AAAA")]}, "private key"),
        ({"keys": [{"kty": "oct", "kid": "x", "k": "c2VjcmV0"}]}, "shared secret"),
    ],
)
def test_what_is_no_set_of_public_keys_is_not_taken(told: Any, message: str) -> None:
    with pytest.raises(KeysUnavailableError, match=message):
        read_keys(told, ["EdDSA", "RS256"])


def test_keys_are_fetched_once_and_kept() -> None:
    with publishing(ONE.jwk()) as published:
        keys = FetchedKeys(published.url, ["EdDSA"])

        found = [keys.find("one") for _ in range(3)]

    assert found[0] is not None
    assert found == [found[0]] * 3
    assert keys.holds(found[0])
    assert published.asked == ["/keys"]


def test_an_unknown_key_makes_us_look_again_at_most_once_a_minute() -> None:
    now = Clock()
    with publishing(ONE.jwk()) as published:
        keys = FetchedKeys(published.url, ["EdDSA"], now=now)
        keys.find("one")
        published.publish(ONE.jwk(), TWO.jwk())

        too_soon = [keys.find("two") for _ in range(10)]
        now.seconds += LEAST_PAUSE_SECONDS
        found = keys.find("two")
        unknown = [keys.find("three") for _ in range(10)]

    assert too_soon == [None] * 10
    assert found is not None
    assert unknown == [None] * 10
    assert len(published.asked) == 2


def test_many_who_need_the_keys_at_once_fetch_them_once() -> None:
    begun, go_on, fetched = Event(), Event(), []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        begun.set()
        go_on.wait(10)
        return body(ONE.jwk())

    keys = FetchedKeys("https://x", ["EdDSA"], fetch_with=fetch)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(keys.find, "one") for _ in range(8)]
        begun.wait(10)
        go_on.set()
        found = {one.result(10) for one in waiting}

    assert fetched == ["https://x"]
    assert len(found) == 1
    assert None not in found


def test_the_last_good_set_is_served_while_the_issuer_is_down() -> None:
    now = Clock()
    with publishing(ONE.jwk()) as published:
        keys = FetchedKeys(published.url, ["EdDSA"], now=now)
        before = keys.find("one")
    now.seconds += 10 * FRESH_SECONDS

    # The server is gone; a look for another key tries it, and keeps what there was.
    unknown = keys.find("two")
    after = keys.find("one")

    assert before is not None
    assert (unknown, after) == (None, before)
    assert keys.holds(before)


@pytest.mark.parametrize("bad", [b"not json", b"[]", body(), b"\xff"])
def test_the_last_good_set_is_served_when_the_issuer_answers_nonsense(bad: bytes) -> None:
    now = Clock()
    with publishing(ONE.jwk()) as published:
        keys = FetchedKeys(published.url, ["EdDSA"], now=now)
        before = keys.find("one")
        published.body = bad
        now.seconds += LEAST_PAUSE_SECONDS
        keys.find("two")

        assert keys.find("one") is before

    assert len(published.asked) == 2


def test_an_old_set_is_fetched_anew_beside_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    now, answers, threads = Clock(), [body(ONE.jwk()), body(TWO.jwk())], []

    def start(thread: Thread) -> None:
        threads.append(thread)
        thread.run()

    monkeypatch.setattr(Thread, "start", start)
    keys = FetchedKeys("https://x", ["EdDSA"], fetch_with=lambda _url: answers.pop(0), now=now)
    withdrawn = keys.find("one")
    assert withdrawn is not None
    now.seconds += FRESH_SECONDS - 1
    assert keys.holds(withdrawn)
    now.seconds += 1

    assert not keys.holds(withdrawn)
    assert keys.find("two") is not None
    assert len(threads) == 1


def test_keys_of_the_same_text_stay_the_same_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Clock()
    monkeypatch.setattr(Thread, "start", Thread.run)
    keys = FetchedKeys("https://x", ["EdDSA"], fetch_with=lambda _url: body(ONE.jwk()), now=now)
    key = keys.find("one")
    assert key is not None

    now.seconds += 2 * FRESH_SECONDS

    assert keys.holds(key)


def test_without_any_set_there_is_an_error_and_a_short_pause() -> None:
    now, tried = Clock(), []

    def fetch(url: str) -> bytes:
        tried.append(url)
        raise KeysUnavailableError("down")

    keys = FetchedKeys("https://x", ["EdDSA"], fetch_with=fetch, now=now)
    for seconds in (0, 1, 3, 1):
        now.seconds += seconds
        with pytest.raises(KeysUnavailableError, match="no keys could be fetched from https://x"):
            keys.find("one")

    assert len(tried) == 2


def test_a_key_without_an_id_is_found_when_it_is_the_only_one() -> None:
    alone = FetchedKeys("https://x", ["EdDSA"], fetch_with=lambda _url: body(ONE.jwk()))
    two = FetchedKeys("https://x", ["EdDSA"], fetch_with=lambda _url: body(ONE.jwk(), TWO.jwk()))

    assert alone.find("") is alone.find("one")
    assert two.find("") is None


def test_a_long_answer_is_not_read_to_its_end() -> None:
    with publishing() as published:
        published.body = b" " * (FETCH_LIMITS.response_bytes + 1)

        with pytest.raises(KeysUnavailableError, match="longer than 262144 bytes"):
            fetch_jwks(published.url)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_another_status_is_no_answer(status: int) -> None:
    with publishing(ONE.jwk()) as published:
        published.status = status

        with pytest.raises(KeysUnavailableError, match=f"status {status}"):
            fetch_jwks(published.url)


def test_a_server_that_is_not_there_is_no_answer() -> None:
    with pytest.raises(KeysUnavailableError, match=r"connection to 127\.0\.0\.1 failed"):
        fetch_jwks("http://127.0.0.1:9/keys")


def test_a_server_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(FETCH_LIMITS, total=timedelta(seconds=0.2))
    monkeypatch.setattr(jwks, "FETCH_LIMITS", short)
    stop = Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            # Each byte comes before the socket's own patience ends.
            while not stop.wait(0.02):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=drip, args=[listener])
        thread.start()
        try:
            with pytest.raises(KeysUnavailableError, match="no whole answer in time"):
                fetch_jwks(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        finally:
            stop.set()
            thread.join()
