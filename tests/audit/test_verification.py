"""Whatever was altered in the tables is found, and the first of it is named."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DataError, connection, transaction

from apps.audit.adapters.destinations import Folder
from apps.audit.domain.entries import Change, Context
from apps.audit.domain.notes import NoteError, opened
from apps.audit.models import AuditLog, Checkpoint, Leaf, LogHead, Tile, Unsealed
from apps.audit.selectors.integrity import keys_of_log
from apps.audit.services.comparing import AlteredError
from apps.audit.services.held_to_published import held_to_ours
from apps.audit.services.publishing import publish_checkpoint
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_log, seal_some
from apps.audit.services.signing import rotate_key
from apps.audit.services.verification import Verified, verify_log
from kernel import clock
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from tests.audit.factories import an_entry, forge

#: More than a tile, sealed in batches that end within tiles.
COUNT = 300


@pytest.fixture(autouse=True)
def _checkpoints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings, "AUDIT_CHECKPOINT_FOLDER", tmp_path / "checkpoints")


@pytest.fixture
def log(tenant: Tenant) -> Tenant:
    """A sealed log of 300 records, and two that wait."""
    _record(COUNT)
    while seal_some(most=130):
        pass
    _record(2)
    return tenant


def _record(count: int) -> None:
    entry = an_entry(
        context=Context(ip_address="192.0.2.1"),
        changes=(Change(field="state", before="open", after="closed"),),
        metadata={"amount": 12.5},
    )
    record_all([replace(entry, action=f"step.{n}", idempotency_key=_key()) for n in range(count)])


def _key() -> str:
    return f"k-{AuditLog.objects.count()}-{clock.now().timestamp()}"


def at(position: int) -> UUID:
    return Leaf.objects.get(position=position).log_id


def flip(table: str, column: str, where: str) -> None:
    """Change one byte of a value, in the form that the database has of it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE {where}")
        (value,) = cursor.fetchone()
    forge(f"UPDATE {table} SET {column} = %s WHERE {where}", [_flipped(value)])


def _flipped(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        return data[:-1] + bytes([data[-1] ^ 1])
    if isinstance(value, int):
        return value + 1
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1)
    if re.fullmatch("[0-9a-f]{32}", value):
        return UUID(int=UUID(value).int ^ 1).hex
    place = max(index for index, one in enumerate(value) if one.isalnum())
    return f"{value[:place]}{chr(ord(value[place]) ^ 1)}{value[place + 1 :]}"


def of_log(position: int, column: str = "id") -> str:
    log_id = at(position)
    return f"{column} = '{log_id.hex if connection.vendor == 'sqlite' else log_id}'"


def test_a_log_as_it_was_sealed_has_no_problem(log: Tenant) -> None:
    publish_checkpoint()
    steps: list[tuple[int, int]] = []

    found = verify_log(told=lambda done, total: steps.append((done, total)))

    assert found == Verified(f"septet/audit/{log.pk}", COUNT, 3, 2)
    assert steps == [(COUNT, COUNT)]


def test_a_tenant_without_logs_has_no_problem(tenant: Tenant) -> None:
    assert verify_log() == Verified()


SHOWN = "shows other things than were sealed"


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        ("record", "is not the one that was sealed: its record was altered"),
        ("occurred_at", SHOWN),
        ("recorded_at", SHOWN),
        ("action", SHOWN),
        ("actor_type", SHOWN),
        ("actor_id", SHOWN),
        ("actor_name", SHOWN),
        ("targets", SHOWN),
        ("context", SHOWN),
        ("changes", SHOWN),
        ("metadata", SHOWN),
        ("idempotency_key", SHOWN),
        ("id", "is missing"),
        ("tenant_id", "is missing"),
    ],
)
@pytest.mark.parametrize("position", [0, 260])
def test_a_byte_changed_in_a_row_is_found_and_named(
    log: Tenant, column: str, problem: str, position: int
) -> None:
    log_id = at(position)
    if problem == "is missing":
        # Nobody refers to what is to be missing.
        forge(f"DELETE FROM audit_auditlogtarget WHERE {of_log(position, 'log_id')}")
    flip("audit_auditlog", column, of_log(position))

    assert f"audit log {log_id} at position {position} {problem}" in verify_log().problem


