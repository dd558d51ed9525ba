"""The engines that scan, each as itself: a real clamd, real rules, and servers that misbehave."""

import io
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO

import pytest

from apps.files.adapters.scanners import yara as yara_module
from apps.files.adapters.scanners.basic import BasicCheck
from apps.files.adapters.scanners.clamd import Clamd
from apps.files.adapters.scanners.inspector import Inspector
from apps.files.adapters.scanners.port import Engine, Verdict
from apps.files.adapters.scanners.yara import Yara
from apps.files.domain.archives import Limits
from apps.files.errors import ScannerUnavailableError
from tests.devservices.fixtures import Servers
from tests.files.archives import EICAR, gzipped_zeros, zipped

LIMITS = Limits(depth=4, members=100, unpacked_bytes=50_000_000, ratio=200, seconds=60)
MARKER = b"DEVSERVICES-TEST-MALWARE-MARKER"


def judged(engine: Engine, body: bytes) -> Verdict:
    """Return what an engine says of these bytes."""
    with file_of(body) as file:
        return engine.judge(file)


@contextmanager
def file_of(body: bytes) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(body)
        yield file


def scanned(body: bytes, *engines: Engine, limits: Limits = LIMITS) -> Verdict:
    """Return what all of them say."""
    return Inspector(engines, limits).scan(iter((body,)), size_bytes=len(body))


