"""`rotate_keys`: a new key, every row under it, and nothing lost on the way."""

import io
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.core.management import CommandError, call_command

from kernel.secrets import rotation
from kernel.secrets.reading import read_secret
from kernel.secrets.ring import ring
from kernel.secrets.rotation import Column, usage
from kernel.secrets.sealing import Place, seal, unseal
from tests.kernel.secrets.conftest import key_text
from tests.kernel.secrets.vaults import Vault

TOKENS = [Column(Vault, "token"), Column(Vault, "password")]


@pytest.fixture
def vaults(db: None, ring_file: Path, monkeypatch: pytest.MonkeyPatch) -> list[Vault]:
    """Rows under the first key of a ring, which the command knows of."""
    monkeypatch.setattr("kernel.management.commands.rotate_keys.columns", lambda: TOKENS)
    monkeypatch.setattr(rotation, "ROWS_AT_ONCE", 10)
    return [Vault.objects.create(name=str(n), token=f"token {n}") for n in range(25)]


def rotate(*options: str) -> str:
    """Return what the command prints."""
    out = io.StringIO()
    call_command("rotate_keys", *options, stdout=out, stderr=out)
    return out.getvalue()


def tokens() -> set[str]:
    """Return the tokens of all rows."""
    return {read_secret(row, "token", purpose="test", shown=False) for row in Vault.objects.all()}


EXPECTED = {f"token {n}" for n in range(25)}


def test_every_row_comes_under_a_new_key_and_keeps_its_text(vaults: list[Vault]) -> None:
    old = ring().active
    Vault.objects.filter(name="7").update(token=None)

    told = rotate()

    new = ring().active
    assert new != old
    assert usage(TOKENS) == Counter({new: 24})
    assert tokens_but_null() == EXPECTED - {"token 7"}
    assert told.splitlines() == [
        "kernel.vault.token: 10 of 24",
        "kernel.vault.token: 20 of 24",
        "kernel.vault.token: 24 of 24",
        f"active: {new}",
        f"not needed here any more: {old}",
    ]


def tokens_but_null() -> set[str]:
    """Return the tokens of the rows that have one."""
    rows = Vault.objects.filter(token__isnull=False)
    return {read_secret(row, "token", purpose="test", shown=False) for row in rows}


def test_the_data_key_is_a_new_one_too(vaults: list[Vault]) -> None:
    before = dict(TOKENS[0].rows())

    rotate()

    after = dict(TOKENS[0].rows())
    assert not {value.split(".")[2] for value in before.values()} & {
        value.split(".")[2] for value in after.values()
    }


