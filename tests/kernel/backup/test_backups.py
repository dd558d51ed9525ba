"""Backups of real databases: restored they are the same, and one changed byte is refused."""

import base64
import io
import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections

from kernel import clock
from kernel.backup import databases
from kernel.backup.errors import BackupError, DamagedError
from kernel.backup.metrics import PROBLEMS, PROVED, TAKEN
from kernel.backup.sealing import CHUNK_BYTES, sealed, unsealed
from kernel.backup.sets import Backups, nobody_told
from kernel.backup.stores import FolderStore
from kernel.backup.tables import States
from kernel.env import Environment
from kernel.identity.service_keys import Keyring
from kernel.jobs import registry
from kernel.jobs.registry import JobFunction
from kernel.secrets.ring import EMPTY, store, with_new_key
from kernel.storage.local import LocalStorage
from kernel.tenancy.aliases import system_alias
from kernel.testing.processes import empty_database
from project import backups
from project.database_checks import backups_have_a_place_and_a_key
from tests.devservices.fixtures import Servers

ROOT = Path(settings.BASE_DIR)
KEY = bytes(range(32))

Manage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_is_sealed_opens_whole_under_its_own_name_and_key(size: int) -> None:
    plain = bytes(size)
    stored = b"".join(sealed([plain[:100], plain[100:]], KEY, "objects/a"))

    assert b"".join(unsealed([stored], KEY, "objects/a")) == plain
    damaged = [
        (stored[:-1], KEY, "objects/a"),
        (stored + b"\0", KEY, "objects/a"),
        (stored[:48] + stored[48 + CHUNK_BYTES + 16 :], KEY, "objects/a"),
        (stored[:60] + bytes([stored[60] ^ 1]) + stored[61:], KEY, "objects/a"),
        (b"x" + stored[1:], KEY, "objects/a"),
        (stored[:10], KEY, "objects/a"),
        (stored, KEY, "objects/b"),
        (stored, bytes(32), "objects/a"),
    ]
    for text, key, name in damaged:
        with pytest.raises(DamagedError):
            b"".join(unsealed([text], key, name))


@pytest.fixture
def manage(tmp_path: Path, db: None) -> Iterator[Manage]:
    """Run a command on a database of its own, with backups in a folder."""
    data = tmp_path / "data"
    data.mkdir()
    with empty_database(data) as environment:
        told = environment | {
            "SERVICES": "files",
            "BACKUP_TO": str(tmp_path / "backups"),
            "BACKUP_KEY": base64.b64encode(KEY).decode(),
            "BACKUPS_KEPT": "2",
        }

        def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
            return subprocess.run(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=told | more,
                capture_output=True,
                text=True,
                check=False,
            )

        yield run


def done(ran: "subprocess.CompletedProcess[str]") -> dict[str, object]:
    """Return what a command that went well says in JSON."""
    assert ran.returncode == 0, ran.stderr
    told: dict[str, object] = json.loads(ran.stdout.splitlines()[-1])
    return told


@pytest.mark.processes
def test_a_backup_is_proved_and_restored_in_the_place_of_what_is_there(
    manage: Manage, tmp_path: Path
) -> None:
    stored = tmp_path / "data" / "files" / "files" / "ab"
    stored.mkdir(parents=True)
    blob = stored / "01890000-0000-7000-8000-0000000000ab"
    blob.write_bytes(b"bytes of a file")
    assert manage("migrate", "-v0").returncode == 0
    assert manage("tenant", "create", "acme").returncode == 0
    made = done(manage("backup", "--json"))

    proved = done(manage("verify", "--json"))
    refused = manage("restore")
    assert manage("tenant", "create", "later").returncode == 0
    tried = done(manage("restore", "--overwrite", "--dry-run", "--json"))
    assert "later" in manage("tenant", "list", "--json").stdout
    blob.unlink()
    secret = tmp_path / "data" / "secret_key"
    signing = secret.read_text()
    secret.unlink()
    restored = done(manage("restore", "--overwrite", "--json"))

    assert made["rows"] == proved["rows"] == tried["rows"] == restored["rows"]
    assert (made["files"], proved["problems"]) == (1, [])
    assert refused.returncode == 2
    assert "not empty" in refused.stderr
    slugs = manage("tenant", "list", "--json").stdout
    assert "acme" in slugs
    assert "later" not in slugs
    assert blob.read_bytes() == b"bytes of a file"
    assert secret.read_text() == signing


def _with_another_byte(stored: bytes) -> bytes:
    middle = len(stored) // 2
    return stored[:middle] + bytes([stored[middle] ^ 1]) + stored[middle + 1 :]