@pytest.mark.parametrize("number", [0, 1])
def test_a_byte_changed_in_a_leaf_tile_is_found_and_named(log: Tenant, number: int) -> None:
    flip("audit_tile", "hashes", f"level = 0 AND number = {number}")

    assert verify_log().problem.startswith(f"tile 0/{number} has another hash at ")
    assert verify_log().problem.endswith("the tile was altered")


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE audit_tile SET hashes = substr(hashes, 1, 31) WHERE level = 1",
            "tile 1/0 has another hash at 0 than what is below it",
        ),
        ("DELETE FROM audit_tile WHERE level = 1", "tile 1/0 has another hash at 0"),
        ("DELETE FROM audit_tile WHERE level = 0 AND number = 1", "tile 0/1 has 0 hashes"),
        ("UPDATE audit_tile SET number = 9 WHERE level = 1", "tile 1/0 has another hash at 0"),
        ("UPDATE audit_leaf SET position = 9999 WHERE position = 10", "leaf 10 is missing"),
        ("DELETE FROM audit_leaf WHERE position = 299", "leaf 299 is missing"),
        ("DELETE FROM audit_checkpoint WHERE number = 1", "checkpoint 1 is missing"),
        ("DELETE FROM audit_checkpoint WHERE number = 3", "last one there is number 2 of 260"),
        ("UPDATE audit_checkpoint SET number = 9 WHERE number = 2", "checkpoint 2 is missing"),
        (
            "UPDATE audit_checkpoint SET size = 131 WHERE number = 1",
            "checkpoint 1 has another size or root than was signed",
        ),
        (
            "UPDATE audit_checkpoint SET note = replace(note, '— ', '— x') WHERE number = 2",
            "checkpoint 2: no known key has signed the note",
        ),
        ("UPDATE audit_loghead SET size = 299", "checkpoint 3 signs 300 leaves, the log has 299"),
        ("UPDATE audit_loghead SET size = 301", "leaf 300 is missing"),
        ("UPDATE audit_loghead SET checkpoints = 4", "300 leaves in 4 checkpoints"),
        ("UPDATE audit_loghead SET origin = 'another/log'", "no known key has signed"),
        ("DELETE FROM audit_signingkey", "no known key has signed"),
        ("DELETE FROM audit_loghead", "the head of the log is missing"),
    ],
)
def test_whatever_else_was_altered_is_found_and_named(
    log: Tenant, statement: str, problem: str
) -> None:
    forge(statement)

    assert problem in verify_log().problem


@pytest.mark.parametrize(
    ("table", "column", "where", "problem"),
    [
        ("audit_tile", "hashes", "level = 1", "tile 1/0 has another hash at 0"),
        ("audit_checkpoint", "note", "number = 1", "checkpoint 1: "),
        ("audit_checkpoint", "root", "number = 2", "checkpoint 2 has another size or root"),
        ("audit_leaf", "log_id", "position = 5", "position 5 is missing"),
        ("audit_leaf", "tenant_id", "position = 5", "leaf 5 is missing"),
        ("audit_signingkey", "public", "serial = 1", "checkpoint 1: no known key has signed"),
    ],
)
def test_a_byte_changed_anywhere_else_is_found_and_named(
    log: Tenant, table: str, column: str, where: str, problem: str
) -> None:
    flip(table, column, where)

    assert problem in verify_log().problem


@pytest.mark.parametrize(
    ("level", "number", "problem"),
    [
        (0, 0, "tile 0/0 has 512 hashes, 256 are needed"),
        (0, 1, "tile 0/1 has more than 44 hashes"),
        (1, 0, "tile 1/0 has more than 1 hashes"),
    ],
)
def test_what_was_added_to_a_tile_is_found(
    log: Tenant, level: int, number: int, problem: str
) -> None:
    tile = Tile.objects.get(level=level, number=number)
    forge("UPDATE audit_tile SET hashes = %s WHERE id = %s", [bytes(tile.hashes) * 2, tile.pk])

    assert verify_log().problem == problem


def test_a_tile_too_many_is_found(log: Tenant) -> None:
    Tile.objects.create(level=5, number=0, hashes=bytes(32))

    assert verify_log().problem == "there are 4 tiles, a log of this size has 3"


def test_records_that_changed_places_are_found_and_told_from_altered_ones(log: Tenant) -> None:
    first, second = at(10), at(20)
    forge("UPDATE audit_leaf SET position = 9999 WHERE position = 10")
    forge("UPDATE audit_leaf SET position = 10 WHERE position = 20")
    forge("UPDATE audit_leaf SET position = 20 WHERE position = 9999")

    problem = verify_log().problem

    assert problem == f"audit log {second} at position 10 is not in its order: it was sealed at 20"
    assert first != second


def test_a_record_that_was_deleted_is_named(log: Tenant) -> None:
    log_id = at(123)
    forge(f"DELETE FROM audit_auditlogtarget WHERE {of_log(123, 'log_id')}")
    forge(f"DELETE FROM audit_auditlog WHERE {of_log(123)}")

    assert verify_log().problem == f"audit log {log_id} at position 123 is missing"