def test_a_rotation_that_was_cut_off_goes_on_where_it_was(
    vaults: list[Vault], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = ring().active
    written: list[Any] = []
    write = Column.write

    def fail_at_15(column: Column, key: Any, value: Any) -> None:
        if len(written) == 15:
            raise KeyboardInterrupt
        written.append(key)
        write(column, key, value)

    monkeypatch.setattr(Column, "write", fail_at_15)
    with pytest.raises(KeyboardInterrupt):
        rotate()

    # The batch in which it happened is as it was; every row can be read.
    new = ring().active
    assert usage(TOKENS) == Counter({old: 15, new: 10})
    assert tokens() == EXPECTED

    monkeypatch.setattr(Column, "write", write)
    told = rotate("--resume")

    assert ring().active == new
    assert usage(TOKENS) == Counter({new: 25})
    assert tokens() == EXPECTED
    assert told.startswith("kernel.vault.token: 10 of 15\n")


def test_a_dry_run_reads_everything_and_changes_nothing(vaults: list[Vault]) -> None:
    before = (ring(), dict(TOKENS[0].rows()))
    # As if another key had become active: these rows are what a rotation would find.
    told = rotate("--dry-run", "--json")

    assert (ring(), dict(TOKENS[0].rows())) == before
    assert json.loads(told.splitlines()[-1]) == {
        "active": before[0].active,
        "unused": [],
        "failed": 0,
    }


def test_a_dry_run_of_stale_rows_tells_their_number(vaults: list[Vault], settings: Any) -> None:
    old = json.loads(Path(settings.ENCRYPTION_KEYS_FILE).read_text())
    settings.ENCRYPTION_KEYS = f"new:{key_text(3)}," + ",".join(
        f"{key_id}:{key}" for key_id, key in old["keys"].items()
    )
    before = dict(TOKENS[0].rows())

    told = [json.loads(line) for line in rotate("--dry-run", "--json").splitlines()]

    assert told[2] == {"column": "kernel.vault.token", "total": 25, "done": 25, "failed": {}}
    assert dict(TOKENS[0].rows()) == before


def test_a_row_that_cannot_be_read_is_told_and_does_not_keep_the_others(
    vaults: list[Vault],
) -> None:
    Vault.objects.filter(pk=vaults[3].pk).update(token=vaults[4].token)
    before = dict(TOKENS[0].rows())[vaults[3].pk]

    out = io.StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("rotate_keys", "--json", stdout=out)

    assert caught.value.code == 1
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (told[-2]["done"], list(told[-2]["failed"])) == (24, [str(vaults[3].pk)])
    assert told[-2]["failed"][str(vaults[3].pk)].startswith("SECRET_UNREADABLE: ")
    assert told[-1]["failed"] == 1
    assert dict(TOKENS[0].rows())[vaults[3].pk] == before
    # Its key is still needed, so it is not called unused.
    assert told[-1]["unused"] == []


def test_rows_of_a_lost_key_name_it(vaults: list[Vault], settings: Any) -> None:
    old = ring().active
    settings.ENCRYPTION_KEYS = f"new:{key_text(3)}"

    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("rotate_keys", "--resume", "--json", stdout=out)

    told = json.loads(out.getvalue().splitlines()[-2])
    assert len(told["failed"]) == 25
    (why,) = set(told["failed"].values())
    assert why.startswith(f"SECRET_KEY_MISSING: the encryption key {old} is not in the key ring")


def test_an_unused_key_is_taken_out_and_a_needed_one_is_not(vaults: list[Vault]) -> None:
    old = ring().active
    with pytest.raises(CommandError, match="is the active key"):
        rotate("--remove", old)
    rotate()
    Vault.objects.filter(pk=vaults[0].pk).update(token=vaults[0].token)
    with pytest.raises(CommandError, match=f"1 secrets need {old}"):
        rotate("--remove", old)
    rotate("--resume")

    assert rotate("--remove", old) == f"removed {old}\n"

    assert list(ring().keys) == [ring().active]
    assert tokens() == EXPECTED
    with pytest.raises(CommandError, match="no key"):
        rotate("--remove", old)


def test_keys_of_the_environment_are_changed_there(vaults: list[Vault], settings: Any) -> None:
    settings.ENCRYPTION_KEYS = rotate("--print").strip()

    assert len(ring().keys) == 1
    for options in ((), ("--remove", "x")):
        with pytest.raises(CommandError, match="ENCRYPTION_KEYS"):
            rotate(*options)


def test_texts_inside_of_json_are_encrypted_anew(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = f"old:{key_text(1)}"
    place = Place("mfa_authenticator", "data", "")
    column = Column(Vault, "data", inside_json=True)
    value = {"secret": seal("seed", place), "used": [1, None, "plain", seal("code", place)]}

    settings.ENCRYPTION_KEYS = f"new:{key_text(2)},old:{key_text(1)}"
    changed = column.replaced(value, lambda sealed: seal(unseal(sealed, place), place))

    assert unseal(changed["secret"], place) == "seed"
    assert changed["used"][:3] == [1, None, "plain"]
    assert [text.split(".")[1] for text in column.sealed_in(changed)] == ["new", "new"]


def test_the_files_of_the_database_never_hold_a_plain_secret(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        MAKE_ROWS,
        'rows[0].token = "PLAIN-SECRET again"; rows[0].save()',
        "Vault.objects.filter(pk=rows[1].pk).delete()",
        "os._exit(0)  # with the journal as it is",
    )
    assert done.returncode == 0, done.stderr

    files = [path.read_bytes() for path in tmp_path.glob("*") if path.is_file()]
    assert any(b"plain name" in content for content in files)
    assert any(b"s1.2" in content for content in files)
    assert not any(b"PLAIN-SECRET" in content for content in files)


def test_a_rotation_that_was_killed_loses_nothing(tmp_path: Path) -> None:
    made = run(tmp_path, MAKE_ROWS)
    killed = run(
        tmp_path,
        "from kernel.secrets.rotation import Column; write, seen = Column.write, []",
        "def kill_at_30(*args):",
        "    seen.append(write(*args))",
        "    if len(seen) == 30: os.kill(os.getpid(), 9)",
        "Column.write = kill_at_30",
        ROTATE,
    )
    between = run(tmp_path, TELL)
    resumed = run(tmp_path, ROTATE.replace('"rotate_keys"', '"rotate_keys", "--resume"'))
    after = run(tmp_path, TELL)

    assert (made.returncode, killed.returncode, resumed.returncode) == (0, -9, 0)
    # 20 rows were committed, the batch in which it died is as it was.
    assert between.stdout.split() == ["50", "[20,", "30]"]
    assert after.stdout.split() == ["50", "[50]"]


MAKE_ROWS = """
with connection.schema_editor() as editor: editor.create_model(Vault)
rows = [Vault.objects.create(name="plain name", token=f"PLAIN-SECRET {n}") for n in range(50)]
"""
ROTATE = """
from kernel.management.commands import rotate_keys; from kernel.secrets import rotation
rotate_keys.columns = lambda: [rotation.Column(Vault, "token")]; rotation.ROWS_AT_ONCE = 20
from django.core.management import call_command; call_command("rotate_keys")
"""
TELL = """
from kernel.secrets.reading import read_secret; from kernel.secrets.rotation import Column, usage
print(len({read_secret(row, "token", purpose="test", shown=False) for row in Vault.objects.all()}))
print(sorted(usage([Column(Vault, "token")]).values()))
"""


def run(folder: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, with its database and its keys in a folder."""
    begin = (
        "import os, django; django.setup()",
        "from django.db import connection",
        "from tests.kernel.secrets.vaults import Vault",
    )
    return subprocess.run(
        [sys.executable, "-c", "\n".join([*begin, *lines])],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([*sys.path, str(project_settings.BASE_DIR)]),
            "DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_ring_that_cannot_be_written_is_told(vaults: list[Vault], settings: Any) -> None:
    settings.ENCRYPTION_KEYS_FILE = Path("/proc/keys.json")

    with pytest.raises(CommandError, match=r"/proc/keys\.json cannot be written"):
        rotate()
