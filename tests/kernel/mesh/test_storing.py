"""Files of an app that another process keeps: over real sockets, never all of one in memory."""

import hashlib
import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings

from kernel.errors import UnavailableError
from kernel.mesh import storing
from kernel.mesh.client import Mesh
from kernel.mesh.storing import NotStoredError, NotStoredYetError, Outgoing, forget, store
from kernel.observability.context import request_ids
from kernel.tenancy.context import acting_as, in_tenant
from tests.kernel.mesh.test_split import (  # noqa: F401  fixtures
    CALLED,
    CALLER,
    Split,
    as_the_caller,
    split,
)

pytestmark = pytest.mark.skipif(
    not {CALLER, CALLED} <= set(settings.SERVICES), reason="runs where both services are"
)

CHUNK = b"0123456789abcdef" * 4096
FILE = "query($id: ID!) { file(id: $id) { sizeBytes sha256 readerScope } }"
COUNT = "query($name: String) { files(filter: {name: $name}) { totalCount } }"
SCOPE = "audit:export"


def chunks(count: int, *, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    assert start == 0
    yield from (CHUNK for _ in range(count))


def outgoing(key: str, count: int = 3, **told: Any) -> Outgoing:
    sum_ = hashlib.sha256()
    for chunk in chunks(count):
        sum_.update(chunk)
    made = Outgoing(
        app=CALLER,
        key=key,
        name=f"{key}.bin",
        content_type="application/octet-stream",
        size_bytes=count * len(CHUNK),
        sha256=sum_.hexdigest(),
        reader_scope=SCOPE,
        read=partial(chunks, count),
    )
    return replace(made, **told)


def asked(split: Split, query: str, *scopes: str, **variables: Any) -> Any:  # noqa: F811
    who = replace(split.principal, scopes=frozenset({"files:read", *scopes}))
    with acting_as(who):
        return Mesh().query(CALLED, query, **variables)


def test_a_file_goes_to_another_process_in_little_memory(split: Split) -> None:  # noqa: F811
    file = outgoing("large", 320)
    noted: list[str] = []

    tracemalloc.start()
    try:
        with in_tenant(split.principal.tenant_id):
            file_id = store(file, upload_id=None, note=noted.append)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    told = {"sizeBytes": file.size_bytes, "sha256": file.sha256, "readerScope": SCOPE}
    assert asked(split, FILE, SCOPE, id=file_id) == {"file": told}
    assert asked(split, COUNT, name=file.name) == {"files": {"totalCount": 0}}
    assert len(noted) == 1
    assert peak < 4_000_000


def test_told_again_it_is_the_same_file(split: Split) -> None:  # noqa: F811
    file = outgoing("again")
    noted: list[str] = []

    with in_tenant(split.principal.tenant_id):
        first = store(file, upload_id=None, note=noted.append)
        again = store(file, upload_id=noted[-1], note=noted.append)

    assert (again, len(noted)) == (first, 1)
    assert asked(split, COUNT, SCOPE, name=file.name) == {"files": {"totalCount": 1}}


def test_what_comes_of_it_there_is_of_the_same_trace(split: Split) -> None:  # noqa: F811
    trace = "5c" * 16
    with (
        in_tenant(split.principal.tenant_id),
        request_ids("", f"00-{trace}-00f067aa0ba902b7-00"),
    ):
        file_id = store(outgoing("traced"), upload_id=None, note=lambda _: None)

    wanted = "SELECT message FROM events_outboxevent WHERE type = ? AND message LIKE ?"
    database = Path(split.environment["DATA_DIR"]) / "septet.sqlite3"
    with closing(sqlite3.connect(database)) as rows:
        [(told,)] = rows.execute(wanted, ("files.file.created.v1", f"%{file_id}%")).fetchall()
    assert trace in told


def test_one_that_broke_off_is_taken_back_and_sent_anew(split: Split) -> None:  # noqa: F811
    def breaks(*, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        yield CHUNK
        raise OSError("the disk is gone")

    file = outgoing("broken")
    noted: list[str] = []
    with in_tenant(split.principal.tenant_id):
        with pytest.raises(UnavailableError):
            store(replace(file, read=breaks), upload_id=None, note=noted.append)
        file_id = store(file, upload_id=noted[-1], note=noted.append)
        assert asked(split, COUNT, SCOPE, name=file.name) == {"files": {"totalCount": 1}}
        forget(CALLER, reader_scope=SCOPE, file_id=file_id)
        forget(CALLER, reader_scope=SCOPE, upload_id=noted[-1])

    assert len(set(noted)) == 2
    assert asked(split, COUNT, SCOPE, name=file.name) == {"files": {"totalCount": 0}}


def test_one_that_nobody_noted_is_found_by_its_key(split: Split) -> None:  # noqa: F811
    file = outgoing("unnoted")
    noted: list[str] = []

    def dies(upload_id: str) -> None:
        noted.append(upload_id)
        raise KeyboardInterrupt

    with in_tenant(split.principal.tenant_id):
        with pytest.raises(KeyboardInterrupt):
            store(file, upload_id=None, note=dies)
        store(file, upload_id=None, note=noted.append)

    assert len(set(noted)) == 1
    assert asked(split, COUNT, SCOPE, name=file.name) == {"files": {"totalCount": 1}}


def test_what_is_refused_is_told_apart_from_what_may_be_tried_again(
    split: Split,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with in_tenant(split.principal.tenant_id):
        with pytest.raises(NotStoredError, match="INVALID_INPUT") as refused:
            store(outgoing("bad", name="a/b"), upload_id=None, note=lambda _: None)
        wrong = outgoing("wrong", sha256="0" * 64)
        with pytest.raises(NotStoredYetError, match=r"answered 4\d\d"):
            store(wrong, upload_id=None, note=lambda _: None)
        with (
            patch.dict(settings.SERVICE_URLS, {CALLED: "http://127.0.0.1:9"}),
            pytest.raises(UnavailableError),
        ):
            store(outgoing("away"), upload_id=None, note=lambda _: None)

    assert not refused.value.retryable
    assert storing.NotStoredYetError.retryable