@pytest.mark.processes
def test_keys_are_backed_up_from_where_they_are_and_replaced_only_when_told(
    manage: Manage, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "checkpoints").mkdir(parents=True)
    (elsewhere / "checkpoints" / "one").write_text("a checkpoint")
    places = {
        "ENCRYPTION_KEYS_FILE": str(elsewhere / "ring.json"),
        "SERVICE_KEYS": str(elsewhere / "own.json"),
        "AUDIT_CHECKPOINT_FOLDER": str(elsewhere / "checkpoints"),
    }
    ring, own = elsewhere / "ring.json", elsewhere / "own.json"
    store(ring, with_new_key(EMPTY), replace=False)
    Keyring(own).signing()
    keys = ring.read_text(), own.read_text()
    # The database stays empty until the end, so it is not what is refused.
    done(manage("backup", "--json", **places))
    Keyring(own).rotate()
    replacing = manage("restore", **places)
    own.unlink()
    (elsewhere / "checkpoints" / "one").unlink()
    stored = tmp_path / "data" / "files"
    stored.mkdir()
    (stored / "some").write_text("bytes")
    filled = manage("restore", **places)
    (tmp_path / "fresh").mkdir()
    done(manage("restore", "--json", DATA_DIR=str(tmp_path / "fresh"), **places))

    assert (replacing.returncode, filled.returncode) == (2, 2)
    assert "own.json is there" in replacing.stderr
    assert "some is there" in filled.stderr
    assert (ring.read_text(), own.read_text()) == keys
    assert (elsewhere / "checkpoints" / "one").read_text() == "a checkpoint"


def test_bytes_that_are_deleted_meanwhile_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = LocalStorage(tmp_path / "files")
    names = [f"files/ab/01890000-0000-7000-8000-0000000000{end}" for end in ("aa", "ab")]
    for name in names:
        stored.save(name, io.BytesIO(b"bytes"))
    monkeypatch.setattr(stored, "keys", lambda _app: names)
    stored.delete(names[0])

    def dump(to: Path) -> States:
        to.touch()
        return {}

    monkeypatch.setattr(databases, "dump", dump)
    kept = Backups(FolderStore(tmp_path / "backups"), KEY)

    made = kept.make(["files"], lambda _service: stored, dict, nobody_told)

    assert [one.name for one in made.files] == [names[1]]


def test_options_of_a_database_go_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgres://me:p%40ss@one:5433,two:5434/septet?sslmode=require&target_session_attrs=any"
    told = Environment({"DATABASE_URL": url}).database("DATABASE_URL", "")
    told["OPTIONS"] |= {"limits": {"lock_timeout": 1}, "pool": {}, "prepare_threshold": 5}
    monkeypatch.setattr(connections[system_alias()], "settings_dict", told)

    parameters = databases._parameters()
    other = Environment({"DATABASE_URL": databases._url("other")}).database("DATABASE_URL", "")

    assert parameters == {
        "host": "one,two",
        "port": "5433,5434",
        "user": "me",
        "password": "p@ss",
        "dbname": "septet",
        "sslmode": "require",
        "target_session_attrs": "any",
        "connect_timeout": 5,
    }
    assert (other["HOST"], other["PORT"], other["NAME"]) == ("one,two", "5433,5434", "other")
    assert other["OPTIONS"]["sslmode"] == "require"


