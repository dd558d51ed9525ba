"""Other people's code judges: Go's `sumdb/note`, transparency-dev's `merkle` and `formats`."""

import json
import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.audit.models import AuditLog, Checkpoint, LogHead
from apps.audit.selectors.integrity import consistency_between, receipt_for, verifier_keys
from apps.audit.services.publishing import publish_checkpoint
from apps.audit.services.recording import record_all
from apps.audit.services.sealing import seal_some
from apps.audit.services.signing import rotate_key
from kernel.identity.models import Tenant
from tests.audit.factories import an_entry
from tests.audit.test_witnesses import Witness, witness  # noqa: F401  a fixture

pytestmark = pytest.mark.go

SOURCE = Path(__file__).with_name("verifier")
Judge = Callable[[list[dict[str, Any]]], list[str]]


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """The verifier, built of its sources: an answer to each question."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("the Go toolchain is not installed")
    program = tmp_path_factory.mktemp("verifier") / "verifier"
    command = [go, "build", "-buildvcs=false", "-o", str(program), "."]
    built = subprocess.run(
        command, cwd=SOURCE, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr

    def ask(questions: list[dict[str, Any]]) -> list[str]:
        lines = "".join(f"{json.dumps(one)}\n" for one in questions)
        return subprocess.check_output([program], input=lines, text=True).splitlines()

    return ask


@pytest.fixture
def log(tenant: Tenant) -> dict[str, str]:
    """A log of 700 records in five checkpoints, the last of them by two keys; the new key of it."""
    record_all([an_entry(action=f"ä{number}", metadata={"n": number / 7}) for number in range(700)])
    while seal_some(most=190):
        pass
    rotate_key(overlap=timedelta(days=1))
    record_all([an_entry()] * 50)
    seal_some()
    origin = LogHead.objects.get().origin
    (_, _), (old, _) = verifier_keys(origin)
    return {"key": str(old), "origin": origin}


def receipts(log: dict[str, str], every: int) -> list[dict[str, Any]]:
    ids = AuditLog.objects.order_by("pk").values_list("pk", flat=True)[::every]
    return [log | {"receipt": receipt_for(one)} for one in ids]


def test_every_receipt_is_accepted(log: dict[str, str], judge: Judge) -> None:
    questions = receipts(log, every=10)

    assert judge(questions) == ["ok"] * 75


def test_every_checkpoint_continues_every_one_before_it(log: dict[str, str], judge: Judge) -> None:
    made = list(Checkpoint.objects.order_by("number"))
    questions = [
        log
        | {
            "older": older.note,
            "newer": newer.note,
            "path": [b64encode(one).decode() for one in consistency_between(*sizes)],
        }
        for newer in made
        for older in made
        if older.number <= newer.number
        for sizes in [(older.size, newer.size)]
    ]

    assert judge(questions) == ["ok"] * 15


def test_a_note_by_old_and_new_key_opens_with_either(log: dict[str, str], judge: Judge) -> None:
    (new, _), (old, _) = verifier_keys(log["origin"])
    (question,) = receipts(log, every=1_000)

    assert judge([question | {"key": str(old)}, question | {"key": str(new)}]) == ["ok", "ok"]


@pytest.mark.parametrize(
    "forge",
    [
        lambda one: one | {"record": one["record"].replace("invoice", "invoicf")},
        lambda one: one | {"position": one["position"] + 1},
        lambda one: one | {"path": one["path"][:-1]},
        lambda one: one | {"path": [*one["path"], one["path"][0]]},
        lambda one: one | {"path": [_flipped(one["path"][0]), *one["path"][1:]]},
        lambda one: one | {"checkpoint": one["checkpoint"].replace("\n750\n", "\n751\n")},
        lambda one: one | {"checkpoint": one["checkpoint"].replace("septet/", "forged/")},
        lambda one: one | {"checkpoint": one["checkpoint"].split("\n— ")[0] + "\n"},
    ],
    ids=["record", "position", "shorter", "longer", "path", "size", "origin", "unsigned"],
)
def test_a_forged_receipt_is_refused(
    log: dict[str, str], judge: Judge, forge: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    (question,) = receipts(log, every=1_000)

    (answer,) = judge([question | {"receipt": forge(question["receipt"])}])

    assert answer.startswith("refused: ")


def test_a_forged_consistency_and_a_foreign_key_are_refused(
    log: dict[str, str], judge: Judge
) -> None:
    older, newer = Checkpoint.objects.get(number=1), Checkpoint.objects.get(number=4)
    path = [b64encode(one).decode() for one in consistency_between(older.size, newer.size)]
    question = log | {"older": older.note, "newer": newer.note, "path": path}
    other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

    answers = judge(
        [
            question | {"path": [_flipped(path[0]), *path[1:]]},
            question | {"older": newer.note, "newer": older.note},
            question | {"path": path[:-1]},
            question | {"key": other},
        ]
    )

    assert [answer.split(":")[0] for answer in answers] == ["refused"] * 4


def test_who_has_cosigned_is_told_from_who_has_not(
    log: dict[str, str],
    judge: Judge,
    witness: Witness,  # noqa: F811
) -> None:
    publish_checkpoint()
    (question,) = receipts(log, every=1_000)
    note = question["receipt"]["checkpoint"]
    head, line = note.removesuffix("\n").rsplit("\n", 1)
    name, signature = line.removeprefix("\N{EM DASH} ").split(" ")
    forged = f"{head}\n\N{EM DASH} {name} {_flipped_at(signature, 4)}\n"
    another = Witness()
    another.server.server_close()

    def asked(checkpoint: str, *keys: str) -> dict[str, Any]:
        receipt = question["receipt"] | {"checkpoint": checkpoint}
        return question | {"receipt": receipt, "witnesses": keys}

    answers = judge(
        [
            asked(note, witness.key),
            asked(note, witness.key, another.key),
            asked(forged, witness.key),
            asked(f"{head}\n", witness.key),
            asked(f"{head}\n"),
        ]
    )

    assert [one.split(":")[0] for one in answers] == ["ok", *["refused"] * 3, "ok"]


def _flipped_at(text: str, place: int) -> str:
    data = bytearray(b64decode(text))
    data[place] ^= 1
    return b64encode(bytes(data)).decode()


def _flipped(text: str) -> str:
    return _flipped_at(text, 0)
