"""What becomes of verdicts: other signatures, people who overrule them, types that are refused."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.files import conf
from apps.files.adapters.scanners.port import Outcome, Verdict
from apps.files.adapters.stores import file_store
from apps.files.errors import NotServedError, ScannerUnavailableError
from apps.files.models import AllowedTypes, Blob, File, FileState
from apps.files.selectors.contents import clean_content
from apps.files.services import create_file
from apps.files.services.copying import copy_file
from apps.files.services.orphans import note_lost
from apps.files.services.scanning import enqueue_waiting
from apps.files.services.verdicts import (
    quarantine_file,
    release_file,
    rescan_file,
    rescan_outdated,
)
from contracts.files import FileQuarantined, FileReleased, FileScanned, FileTypesAllowed
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.dynamic import said
from kernel.testing.events import told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.files.archives import EICAR, zipped
from tests.files.library import uploaded

pytestmark = pytest.mark.usefixtures("tenant", "folder")


class Scripted:
    """A scanner that says what the test wants."""

    name = "ClamAV"

    def __init__(self) -> None:
        self.version = "v1"
        self.verdict = Verdict("clean")
        self.down = False

    def signatures(self) -> str:
        if self.down:
            raise ScannerUnavailableError("clamd does not answer")
        return self.version

    def scan(self, chunks: Iterable[bytes], *, size_bytes: int) -> Verdict:
        for _ in chunks:
            pass
        return self.verdict

    def says(self, outcome: Outcome, finding: str = "") -> None:
        self.verdict = Verdict(outcome, finding)


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    made = Scripted()
    for place in ("scanning", "verdicts"):
        monkeypatch.setattr(f"apps.files.services.{place}.scanner", lambda: made)
    return made


def scanned(body: bytes = b"hello", *, name: str = "a.bin") -> File:
    file = uploaded(body, name=name)
    drain()
    return again(file)


def again(file: File) -> File:
    file.refresh_from_db()
    return file


def served(file: File) -> bool:
    try:
        clean_content(str(file.pk))
    except NotServedError:
        return False
    return True


def test_with_other_signatures_files_are_scanned_again_and_served_meanwhile(
    scanner: Scripted,
) -> None:
    file = scanned()
    assert (file.scanner, blob_of(file).signatures) == ("ClamAV", "v1")
    assert rescan_outdated() == 0

    scanner.version = "v2"
    scanner.says("infected", "New.Worm")
    assert rescan_outdated() == 1
    assert rescan_outdated() == 0
    assert (served(file), again(file).rescan_since is None) == (True, False)
    drain()

    assert (again(file).state, file.finding, file.rescan_since) == ("infected", "New.Worm", None)
    assert not served(file)
    assert blob_of(file).signatures == "v2"
    assert [event.outcome for event in told(FileScanned)] == ["clean", "infected"]


def test_a_verdict_that_is_the_same_is_told_once(scanner: Scripted) -> None:
    file = scanned()
    before = again(file).scanned_at
    scanner.version = "v2"

    rescan_outdated()
    drain()

    assert len(told(FileScanned)) == 1
    assert again(file).state == "clean"
    assert before is not None
    assert file.scanned_at is not None
    assert file.scanned_at > before


def test_what_was_infected_may_be_found_clean_by_better_signatures(scanner: Scripted) -> None:
    scanner.says("infected", "False.Alarm")
    file = scanned()
    scanner.version, scanner.verdict = "v0", Verdict("clean")

    rescan_outdated()
    drain()

    assert served(again(file))
    assert [event.outcome for event in told(FileScanned)] == ["infected", "clean"]


def test_only_so_many_wait_to_be_scanned_again_the_newest_first(scanner: Scripted) -> None:
    files = [scanned(name.encode(), name=name) for name in "abc"]
    with in_tenant(make_tenant("other").pk):
        scanned(b"theirs")
    scanner.version = "v2"

    with said(conf.RESCANNED_AT_ONCE, 2):
        assert rescan_outdated() == 2
        assert rescan_outdated() == 0
        waiting = Blob.across_tenants.filter(rescan_since__isnull=False)
        assert [blob_of(again(files[2])).pk in set(waiting.values_list("pk", flat=True))] == [True]
        drain()
        assert rescan_outdated() == 2
        drain()
    assert set(Blob.across_tenants.values_list("signatures", flat=True)) == {"v2"}
    with said(conf.RESCANNED_AT_ONCE, 0):
        scanner.version = "v3"
        assert rescan_outdated() == 0


def test_while_the_scanner_is_down_nothing_is_judged_and_clean_stays_clean(
    scanner: Scripted,
) -> None:
    file = scanned()
    scanner.down = True
    assert rescan_outdated() == 0
    rescan_file(id=str(file.pk))
    drain()
    assert (served(again(file)), file.rescan_since is None) == (True, False)

    scanner.down = False
    later = clock.now() + timedelta(hours=2)
    with patch.object(clock, "now", lambda: later):
        enqueue_waiting()
        drain()

    assert again(file).rescan_since is None


def test_a_rescan_that_lost_its_job_is_taken_up_again(scanner: Scripted) -> None:
    file = scanned()
    Blob.objects.update(rescan_since=clock.now() - timedelta(hours=1))

    enqueue_waiting()
    drain()

    assert blob_of(file).rescan_since is None


def test_staff_release_what_a_scanner_condemned_until_something_else_is_found(
    scanner: Scripted,
) -> None:
    scanner.says("infected", "False.Alarm")
    file, twin = scanned(name="a"), scanned(name="b")
    assert not served(file)

    release_file(id=str(file.pk), reason="our own tool")

    assert (again(file).state, file.release_reason) == ("released", "our own tool")
    assert (served(file), served(again(twin))) == (True, False)
    assert told(FileReleased) == [
        FileReleased(
            file_id=str(file.pk),
            name="a",
            version=1,
            outcome="infected",
            finding="False.Alarm",
            reason="our own tool",
        )
    ]
    rescan_file(id=str(file.pk))
    drain()
    assert (again(file).state, served(file)) == ("released", True)

    scanner.says("infected", "Real.Worm")
    rescan_file(id=str(file.pk))
    drain()
    assert (again(file).state, file.release_reason, served(file)) == ("infected", "", False)


def test_a_released_file_goes_back_into_quarantine(scanner: Scripted) -> None:
    scanner.says("unscannable", "a.zip is encrypted")
    file = scanned()
    release_file(id=str(file.pk), reason="we know the sender")

    quarantine_file(id=str(file.pk), reason="we do not")

    assert (again(file).state, file.release_reason, served(file)) == ("quarantined", "", False)
    drain()
    assert (again(file).state, file.finding) == ("unscannable", "a.zip is encrypted")
    assert [event.reason for event in told(FileQuarantined)] == ["we do not"]


def test_a_verdict_on_what_was_put_back_meanwhile_does_not_count(scanner: Scripted) -> None:
    file = uploaded(b"hello")

    def scan(chunks: Iterable[bytes], *, size_bytes: int) -> Verdict:
        list(chunks)
        Blob.objects.update(state=FileState.QUARANTINED)
        return Verdict("clean")

    with patch.object(scanner, "scan", scan):
        drain()

    assert not served(again(file))


def test_bytes_that_are_not_those_that_came_are_never_released() -> None:
    file = uploaded(b"hello", sha256="0" * 64)
    drain()
    assert (again(file).state, file.scanner) == ("unscannable", "")

    with pytest.raises(ConflictError, match="what is kept is not what came"):
        release_file(id=str(file.pk), reason="it is ours")

    assert not served(again(file))


def test_what_was_judged_before_its_end_is_released_with_its_true_digest() -> None:
    body = b"x" * 1_500_000
    with said(conf.ARCHIVE_UNPACKED_BYTES, 1_000_000):
        file = scanned(zipped({"a": body}, method=0))
    assert (again(file).state, file.finding[:5]) == ("unscannable", "a zip")

    release_file(id=str(file.pk), reason="ours")

    sum_ = clean_content(str(file.pk)).sha256
    digest = sha256(zipped({"a": body}, method=0)).hexdigest()
    assert sum_ == digest


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_without_a_reason_nothing_is_overruled(scanner: Scripted, reason: str) -> None:
    scanner.says("infected", "Worm")
    file = scanned()

    for change in (release_file, quarantine_file):
        with pytest.raises(InvalidInputError):
            change(id=str(file.pk), reason=reason)

    assert again(file).state == "infected"
    assert told(FileReleased) == []


def test_what_is_not_condemned_is_not_released(scanner: Scripted) -> None:
    clean_one, bare = (
        scanned(),
        create_file(name="a", content_type="text/csv", size_bytes=1),
    )

    with pytest.raises(ConflictError, match="the file is clean, and only"):
        release_file(id=str(clean_one.pk), reason="why not")
    with pytest.raises(ConflictError, match="the file has no bytes yet"):
        rescan_file(id=str(bare.pk))
    with in_tenant(make_tenant("other").pk), pytest.raises(NotFoundError):
        quarantine_file(id=str(clean_one.pk), reason="theirs")

    assert (told(FileReleased), told(FileQuarantined)) == ([], [])


def test_types_that_are_not_allowed_are_refused_by_their_bytes() -> None:
    with said(conf.ALLOWED_TYPES, ["image/*", "text/plain"]):
        files = {
            name: scanned(body, name=name)
            for name, body in {
                "a.txt": b"hello",
                "a.png": b"\x89PNG\r\n\x1a\n",
                "photo.png": b"MZ" + bytes(100),
                "eicar.txt": EICAR,
                "a.zip": zipped({"a": b"b"}),
            }.items()
        }

    assert {name: (file.state, file.finding) for name, file in files.items()} == {
        "a.txt": ("clean", ""),
        "a.png": ("clean", ""),
        "photo.png": (
            "refused",
            "TYPE_NOT_ALLOWED: application/vnd.microsoft.portable-executable",
        ),
        "eicar.txt": ("infected", "EICAR test signature"),
        "a.zip": ("refused", "TYPE_NOT_ALLOWED: application/zip"),
    }
    assert [served(file) for file in files.values()] == [True, True, False, False, False]


def test_a_tenant_lets_in_less_than_the_installation_and_never_more(graphql: GraphQLClient) -> None:
    allow = """mutation($types: [String!]!) {
      allowFileTypes(input: {types: $types}) { types error { code } } }"""
    read = "{ allowedFileTypes { types everywhere } }"
    made = graphql(allow, types=["text/plain", "image/*", "text/plain"]).data["allowFileTypes"]
    wrong = graphql(allow, types=["plain"]).data["allowFileTypes"]
    graphql(allow, types=["text/plain", "image/*"])

    with said(conf.ALLOWED_TYPES, ["text/plain", "application/zip"]):
        listed = graphql(read).data["allowedFileTypes"]
        found = {
            name: scanned(body, name=name).state
            for name, body in {
                "a.txt": b"hello",
                "a.png": b"\x89PNG\r\n\x1a\n",
                "a.zip": zipped({"a": b"b"}),
            }.items()
        }
    with in_tenant(make_tenant().pk):
        elsewhere = scanned(zipped({"a": b"c"}), name="b.zip").state
    graphql(allow, types=[])

    assert made == {"types": ["text/plain", "image/*"], "error": None}
    assert wrong == {"types": None, "error": {"code": "INVALID_INPUT"}}
    assert listed == {
        "types": ["text/plain", "image/*"],
        "everywhere": ["text/plain", "application/zip"],
    }
    assert found == {"a.txt": "clean", "a.png": "refused", "a.zip": "refused"}
    assert elsewhere == "clean"
    assert told(FileTypesAllowed) == [
        FileTypesAllowed(types=("text/plain", "image/*")),
        FileTypesAllowed(types=()),
    ]
    assert scanned(zipped({"a": b"d"}), name="c.zip").state == "clean"


def test_where_a_scanner_is_required_a_basic_check_is_not_enough(
    scanner: Scripted, settings: Any
) -> None:
    scanner.name = "basic check"
    basic = scanned(b"one")
    scanner.name = "ClamAV"
    real = scanned(b"two")
    scanner.says("infected", "Alarm")
    released = scanned(b"three")
    release_file(id=str(released.pk), reason="ours")
    assert [served(again(file)) for file in (basic, real, released)] == [True, True, True]

    settings.SCANNER = "required"

    assert [served(again(file)) for file in (basic, real, released)] == [False, True, True]
    with pytest.raises(NotServedError, match="no virus scanner has seen the file"):
        clean_content(str(basic.pk))


SHOWN = """query($id: ID!) { file(id: $id) { state scanner finding basicCheckOnly typeMatches
    detectedType scannedAt rescanSince releaseReason } }"""


def test_the_graph_shows_what_a_verdict_is_worth(graphql: GraphQLClient) -> None:
    file, bare = scanned(), create_file(name="b", content_type="text/csv", size_bytes=1)

    shown = graphql(SHOWN, id=str(file.pk)).data["file"]

    assert shown.pop("scannedAt")
    assert shown == {
        "state": "CLEAN",
        "scanner": "basic check",
        "finding": "",
        "basicCheckOnly": True,
        "typeMatches": True,
        "detectedType": "text/plain",
        "rescanSince": None,
        "releaseReason": "",
    }
    shown = graphql(SHOWN, id=str(bare.pk)).data["file"]
    assert (shown["basicCheckOnly"], shown["typeMatches"]) == (False, None)


CHANGES = {
    "rescan": "mutation($input: RescanFileInput!) { change: rescanFile(input: $input)",
    "release": "mutation($input: ReleaseFileInput!) { change: releaseFile(input: $input)",
    "quarantine": "mutation($input: QuarantineFileInput!) { change: quarantineFile(input: $input)",
}


def change(client: GraphQLClient, what: str, **given: str) -> Any:
    document = f"{CHANGES[what]} {{ file {{ state }} error {{ code }} }} }}"
    return client(document, input=given)


def test_clients_rescan_release_and_quarantine(
    graphql: GraphQLClient, scanner: Scripted, tenant: Tenant
) -> None:
    scanner.says("infected", "Worm")
    row_id = str(scanned().pk)

    asked = {"id": row_id, "reason": "known"}
    assert change(graphql, "release", **asked).data["change"]["file"] == {"state": "RELEASED"}
    assert change(graphql, "quarantine", **asked).data["change"]["file"]["state"] == "QUARANTINED"
    assert change(graphql, "release", **asked).data["change"]["error"] == {"code": "CONFLICT"}
    assert change(graphql, "rescan", id=row_id).data["change"]["file"]["state"] == "QUARANTINED"

    writer = GraphQLClient(make_key(tenant, "files:write").secret, "/files/graphql")
    assert change(writer, "release", **asked).codes == ["FORBIDDEN"]
    assert change(writer, "quarantine", **asked).codes == ["FORBIDDEN"]
    stranger = GraphQLClient(make_key(make_tenant("b")).secret, "/files/graphql")
    assert change(stranger, "release", **asked).data["change"]["error"] == {"code": "NOT_FOUND"}


def test_a_verdict_takes_as_many_queries_however_many_files_share_it(scanner: Scripted) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            rescan_file(id=str(File.objects.order_by("created_at")[0].pk))
            drain()
        return len(captured)

    scanned(name="first")
    one = queries()
    for number in range(10):
        scanned(name=f"more {number}")
    assert Blob.objects.count() == 1

    assert queries() == one


@pytest.fixture
def staff() -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("admin", password="secret"))
    return browser


def page(file: File, action: str) -> str:
    return f"/admin/files/file/{file.pk}/{action}/"


def test_staff_release_and_quarantine_with_a_reason(staff: Client, scanner: Scripted) -> None:
    scanner.says("infected", "False.Alarm")
    file = scanned()
    why = {"reason": "our own tool"}

    assert "which is infected: False.Alarm" in staff.post(page(file, "release"), why).text
    assert again(file).state == "infected"
    staff.post(page(file, "release"), why | {"confirmed": "yes"})
    assert (again(file).state, file.release_reason) == ("released", "our own tool")
    assert told(FileReleased)[0].reason == "our own tool"

    shown = staff.get(f"/admin/files/file/{file.pk}/change/").text
    assert "our own tool" in shown
    assert (
        "Nothing was changed" in staff.post(page(file, "release"), why | {"confirmed": "yes"}).text
    )
    staff.post(page(file, "quarantine"), why | {"confirmed": "yes"})
    assert again(file).state == "quarantined"


def test_staff_scan_again_one_or_many(staff: Client, scanner: Scripted) -> None:
    one, other = scanned(b"one"), scanned(b"two")

    staff.post(page(one, "rescan"), {"confirmed": "yes"})
    assert (again(one).rescan_since is None, again(other).rescan_since is None) == (False, True)
    many = {"action": "rescan", "_selected_action": [str(other.pk)], "confirmed": "1"}
    staff.post("/admin/files/file/", many)
    assert again(other).rescan_since is not None


def test_staff_retain_a_file_and_try_again_what_could_not_be_encrypted(staff: Client) -> None:
    file = scanned()
    Blob.objects.update(encrypt_since=clock.now(), encrypting_problem="SECRET_KEY_MISSING: lost")
    until = {"until": "2099-01-01"}

    assert "until 2099-01-01?" in staff.post(page(file, "retain"), until).text
    assert again(file).retained_until is None
    staff.post(page(file, "retain"), until | {"confirmed": "yes"})
    shown = staff.get(f"/admin/files/file/{file.pk}/change/").text
    staff.post(page(file, "encrypt"), {"confirmed": "yes"})

    assert again(file).retained_until == datetime(2099, 1, 1, tzinfo=UTC)
    assert "cannot be encrypted: SECRET_KEY_MISSING: lost" in shown
    assert Blob.objects.get().encrypting_problem == ""


def test_staff_say_what_files_of_a_tenant_may_be(staff: Client, tenant: Tenant) -> None:
    path, given = "/admin/files/allowedtypes/allow/", {"tenant": str(tenant.pk)}
    types = given | {"types": "text/plain\nimage/*"}

    assert "Let files be text/plain, image/*?" in staff.post(path, types).text
    assert not AllowedTypes.objects.exists()
    staff.post(path, types | {"confirmed": "yes"})
    assert AllowedTypes.objects.get().types == ["text/plain", "image/*"]
    staff.post(path, given | {"types": "", "confirmed": "yes"})
    assert not AllowedTypes.objects.exists()


def test_the_list_says_what_had_a_basic_check_only_and_what_is_no_such_type(
    staff: Client,
) -> None:
    file = scanned(b"MZ" + bytes(100), name="photo.png")
    File.objects.update(content_type="image/png")

    assert "basic check only" in staff.get("/admin/files/file/").text
    assert "not what its sender says" in staff.get(f"/admin/files/file/{file.pk}/change/").text


def test_who_may_only_look_at_files_changes_no_verdict(scanner: Scripted) -> None:
    scanner.says("infected", "Worm")
    file = scanned()
    browser = Client()
    browser.force_login(User.objects.create_user("reader", password="secret", is_staff=True))

    for action in ("release", "quarantine", "rescan", "retain", "encrypt"):
        answer = browser.post(page(file, action), {"reason": "x", "confirmed": "yes"})
        assert answer.status_code == 403
    assert again(file).state == "infected"


def test_released_files_are_those_of_all_with_the_same_bytes(folder: Path) -> None:
    first = scanned(name="a")
    second = scanned(name="b")
    assert blob_of(again(first)).pk == blob_of(again(second)).pk
    Blob.objects.update(state="infected", finding="Alarm")
    File.objects.update(state="infected", finding="Alarm")

    release_file(id=str(first.pk), reason="ours")

    assert again(second).state == "released"
    assert {event.file_id for event in told(FileReleased)} == {str(first.pk), str(second.pk)}


def test_what_was_released_is_copied_and_missed_like_what_is_clean(scanner: Scripted) -> None:
    scanner.says("infected", "Alarm")
    file = scanned()
    release_file(id=str(file.pk), reason="ours")

    copy = copy_file(id=str(file.pk), name="copy")
    assert served(copy)
    file_store().delete(blob_of(file).storage_key)
    assert note_lost() == 1

    assert again(copy).state == again(file).state == "unscannable"


def blob_of(file: File) -> Blob:
    return Blob.objects.get(files=file)