def test_a_record_that_was_put_beside_the_log_is_named(log: Tenant) -> None:
    log_id = Unsealed.objects.order_by("pk").values_list("pk", flat=True)[0]
    Unsealed.objects.filter(pk=log_id).delete()

    problem = verify_log().problem

    assert problem == f"audit log {log_id} is in no place of the log: it was put beside it"


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit_unsealed SET leaf_hash = substr(leaf_hash, 2)", "waits with another hash"),
        ("DELETE FROM audit_auditlog WHERE id IN (SELECT log_id FROM audit_unsealed)", "missing"),
    ],
)
def test_what_waits_is_held_to_its_record(log: Tenant, statement: str, problem: str) -> None:
    log_id = Unsealed.objects.order_by("pk").values_list("pk", flat=True)[0]
    # Nobody refers to what is to be missing.
    forge("DELETE FROM audit_auditlogtarget WHERE log_id IN (SELECT log_id FROM audit_unsealed)")
    forge(statement)

    found = verify_log().problem

    assert str(log_id) in found
    assert problem in found


def test_targets_that_would_hide_a_log_from_its_timeline_are_found(log: Tenant) -> None:
    log_id = at(7)
    where = of_log(7, "log_id")
    forge(f"UPDATE audit_auditlogtarget SET target_id = 'other' WHERE {where}")

    assert verify_log().problem == (
        f"audit log {log_id} at position 7 is indexed by other targets than it has"
    )


def test_a_column_that_cannot_even_be_read_is_named(log: Tenant) -> None:
    log_id = at(42)
    if connection.vendor == "postgresql":
        # It takes no such value in the first place.
        with pytest.raises(DataError, match="invalid byte sequence"), transaction.atomic():
            forge(
                f"UPDATE audit_auditlog SET action = convert_from('\\xff', 'UTF8')"
                f" WHERE {of_log(42)}"
            )
        return

    forge(f"UPDATE audit_auditlog SET action = CAST(x'ff' AS TEXT) WHERE {of_log(42)}")

    assert verify_log().problem == (
        f"audit log {log_id} at position 42 has a column that cannot be read"
    )


def test_a_log_that_was_cut_off_is_held_to_what_was_published(log: Tenant) -> None:
    publish_checkpoint()
    _forget_after(2)

    problem = verify_log().problem

    assert problem == f"the published checkpoint {_file(log)} signs 300 leaves, the log has 260"


def test_a_log_that_was_written_anew_is_held_to_what_was_published(log: Tenant) -> None:
    publish_checkpoint()
    for table in ("auditlogtarget", "auditlog", "leaf", "tile", "checkpoint", "loghead"):
        forge(f"DELETE FROM audit_{table}")
    forge("DELETE FROM audit_unsealed")
    _record(COUNT)
    seal_log()

    problem = verify_log().problem

    assert problem == (
        f"the published checkpoint {_file(log)} signs another tree than its 300 leaves"
    )


def test_a_byte_changed_anywhere_in_a_published_checkpoint_is_found_and_named(log: Tenant) -> None:
    rotate_key(overlap=timedelta(days=1))
    seal_log()
    publish_checkpoint()
    (file,) = (settings.AUDIT_CHECKPOINT_FOLDER).rglob("*.txt")
    good = file.read_bytes()
    # Two keys have signed it: of neither line a byte may be another.
    assert good.count("— ".encode()) == 2

    for place in range(len(good)):
        file.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises((AlteredError, NoteError)):
            _read_published(log)

    assert f"the published checkpoint {_file(log)} is not as it was" in verify_log().problem
    file.write_bytes(good)
    assert verify_log().problem == ""


def test_a_byte_changed_anywhere_in_a_checkpoint_is_found_and_named(log: Tenant) -> None:
    rotate_key(overlap=timedelta(days=1))
    seal_log()
    last = Checkpoint.objects.order_by("-number")[0]
    keys = [key for key, _ in keys_of_log()]

    for place in range(len(last.note)):
        other = last.note[:place] + chr(ord(last.note[place]) ^ 1) + last.note[place + 1 :]
        with pytest.raises(NoteError):
            opened(other, keys, alone=True)

    stranger = last.note.rindex("— ") + last.note[last.note.rindex("— ") :].index(" ", 2) + 2
    other = last.note[:stranger] + ("A" if last.note[stranger] != "A" else "B")
    forge(
        "UPDATE audit_checkpoint SET note = %s WHERE number = %s",
        [other + last.note[stranger + 1 :], last.number],
    )
    assert f"checkpoint {last.number}: a key of {keys[0].name}" in verify_log().problem


def test_after_a_rotation_what_the_old_key_signed_is_good(log: Tenant) -> None:
    rotate_key(overlap=timedelta())
    seal_log()

    assert verify_log() == Verified(f"septet/audit/{log.pk}", COUNT + 2, 4, 0)