@contextmanager
def answering(serve: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """Let a server that is none do as it likes with one connection after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                # Whoever asks may leave before the end.
                with connection, suppress(OSError):
                    serve(connection)

        thread = Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def clamd_at(
    address: tuple[str, int] | str, *, most_bytes: int = 100_000_000, seconds: float = 30
) -> Clamd:
    return Clamd(address, most_bytes=most_bytes, timeout_seconds=seconds)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (b"stream: OK\0", Verdict("clean")),
        (b"stream: Win.Test FOUND\0", Verdict("infected", "Win.Test")),
        (
            b"stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND\0",
            Verdict("unscannable", "Heuristics.Limits.Exceeded.MaxScanSize"),
        ),
        (
            b"stream: Heuristics.Encrypted.Zip FOUND\0",
            Verdict("unscannable", "Heuristics.Encrypted.Zip"),
        ),
        (
            b"INSTREAM size limit exceeded. ERROR\0",
            Verdict("unscannable", "clamd says 'INSTREAM size limit exceeded. ERROR'"),
        ),
        (b"OK\0", Verdict("unscannable", "clamd says 'OK'")),
        (b"UNKNOWN COMMAND\0", Verdict("unscannable", "clamd says 'UNKNOWN COMMAND'")),
        (b"stream: OK FOUND\0", Verdict("infected", "OK")),
    ],
)
def test_only_a_clear_ok_is_clean(reply: bytes, verdict: Verdict) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(reply)

    with answering(serve) as address:
        assert judged(clamd_at(address), b"hello") == verdict


@pytest.mark.parametrize(
    "reply",
    [b"", b"stream: Can't allocate memory ERROR\0", b"COMMAND READ TIMED OUT\0"],
)
def test_a_clamd_that_is_in_trouble_is_asked_again_later(reply: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(reply)

    with answering(serve) as address, pytest.raises(ScannerUnavailableError):
        judged(clamd_at(address), b"hello")


def test_a_clamd_that_hangs_is_not_waited_for() -> None:
    def never_reads(connection: socket.socket) -> None:
        time.sleep(1)

    def answers_slowly(connection: socket.socket) -> None:
        for letter in b"stream: OK\0":
            connection.sendall(bytes([letter]))
            time.sleep(0.2)

    for serve in (never_reads, answers_slowly):
        with answering(serve) as address:
            begun = time.monotonic()
            with pytest.raises(ScannerUnavailableError, match="clamd does not answer"):
                judged(clamd_at(address, seconds=0.5), bytes(20_000_000))
            assert time.monotonic() - begun < 5


def test_a_clamd_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = closed.getsockname()
    for place in (address, str(tmp_path / "no.sock")):
        with pytest.raises(ScannerUnavailableError, match="clamd does not answer"):
            clamd_at(place).signatures()


@pytest.fixture
def clamd(servers: Servers) -> Clamd:
    """A real one, which takes streams of up to 200 MB."""
    told = servers.up("clamd")
    return clamd_at((told["CLAMD_HOST"], int(told["CLAMD_PORT"])), most_bytes=10**9)


@pytest.mark.live
def test_a_real_clamd_judges_and_tells_its_version(clamd: Clamd) -> None:
    assert judged(clamd, b"hello") == Verdict("clean")
    assert judged(clamd, b"") == Verdict("clean")
    assert judged(clamd, b"x" * 700_000 + MARKER) == Verdict("infected", "Dev.Marker.UNOFFICIAL")
    assert judged(clamd, EICAR) == Verdict("infected", "Dev.Eicar.UNOFFICIAL")
    assert clamd.signatures().startswith("ClamAV 1.")


@pytest.mark.live
def test_what_is_too_long_for_a_real_clamd_is_unscannable(clamd: Clamd) -> None:
    with tempfile.TemporaryFile() as file:
        file.truncate(250_000_000)
        said = "clamd says 'INSTREAM size limit exceeded. ERROR'"
        assert clamd.judge(file) == Verdict("unscannable", said)


@pytest.mark.live
def test_a_member_that_a_real_clamd_passes_over_is_seen(clamd: Clamd) -> None:
    """It says OK of a member over its MaxFileSize of 200 MB, as research had it."""
    body = gzipped_zeros(250_000_000)
    assert judged(clamd, body) == Verdict("clean")
    limits = Limits(depth=4, members=100, unpacked_bytes=10**9, ratio=2000, seconds=60)

    assert scanned(body, clamd, limits=limits) == Verdict(
        "unscannable", "gzip: clamd says 'INSTREAM size limit exceeded. ERROR'"
    )
    clamd.most_bytes = 100_000_000
    assert scanned(body, clamd, limits=limits) == Verdict(
        "unscannable", "gzip: 250,000,000 bytes, and ClamAV takes 100,000,000"
    )


@pytest.mark.live
def test_a_socket_of_a_path_is_another_way_to_clamd(clamd: Clamd, tmp_path: Path) -> None:
    path = str(tmp_path / "clamd.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()

        def forward() -> None:
            connection, _ = server.accept()
            with connection, socket.create_connection(clamd._address) as behind:  # type: ignore[arg-type]  # a host and port
                asked = b""
                while not asked.endswith(bytes(4)):
                    asked += connection.recv(10_000)
                behind.sendall(asked)
                connection.sendall(behind.recv(1000))

        thread = Thread(target=forward)
        thread.start()
        assert judged(clamd_at(path), EICAR).outcome == "infected"
        thread.join()


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of rules, of which a change is seen at once."""
    monkeypatch.setattr(yara_module, "FRESH_SECONDS", 0.0)
    folder = tmp_path / "rules"
    (folder / "more").mkdir(parents=True)
    (folder / "a.yar").write_text(RULE.format(name="Marked", text="NEVER-SEND-THIS"))
    (folder / "more" / "b.yara").write_text(
        'rule Named { condition: filename == "x" or uint16(0) == 0xFFEE }'
    )
    (folder / "README.md").write_text("no rule")
    return folder


RULE = 'rule {name} {{ strings: $a = "{text}" condition: $a }}'


def test_a_rule_that_matches_is_the_finding(rules: Path) -> None:
    yara = Yara(rules)

    assert judged(yara, b"hello") == Verdict("clean")
    assert judged(yara, b"") == Verdict("clean")
    assert judged(yara, b"x NEVER-SEND-THIS x") == Verdict("infected", "Marked")
    assert judged(yara, b"\xee\xff NEVER-SEND-THIS") == Verdict("infected", "Marked, Named")


def test_rules_that_change_are_others(rules: Path) -> None:
    yara = Yara(rules)
    before = yara.signatures()
    assert yara.signatures() == before

    (rules / "c.yar").write_text(RULE.format(name="More", text="AND-THIS"))

    assert yara.signatures() != before
    assert judged(yara, b"AND-THIS") == Verdict("infected", "More")


@pytest.mark.parametrize("broken", ["rule {", 'include "/etc/shadow-of-nothing"'])
def test_rules_that_cannot_be_read_let_nothing_pass(rules: Path, broken: str) -> None:
    (rules / "c.yar").write_text(broken)

    with pytest.raises(ScannerUnavailableError, match="the YARA rules cannot be read"):
        judged(Yara(rules), b"hello")
    with pytest.raises(ScannerUnavailableError, match="there are no rules in"):
        judged(Yara(rules / "nowhere"), b"hello")


def test_members_are_looked_at_by_every_engine(rules: Path) -> None:
    yara = Yara(rules)
    body = zipped({"a.txt": b"fine", "in.zip": zipped({"b.txt": b"x NEVER-SEND-THIS x"})})

    assert scanned(body, yara) == Verdict("infected", "in.zip/b.txt: Marked")
    assert scanned(zipped({"in.zip": zipped({"e": EICAR})})) == Verdict(
        "infected", "in.zip/e: EICAR test signature"
    )
    assert scanned(zipped({"a": b"fine"}), yara) == Verdict("clean")
    assert scanned(zipped({"../a": b"fine"})) == Verdict(
        "unscannable", "a member would be put outside of its folder: '../a'"
    )


def test_a_verdict_says_who_gave_it(rules: Path) -> None:
    clamd, yara = clamd_at("/nowhere"), Yara(rules)
    names = [Inspector(engines, LIMITS).name for engines in ((), (yara,), (clamd,), (clamd, yara))]

    assert names == ["basic check", "basic check, YARA", "ClamAV", "ClamAV, YARA"]


def test_what_is_longer_than_an_engine_looks_at_is_not_asked_about() -> None:
    def refuse(connection: socket.socket) -> None:
        raise AssertionError("nobody should ask")

    with answering(refuse) as address:
        clamd = clamd_at(address, most_bytes=4)
        assert scanned(b"hello", clamd) == Verdict("unscannable", "5 bytes, and ClamAV takes 4")


def test_what_is_too_long_to_look_into_is_read_once_for_the_test_signature() -> None:
    limits = Limits(depth=4, members=100, unpacked_bytes=100, ratio=200, seconds=60)
    long = b"x" * 200

    assert scanned(long, limits=limits) == Verdict("clean")
    assert scanned(long + EICAR, limits=limits).outcome == "infected"
    assert scanned(zipped({"a": long, "b" * 100: long}), limits=limits) == Verdict(
        "unscannable", "a zip of more than 100 bytes is not looked into"
    )


def test_more_than_there_should_be_is_not_clean() -> None:
    verdict = Inspector([], LIMITS).scan(iter((b"hello", b"world")), size_bytes=9)

    assert verdict == Verdict("unscannable", "there are more than 9 bytes")


def test_the_basic_check_reads_a_file_from_its_beginning() -> None:
    assert BasicCheck().judge(io.BytesIO(EICAR)).outcome == "infected"
    file = io.BytesIO(EICAR)
    file.seek(30)
    assert BasicCheck().judge(file).outcome == "infected"
