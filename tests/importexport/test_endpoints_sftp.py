"""Exports to a server of SFTP, and imports from one: by the key that was pinned, whole or not."""

import io
import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import paramiko
import pytest

from apps.importexport.adapters.endpoints.ports import Package, Parcel
from apps.importexport.adapters.endpoints.sftp import SFTP
from apps.importexport.errors import EndpointRefusedError, SourceChangedError
from kernel.errors import NotFoundError
from kernel.outbound.errors import OutboundFailedError, OutboundRefusedError
from tests.importexport.places import PASSWORD, Server, sftp_server

BYTES = bytes(range(256)) * 4_000


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Server]:
    with sftp_server(tmp_path) as made:
        settings.OUTBOUND_ALLOWED = (f"127.0.0.1:{made.port}",)
        yield made


def package(content: bytes = BYTES, size: int | None = None) -> Package:
    """Return an export of one file."""
    pieces = [content[at : at + 65_536] for at in range(0, len(content), 65_536)]
    parcel = Parcel(
        name="a.csv",
        content_type="text/csv",
        size_bytes=len(content) if size is None else size,
        sha256="0" * 64,
        rows=1,
        opened=lambda: nullcontext(iter(pieces)),
        address=lambda _lasting: "",
    )
    return Package(
        id="d1",
        export_id="e1",
        name="a",
        dataset="tables.a",
        format="csv",
        rows=1,
        folder="in/new",
        parcels=[parcel],
    )


def test_a_file_is_there_whole_twice_is_once_and_nothing_else_is_left(
    server: Server, tmp_path: Path
) -> None:
    place = SFTP(server.settings(), PASSWORD)

    assert place.deliver(package(b"former")) == "sftp://127.0.0.1/in/new/"
    place.deliver(package())

    assert [one.name for one in (tmp_path / "in/new").iterdir()] == ["a.csv"]
    assert (tmp_path / "in/new/a.csv").read_bytes() == BYTES


def test_a_server_that_renames_over_nothing_has_it_too(tmp_path: Path, settings: Any) -> None:
    with sftp_server(tmp_path, renames_over=False) as made:
        settings.OUTBOUND_ALLOWED = (f"127.0.0.1:{made.port}",)
        place = SFTP(made.settings(), PASSWORD)
        place.deliver(package(b"former"))
        place.deliver(package())

    assert (tmp_path / "in/new/a.csv").read_bytes() == BYTES


def test_one_that_was_cut_off_is_not_there(server: Server, tmp_path: Path) -> None:
    place = SFTP(server.settings(), PASSWORD)
    place.deliver(package(b"former"))

    with pytest.raises(OutboundFailedError, match="bytes"):
        place.deliver(package(b"part", size=10))

    assert (tmp_path / "in/new/a.csv").read_bytes() == b"former"


def test_a_key_signs_in_as_well(tmp_path: Path, settings: Any) -> None:
    key = paramiko.ECDSAKey.generate()
    text = io.StringIO()
    key.write_private_key(text)
    with sftp_server(tmp_path, public=key) as made:
        settings.OUTBOUND_ALLOWED = (f"127.0.0.1:{made.port}",)

        assert "in/septet-test-" in SFTP(made.settings(), text.getvalue()).test()

    # The folder that all exports have, and nothing in it.
    assert list(tmp_path.rglob("*")) == [tmp_path / "in"]


def test_without_a_pinned_key_the_one_that_is_shown_is_told_and_no_password(
    server: Server,
) -> None:
    with pytest.raises(EndpointRefusedError, match="shows the key SHA256:") as told:
        SFTP(server.settings(host_key=""), PASSWORD).test()
    shown = re.search(r"SHA256:[A-Za-z0-9+/]{43}", str(told.value))
    assert shown

    assert SFTP(server.settings(host_key=shown.group()), PASSWORD).test()


def test_another_key_than_the_pinned_one_gets_nothing(server: Server) -> None:
    other = paramiko.ECDSAKey.generate()
    pinned = f"{other.get_name()} {other.get_base64()}"

    with pytest.raises(EndpointRefusedError, match="not the one that was pinned"):
        SFTP(server.settings(host_key=pinned), PASSWORD).deliver(package())


def test_a_wrong_password_is_refused_and_not_tried_again(server: Server) -> None:
    with pytest.raises(EndpointRefusedError, match="lets this user not in") as refused:
        SFTP(server.settings(), "wrong").test()

    assert refused.value.retryable is False


def test_our_own_networks_and_other_ports_are_not_called(server: Server, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = ()
    with pytest.raises(OutboundRefusedError, match="only ports 22"):
        SFTP(server.settings(), PASSWORD).test()
    with pytest.raises(OutboundRefusedError, match="not public"):
        SFTP(server.settings(port=22), PASSWORD).test()


def test_a_file_is_read_as_it_was_looked_at_or_not_at_all(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(BYTES)
    place = SFTP(server.settings(), PASSWORD)
    seen = place.look("a.csv")

    assert seen.size_bytes == len(BYTES)
    assert b"".join(place.read("a.csv", seen)) == BYTES
    (tmp_path / "a.csv").write_bytes(b"other")
    with pytest.raises(SourceChangedError):
        list(place.read("a.csv", seen))
    with pytest.raises(NotFoundError):
        place.look("b.csv")