class Installation:
    """An installation whose database is a text, with files in two stores and backups at a place."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
        self.rows = "rows"
        # Sets of the same second have no order.
        seconds = count(1_800_000_000, 60)
        monkeypatch.setattr(clock, "now", lambda: datetime.fromtimestamp(next(seconds), tz=UTC))
        self.local = LocalStorage(tmp_path / "files")
        settings.BACKUP_KEY = base64.b64encode(KEY).decode()
        settings.BACKUPS_KEPT = 1
        settings.SERVICES = ("files", "documents")
        monkeypatch.setattr(databases, "dump", self._dump)
        monkeypatch.setattr(databases, "restored_elsewhere", self._restored)
        monkeypatch.setattr(backups, "audit_problems", lambda _url, _folder: [])
        monkeypatch.setattr(backups, "key_files", dict)
        monkeypatch.setattr(backups, "storage", lambda: self.local)

    def _dump(self, to: Path) -> States:
        to.write_text(self.rows)
        return {"some": ["1", self.rows]}

    @contextmanager
    def _restored(self, file: Path) -> Iterator[tuple[States, str]]:
        yield {"some": ["1", file.read_text().replace("lost", "")]}, "sqlite:///none"


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Installation:
    settings.BACKUP_TO = str(tmp_path / "backups")
    return Installation(tmp_path, monkeypatch, settings)


def test_what_came_of_a_drill_is_kept_and_told(installation: Installation) -> None:
    kept = backups.backups_here()
    backups.look(kept)
    never = TAKEN._value.get(), PROVED._value.get()
    backups._take("")
    backups._prove("")
    [good] = kept.drills().values()
    told = TAKEN._value.get(), PROVED._value.get(), PROBLEMS._value.get()
    installation.rows = "rows lost"
    backups._take("")
    with pytest.raises(BackupError, match="some: 1 rows"):
        backups._prove("")
    drills = list(kept.drills().values())
    drills.remove(good)
    [bad] = drills
    backups.take(kept, nobody_told)
    backups.look(kept)

    assert never == (1, 0)
    assert good.problems == []
    assert min(told[:2]) > 1_000_000_000
    assert told[2] == 0
    assert len(bad.problems) == 1
    # The last that went well is told longer than its set is kept: its age is looked at.
    assert [*kept.drills().values()] == [good]
    assert PROVED._value.get() == told[1]


def command(name: str, *arguments: str) -> list[dict[str, Any]]:
    """Return what a command of this process says in JSON."""
    told = io.StringIO()
    call_command(name, *arguments, "--json", stdout=told)
    return [json.loads(line) for line in told.getvalue().splitlines()]


def fails(name: str, *arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        call_command(name, *arguments)
    return caught.value.returncode, str(caught.value)


def test_one_changed_byte_is_refused_and_sent_again(
    installation: Installation, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BACKUPS_KEPT = 5
    names = [f"files/ab/01890000-0000-7000-8000-0000000000{end}" for end in ("aa", "ab")]
    for name in names:
        installation.local.save(name, io.BytesIO(name.encode()))
    restored: list[Path] = []
    monkeypatch.setattr(databases, "restore", restored.append)
    monkeypatch.setattr(databases, "vendor", lambda: "sqlite")
    objects = tmp_path / "backups" / "objects"
    command("backup")
    there = {path for path in objects.rglob("*") if path.is_file()}
    command("backup")
    [*_, changed] = sorted(there)
    changed.write_bytes(_with_another_byte(changed.read_bytes()))

    assert fails("verify")[0] == 1
    code, told = fails("restore", "--overwrite")
    assert (code, "nothing was restored" in told, restored) == (1, True, [])

    # What is damaged is sent again, and what is missing; what is the same is kept once.
    min(there).unlink()
    [again] = command("backup")
    assert {path for path in objects.rglob("*") if path.is_file()} == there
    assert command("verify")[0]["problems"] == []
    assert again["files"] == 2


def test_only_so_many_backups_are_kept_and_their_objects(
    installation: Installation, settings: Any, tmp_path: Path
) -> None:
    settings.BACKUPS_KEPT = 2
    made = []
    for number in range(3):
        installation.rows = f"rows {number}"
        made.append(command("backup")[0]["id"])
    listed = [told["id"] for told in command("backup", "--list")]
    objects = [path for path in (tmp_path / "backups" / "objects").rglob("*") if path.is_file()]

    assert listed == [made[2], made[1]]
    assert sorted(path.name for path in (tmp_path / "backups" / "figures").iterdir()) == made[1:]
    assert len(objects) == 2
    assert command("verify", listed[-1])[0]["problems"] == []
    assert fails("verify", made[0])[0] == 1
    settings.BACKUP_KEY = "short"
    assert fails("backup")[0] == 2
    settings.BACKUP_TO = ""
    assert fails("backup")[0] == 2


def test_a_drill_that_cannot_read_the_set_is_noted_as_well(
    installation: Installation, tmp_path: Path
) -> None:
    backups._take("")
    for path in filter(Path.is_file, (tmp_path / "backups" / "objects").rglob("*")):
        path.write_bytes(_with_another_byte(path.read_bytes()))

    with pytest.raises(DamagedError):
        backups._prove("")

    [noted] = backups.backups_here().drills().values()
    assert "is not what was backed up" in noted.problems[0]
    assert PROBLEMS._value.get() == 1


def test_a_set_that_is_damaged_itself_is_noted_and_the_next_one_is_taken(
    installation: Installation, settings: Any, tmp_path: Path
) -> None:
    settings.BACKUPS_KEPT = 3
    kept = backups.backups_here()
    backups._take("")
    damaged, _ = backups.take(kept, nobody_told)
    path = tmp_path / "backups" / "sets" / damaged.id
    path.write_bytes(_with_another_byte(path.read_bytes()))

    with pytest.raises(DamagedError):
        backups._prove("")
    noted = kept.drills()
    made, gone = backups.take(kept, nobody_told)

    assert "is not what was backed up" in noted[damaged.id].problems[0]
    assert (kept.ids()[0], gone) == (made.id, [])


def test_of_two_at_a_time_none_lacks_what_the_other_has_forgotten(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, other = backups.backups_here(), backups.backups_here()
    installation.rows = "rows of the first"
    backups.take(kept, nobody_told)
    put = FolderStore.put

    def put_when_another_has_ended(self: FolderStore, name: str, chunks: Iterable[bytes]) -> None:
        if name.startswith("sets/"):
            monkeypatch.setattr(FolderStore, "put", put)
            installation.rows = "rows of the other"
            backups.take(other, nobody_told)
        put(self, name, chunks)

    installation.rows = "rows of the one that is overtaken"
    monkeypatch.setattr(FolderStore, "put", put_when_another_has_ended)
    with pytest.raises(BackupError, match="one at a time"):
        backups.take(kept, nobody_told)

    [left] = kept.ids()
    assert backups.prove(kept, left, nobody_told)[1] == []


def test_what_another_may_need_is_not_forgotten(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, other = backups.backups_here(), backups.backups_here()
    installation.rows = "rows of the first"
    backups.take(kept, nobody_told)
    installation.rows = "rows of the second"
    second = kept.make([], backups.store_of, dict, nobody_told)
    delete = FolderStore.delete

    def delete_when_another_has_come(self: FolderStore, name: str) -> None:
        delete(self, name)
        if name.startswith("sets/"):
            monkeypatch.setattr(FolderStore, "delete", delete)
            installation.rows = "rows of the first"
            other.make([], backups.store_of, dict, nobody_told)

    monkeypatch.setattr(FolderStore, "delete", delete_when_another_has_come)
    kept.keep_only(1)

    assert len(kept.ids()) == 2
    for id_ in kept.ids():
        assert backups.prove(kept, id_, nobody_told)[1] == []
    assert second.id in kept.ids()


def test_jobs_for_backups_are_there_when_the_settings_ask_for_them(
    installation: Installation, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered: dict[str, JobFunction] = {}
    monkeypatch.setattr(registry, "_register", lambda one: registered.update({one.name: one}))
    settings.BACKUP_EVERY, settings.BACKUP_DRILL_EVERY = timedelta(hours=24), timedelta(0)
    backups.keep_up()
    asked = set(registered)
    settings.BACKUP_DRILL_EVERY, settings.BACKUP_TO = timedelta(days=7), ""
    registered.clear()
    backups.keep_up()

    assert asked == {"kernel.look_at_backups", "kernel.back_up"}
    assert registered == {}
    assert [one.id for one in backups_have_a_place_and_a_key()] == ["septet.E028"]


@pytest.mark.live
def test_a_bucket_keeps_backups_with_the_bytes_of_another_and_refuses_a_changed_one(
    installation: Installation,
    servers: Servers,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in servers.up("s3").items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
        if name == "S3_ENDPOINT_URL":
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", value)
    name = f"backups-{secrets.token_hex(4)}"
    client = boto3.client("s3", config=Config(signature_version="s3v4"))
    client.create_bucket(Bucket=name)
    settings.BACKUP_TO, settings.FILES_STORAGE = f"s3://{name}/kept", f"s3://{name}/live"
    settings.BACKUP_BUCKET = True
    of_files, key = backups.store_of("files"), "files/ab/01890000-0000-7000-8000-0000000000ab"
    of_files.save(key, io.BytesIO(b"bytes in a bucket"))
    installation.local.save(key.replace("files", "documents"), io.BytesIO(b"beside it"))
    kept = backups.backups_here()

    first, _ = backups.take(kept, nobody_told)
    second, gone = backups.take(kept, nobody_told)
    _, problems = backups.prove(kept, "", nobody_told)
    of_files.delete(key)
    monkeypatch.setattr(databases, "restore", lambda _file: None)
    kept.restore(kept.get(), backups.store_of, Path, nobody_told)
    back = b"".join(of_files.read(key))
    listed = client.list_objects_v2(Bucket=name, Prefix="kept/objects/")["Contents"]
    for one in listed:
        stored = client.get_object(Bucket=name, Key=one["Key"])["Body"].read()
        client.put_object(Bucket=name, Key=one["Key"], Body=_with_another_byte(stored))

    assert (len(second.files), gone, problems) == (2, [first.id], [])
    assert back == b"bytes in a bucket"
    # The database and two files, each once in both sets.
    assert len(listed) == 3
    with pytest.raises(DamagedError):
        backups.prove(kept, "", nobody_told)