def test_since_a_time_only_what_came_later_is_looked_at(log: Tenant) -> None:
    since = Checkpoint.objects.get(number=3).made_at
    forge(f"UPDATE audit_auditlog SET action = 'x' WHERE {of_log(100)}")
    assert verify_log(since=since).problem == ""

    log_id = at(290)
    forge(f"UPDATE audit_auditlog SET action = 'x' WHERE {of_log(290)}")

    assert f"audit log {log_id} at position 290" in verify_log(since=since).problem


def test_since_a_time_a_prefix_of_other_tiles_is_found(log: Tenant) -> None:
    since = Checkpoint.objects.get(number=3).made_at
    flip("audit_tile", "hashes", "level = 1")

    assert "signs another tree" in verify_log(since=since).problem


def test_what_is_sealed_while_it_walks_is_no_problem(log: Tenant) -> None:
    def seal_meanwhile(_done: int, _total: int) -> None:
        _record(1)
        seal_log()
        publish_checkpoint()

    found = verify_log(told=seal_meanwhile)

    assert found.problem == ""
    assert LogHead.objects.get().size > COUNT


def test_the_command_tells_of_every_log_and_fails_for_an_altered_one(log: Tenant) -> None:
    other = make_tenant()
    with in_tenant(other.pk):
        _record(3)
        seal_log()
    assert run() == (
        0,
        [
            {"tenant": str(log.pk), "size": COUNT, "checkpoints": 3, "unsealed": 2, "problem": ""},
            {"tenant": str(other.pk), "size": 3, "checkpoints": 1, "unsealed": 0, "problem": ""},
        ],
    )

    forge(f"UPDATE audit_auditlog SET action = 'x' WHERE {of_log(9)}")

    code, (first, second) = run()
    assert code == 1
    assert f"at position 9 {SHOWN}" in first["problem"]
    assert second["problem"] == ""
    assert run(tenant=other.slug) == (0, [second])


def test_the_command_speaks_to_people_too(log: Tenant) -> None:
    out = StringIO()

    call_command("audit_verify", stdout=out, stderr=StringIO())

    assert out.getvalue().splitlines() == [
        f"{log.slug}: 300 logs in 3 checkpoints are as they were sealed, 2 wait"
    ]
    forge(f"UPDATE audit_auditlog SET action = 'x' WHERE {of_log(9)}")
    with pytest.raises(CommandError, match="1 log is not as it was sealed") as caught:
        call_command("audit_verify", stdout=out, stderr=StringIO())
    assert caught.value.returncode == 1
    assert f"{log.slug}: audit log " in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [({"tenant": "nobody"}, "no tenant"), ({"since": "yesterday"}, "no time")],
)
def test_the_command_is_told_what_it_is_asked(
    log: Tenant, arguments: dict[str, str], why: str
) -> None:
    with pytest.raises(CommandError, match=why) as caught:
        run(**arguments)

    assert caught.value.returncode == 2


def run(**arguments: str) -> tuple[int, list[dict[str, Any]]]:
    out = StringIO()
    code = 0
    try:
        call_command("audit_verify", "--json", stdout=out, **arguments)
    except CommandError as error:
        code = error.returncode
        if code == 2:
            raise
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    return code, sorted(_without_names(told), key=lambda one: -one["size"])


def _without_names(told: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in told:
        assert one.pop("log") == f"septet/audit/{one['tenant']}"
        yield one


def _forget_after(checkpoint: int) -> None:
    """Cut a log off at a checkpoint, so that all that is left of it fits."""
    size = Checkpoint.objects.get(number=checkpoint).size
    leaves = f"SELECT log_id FROM audit_leaf WHERE position >= {size}"
    forge(f"DELETE FROM audit_auditlogtarget WHERE log_id IN ({leaves})")
    forge(f"DELETE FROM audit_auditlog WHERE id IN ({leaves})")
    forge(f"DELETE FROM audit_leaf WHERE position >= {size}")
    forge(f"DELETE FROM audit_checkpoint WHERE number > {checkpoint}")
    forge(f"UPDATE audit_loghead SET size = {size}, checkpoints = {checkpoint}")
    width = 32 * (size % 256)
    forge(
        f"UPDATE audit_tile SET hashes = substr(hashes, 1, {width})"
        f" WHERE level = 0 AND number = {size // 256}"
    )


def _file(log: Tenant) -> str:
    """Return how the one published checkpoint is named."""
    (one,) = Folder(settings.AUDIT_CHECKPOINT_FOLDER).published(str(log.pk))
    return one.name


def _read_published(log: Tenant) -> None:
    published = Folder(settings.AUDIT_CHECKPOINT_FOLDER).published(str(log.pk))
    for one in held_to_ours(published):
        opened(one.note, [key for key, _ in keys_of_log()])
