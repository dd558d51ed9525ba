"""Backups as sets: what each consists of, made, proved and put back.

A set is a list of objects under names that tell nothing. An object is named by what is in it, so
what two sets have in common is kept once: a new set costs what is new.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from kernel import clock
from kernel.backup import databases
from kernel.backup.errors import BackupError, DamagedError
from kernel.backup.sealing import sealed, unsealed
from kernel.backup.stores import Store
from kernel.backup.streams import Readable, chunks_of, size_and_digest
from kernel.backup.tables import States, differences
from kernel.errors import NotFoundError
from kernel.storage.port import Storage

_FORMAT = 1
_KEY_BYTES = 32
_STAMP = "%Y%m%dT%H%M%SZ"
#: Before the name of an object: `verify` has found it damaged, and it is to be sent again.
_DAMAGED = "damaged/"
#: What came of proving a set, under its id.
_DRILLS = "drills/"
#: What a set holds, in figures: its list has a line for each file, and may be very long.
_FIGURES = "figures/"
_MOST_TOLD = 3
#: Files that say what was in the database at a time, not what it is read with.
_VOUCHING = "audit_checkpoints"
#: Told of a step, and how many of how many things are done.
Told = Callable[[str, int, int], None]
#: Where the bytes of a service are.
Stores = Callable[[str], Storage]


@dataclass(frozen=True, slots=True)
class Kept:
    """One object of a set: what it is of, its size and its SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSet:
    """What one backup consists of."""

    id: str
    at: str
    services: list[str]
    vendor: str
    database: Kept
    tables: States
    #: Bytes of the store, by their keys.
    files: list[Kept] = field(default_factory=list)
    #: Files that the rest cannot be read without, by names that tell where each belongs.
    keys: list[Kept] = field(default_factory=list)

    @property
    def objects(self) -> list[Kept]:
        """Everything in it."""
        return [self.database, *self.keys, *self.files]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A set was restored elsewhere and compared."""

    at: str
    seconds: float
    #: What was not as it was backed up; nothing when it can be restored.
    problems: list[str]


class Backups:
    """The backups at one place, under one key."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key
        #: Names of objects that need not be sent again, and of those that are damaged.
        self._there: set[str] = set()
        self._noted: set[str] = set()

    def ids(self) -> list[str]:
        """Return the ids of all sets, the newest first."""
        names = self._store.names("sets/")
        return sorted((name.removeprefix("sets/") for name in names), reverse=True)

    def get(self, id_: str = "") -> BackupSet:
        """Return a set, the newest without an id; raises BackupError, DamagedError."""
        ids = self.ids()
        if not ids or (id_ and id_ not in ids):
            raise BackupError(f"there is no backup {id_}".rstrip() + "; `backup --list` shows all")
        name = f"sets/{id_ or ids[0]}"
        told = json.loads(b"".join(unsealed(self._store.get(name), self._key, name)))
        if told.pop("format") != _FORMAT:
            raise BackupError(f"{name} was made by a newer release")
        for part in ("files", "keys"):
            told[part] = [Kept(**one) for one in told[part]]
        return BackupSet(**told | {"database": Kept(**told["database"])})

    def figures(self, id_: str) -> dict[str, Any]:
        """Return what a set holds, in figures; raises BackupError, DamagedError."""
        name = _FIGURES + id_
        with suppress(DamagedError):
            text = b"".join(unsealed(self._store.get(name), self._key, name))
            return cast(dict[str, Any], json.loads(text))
        # One of an earlier release has none beside it.
        return figures(self.get(id_))

    def make(
        self,
        services: list[str],
        stores: Stores,
        key_files: Callable[[], dict[str, Path]],
        told: Told,
    ) -> BackupSet:
        """Back everything up; nothing waits for it but the disk."""
        now = clock.now()
        self._noted = self._damaged()
        self._there = {*self._store.names("objects/")} - self._noted
        before = {one.name: one for one in self._latest_files()}
        # First, so that nothing here vouches for audit logs that the database does not have yet.
        keys = self._keys(key_files())
        # Twice: what comes while the database is copied is in it, what goes is there already.
        files = self._files(services, stores, before, told)
        with tempfile.TemporaryDirectory(prefix="septet-backup-") as drafts:
            draft = Path(drafts) / "database"
            told("database", 0, 1)
            tables = databases.dump(draft)
            database = self._keep("database", lambda: chunks_of(draft))
            told("database", 1, 1)
        files |= self._files(services, stores, before | files, told)
        # Again: a key that came meanwhile is asked for by rows that the database has.
        later = self._keys(key_files())
        keys |= {name: one for name, one in later.items() if not name.startswith(_VOUCHING)}
        made = BackupSet(
            id=f"{now:{_STAMP}}-{secrets.token_hex(2)}",
            at=now.isoformat(),
            services=services,
            vendor=databases.vendor(),
            database=database,
            tables=tables,
            files=list(files.values()),
            keys=list(keys.values()),
        )
        name = f"sets/{made.id}"
        text = json.dumps({"format": _FORMAT, **asdict(made)}).encode()
        self._store.put(name, sealed([text], self._key, name))
        # Another backup that ended meanwhile did not know of this one when it forgot objects.
        there = {*self._store.names("objects/")}
        if any(self._name(one.sha256) not in there for one in made.objects):
            self._store.delete(name)
            raise BackupError("another backup forgot a part of this one: take one at a time")
        beside = _FIGURES + made.id
        text = json.dumps(figures(made)).encode()
        self._store.put(beside, sealed([text], self._key, beside))
        return made

    def check(self, of: BackupSet, told: Told, *, note: bool = False) -> None:
        """Read all of it; raises DamagedError when a byte of it is not as it was.

        What is noted as damaged the next backup sends again.
        """
        damaged: dict[str, DamagedError] = {}
        known: set[str] = set()
        for number, one in enumerate(of.objects):
            if one.sha256 not in known:
                known.add(one.sha256)
                try:
                    for _ in self.read(one):
                        pass
                except DamagedError as error:
                    damaged[self._name(one.sha256)] = error
            told("objects", number + 1, len(of.objects))
        for name in damaged if note else ():
            self._store.put(_DAMAGED + name, [b""])
        if damaged:
            raise DamagedError("; ".join(str(error) for error in [*damaged.values()][:_MOST_TOLD]))

    def prove(self, of: BackupSet, told: Told, also: Callable[[str, Path], list[str]]) -> list[str]:
        """Restore its database elsewhere and return what of it is not as it was backed up.

        `also` looks at it in its own way, by its URL and a folder with the keys of the set.
        """
        with tempfile.TemporaryDirectory(prefix="septet-verify-") as drafts:
            file = Path(drafts) / "database.sqlite3"
            self._write(of.database, file)
            self._write_keys(of, lambda name: Path(drafts) / name)
            told("database", 0, 1)
            with databases.restored_elsewhere(file) as (states, url):
                found = [*differences(of.tables, states), *also(url, Path(drafts))]
            told("database", 1, 1)
            return found

    def note(self, id_: str, drill: Drill) -> None:
        """Keep what came of proving a set, beside it: whoever sees the backups sees that too."""
        name = _DRILLS + id_
        text = json.dumps(asdict(drill)).encode()
        self._store.put(name, sealed([text], self._key, name))

    def drills(self) -> dict[str, Drill]:
        """Return what came of proving sets, each the last time, by their ids."""
        found = {}
        for name in self._store.names(_DRILLS):
            # What cannot be read proves nothing.
            with suppress(DamagedError):
                text = b"".join(unsealed(self._store.get(name), self._key, name))
                found[name.removeprefix(_DRILLS)] = Drill(**json.loads(text))
        return found

    def replaced_keys(self, of: BackupSet, place: Callable[[str], Path]) -> list[Path]:
        """Return the files of keys that are there already and are others."""
        there = [(one, place(one.name)) for one in of.keys if place(one.name).is_file()]
        return [path for one, path in there if size_and_digest(chunks_of(path))[1] != one.sha256]

    def restore(
        self, of: BackupSet, stores: Stores, place: Callable[[str], Path], told: Told
    ) -> None:
        """Put all of it in place; it was checked before, and the caller knows what it replaces."""
        with tempfile.TemporaryDirectory(prefix="septet-restore-") as drafts:
            file = Path(drafts) / "database"
            self._write(of.database, file)
            told("database", 0, 1)
            databases.restore(file)
            told("database", 1, 1)
        for number, one in enumerate(of.files):
            store = stores(one.name.partition("/")[0])
            store.save(one.name, cast(BinaryIO, Readable(self.read(one))))
            told("files", number + 1, len(of.files))
        self._write_keys(of, place)

    def keep_only(self, most: int) -> list[str]:
        """Forget all sets but so many, and what only they had; return which they were."""
        ids = self.ids()
        left, gone = ids[:most], ids[most:]
        if not gone:
            return []
        # Before anything goes: what cannot be read does not say what it needs.
        needed = {self._name(one.sha256) for id_ in left for one in self.get(id_).objects}
        for id_ in gone:
            self._store.delete(f"sets/{id_}")
            self._store.delete(_FIGURES + id_)
        for id_ in self._drills_of_the_past(left):
            self._store.delete(_DRILLS + id_)
        for name in [*self._store.names("objects/")]:
            if name not in needed:
                if self.ids() != left:
                    # Somebody else's, which may need any of them; the next call goes on.
                    break
                self._store.delete(name)
        for name in self._damaged() - needed:
            self._store.delete(_DAMAGED + name)
        return gone

    def read(self, one: Kept) -> Iterator[bytes]:
        """Give the bytes of an object; raises DamagedError, at the end too."""
        name = self._name(one.sha256)
        digest, size = hashlib.sha256(), 0
        for chunk in unsealed(self._store.get(name), self._key, name):
            digest.update(chunk)
            size += len(chunk)
            yield chunk
        if (digest.hexdigest(), size) != (one.sha256, one.size):
            raise DamagedError(f"{one.name} is not what was backed up")

    def _drills_of_the_past(self, left: list[str]) -> list[str]:
        """Return the drills of other sets, but the last that went well: its age is looked at."""
        drills = self.drills()
        good = [id_ for id_ in drills if not drills[id_].problems]
        last = max(good, key=lambda id_: drills[id_].at, default="")
        return [id_ for id_ in drills if id_ not in {*left, last}]

    def _latest_files(self) -> list[Kept]:
        """Return the files of the newest set that can be read; raises DamagedError if none can."""
        refused = None
        for id_ in self.ids():
            try:
                return self.get(id_).files
            except DamagedError as error:
                refused = refused or error
        if refused:
            raise refused
        return []

    def _files(
        self, services: list[str], stores: Stores, before: dict[str, Kept], told: Told
    ) -> dict[str, Kept]:
        found: dict[str, Kept] = {}
        names = [(stores(one), name) for one in services for name in stores(one).keys(one)]
        for number, (store, name) in enumerate(names):
            # What is deleted meanwhile is left out.
            with suppress(NotFoundError):
                found[name] = self._file(store, name, before.get(name))
            told("files", number + 1, len(names))
        return found

    def _file(self, storage: Storage, name: str, known: Kept | None) -> Kept:
        # Bytes under a key stay what they are; those of another size were saved again.
        is_there = known is not None and self._name(known.sha256) in self._there
        if known is not None and is_there and known.size == storage.size(name):
            return known
        return self._keep(name, partial(storage.read, name))

    def _keep(self, what: str, source: Callable[[], Iterable[bytes]]) -> Kept:
        """Keep what the source gives, unless it is there; read twice, as its name is its digest."""
        kept = Kept(what, *size_and_digest(source()))
        name = self._name(kept.sha256)
        if name not in self._there:
            self._store.put(name, sealed(source(), self._key, name))
            if name in self._noted:
                self._store.delete(_DAMAGED + name)
            self._there.add(name)
        return kept

    def _keys(self, files: dict[str, Path]) -> dict[str, Kept]:
        return {name: self._keep(name, partial(chunks_of, path)) for name, path in files.items()}

    def _damaged(self) -> set[str]:
        return {name.removeprefix(_DAMAGED) for name in self._store.names(_DAMAGED)}

    def _name(self, sha256: str) -> str:
        # By the key: whoever sees the names cannot tell whether we have bytes that they know.
        name = hmac.new(self._key, sha256.encode(), "sha256").hexdigest()
        return f"objects/{name[:2]}/{name}"

    def _write_keys(self, of: BackupSet, place: Callable[[str], Path]) -> None:
        for one in of.keys:
            path = place(one.name)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(one, path)

    def _write(self, one: Kept, path: Path) -> None:
        draft = path.with_name(f".{path.name}.restored")
        with draft.open("wb") as file:
            draft.chmod(0o600)
            file.writelines(self.read(one))
        draft.replace(path)


def a_key(text: str) -> bytes:
    """Return the key in a setting: 32 bytes in base64; raises BackupError."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise BackupError("set BACKUP_KEY to 32 bytes in base64; `backup --new-key` makes one")
    return key


def made_at(id_: str) -> datetime:
    """Return when a set was made, by its id."""
    return datetime.strptime(id_.partition("-")[0], _STAMP).replace(tzinfo=UTC)


def nobody_told(_step: str, _done: int, _of: int) -> None:
    """Tell nobody."""


def figures(of: BackupSet) -> dict[str, Any]:
    """Return what a set holds, in figures."""
    return {
        "id": of.id,
        "at": of.at,
        "rows": sum(int(rows) for rows, _ in of.tables.values()),
        "tables": len(of.tables),
        "files": len(of.files),
        "bytes": sum(one.size for one in of.objects),
    }
