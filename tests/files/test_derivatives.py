"""Pictures and texts of files: made once of what is clean, shown only of what is given out."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock, patch

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from apps.files.adapters.scanners import Verdict
from apps.files.adapters.sealed import StoredBytes
from apps.files.adapters.stores import file_store
from apps.files.errors import DerivativePendingError
from apps.files.models import Blob, BlobText, Derivative, File
from apps.files.selectors.contents import clean_content
from apps.files.selectors.search import name_has, with_words
from apps.files.services import delete_file
from apps.files.services.blobs import judge
from apps.files.services.copying import copy_file
from apps.files.services.derivatives import (
    RENDERING,
    derive_blob,
    picture,
    remake_lost,
    retry_limited,
)
from apps.files.services.moving import move_files
from apps.files.services.orphans import forget_unknown
from apps.files.services.quotas import lock_usage
from apps.files.services.trash import trash_files
from apps.files.services.verdicts import quarantine_file
from apps.files.tenant_data import FilesPart
from kernel.identity.models import Tenant
from kernel.sandbox import Answer as SandboxAnswer
from kernel.storage.local import LocalStorage
from kernel.storage.moving import MovingStorage
from kernel.storage.port import StorageUnavailableError
from kernel.tenancy.context import in_tenant
from kernel.tenancy.models import view_of
from kernel.tenancy.policies import grant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.files.library import clean, uploaded, used
from tests.files.pictures import bomb_png, docx, image, opened, pdf
from tests.files.site import Answer, Site, running_site, wait_for
from tests.files.test_blobs import kept
from tests.files.test_contents import FILES
from tests.files.test_signed import fetch
from tests.files.test_transfers import refuses

SHOWN = """{ files { totalCount nodes {
    name textExcerpt
    thumbnail { state reason width height url } preview { state reason width height url } } } }"""
FIND = "query($text: String) { files(filter: {text: $text}, order: NAME) { nodes { name } } }"
in_process = pytest.mark.usefixtures("tenant", "folder")


@pytest.fixture(scope="module", autouse=True)
def _sandbox_ends() -> Iterator[None]:
    yield
    RENDERING.close()


def rows_of(file: File) -> dict[str, tuple[str, str]]:
    rows = Derivative.objects.filter(blob__files=file)
    return {row.kind: (row.state, row.reason) for row in rows}


def verdict(blob: Blob, outcome: Any) -> None:
    with transaction.atomic():
        lock_usage()
        judge(blob, Verdict(outcome, ""), scanner="later")


def shown(graphql: GraphQLClient) -> dict[str, Any]:
    """Return the one file that is listed."""
    [node] = graphql(SHOWN).data["files"]["nodes"]
    found: dict[str, Any] = node
    return found


def found(graphql: GraphQLClient, text: str) -> list[str]:
    return [node["name"] for node in graphql(FIND, text=text).data["files"]["nodes"]]


@in_process
def test_a_clean_image_gets_its_pictures(folder: Path) -> None:
    data = image()
    file = clean(data, name="field.png")

    rows = {row.kind: row for row in Derivative.objects.filter(blob__files=file)}

    assert {kind: (row.state, row.width, row.height) for kind, row in rows.items()} == {
        "preview": ("ready", 1024, 512),
        "thumbnail": ("ready", 256, 128),
    }
    for row in rows.values():
        stored = b"".join(file_store().read(row.storage_key))
        assert (len(stored), opened(stored).width) == (row.size_bytes, row.width)
    # They are no part of what the tenant may take.
    assert used() == len(data)
    assert forget_unknown() == 0
    assert len(kept(folder)) == 3


@in_process
def test_what_is_not_clean_gets_none() -> None:
    file = uploaded(image())
    derive_blob(Blob.objects.get(files=file).pk)
    assert rows_of(file) == {}

    with patch("apps.files.services.scanning.scanner") as asked:
        asked.return_value.scan.side_effect = lambda chunks, **_: (
            list(chunks),
            Verdict("infected", "Found"),
        )[1]
        asked.return_value.signatures.return_value = ""
        asked.return_value.name = "test"
        drain()

    assert File.objects.get().state == "infected"
    assert Derivative.objects.count() == 0


@in_process
def test_twins_and_copies_have_one_of_each(folder: Path) -> None:
    data = image()
    first, second = clean(data, name="a.png"), clean(data, name="b.png")
    copy_file(id=str(first.pk))
    drain()
    assert (Derivative.objects.count(), len(kept(folder))) == (2, 3)

    delete_file(id=str(first.pk))
    drain()
    assert len(rows_of(second)) == 2

    for file in File.objects.all():
        delete_file(id=str(file.pk))
    drain()
    assert (Derivative.objects.count(), kept(folder)) == (0, [])


@in_process
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (lambda: bomb_png(50_000, 50_000), "TOO_MANY_PIXELS"),
        (lambda: image("JPEG")[:2_000], "BROKEN"),
    ],
)
def test_hostile_files_get_a_reason_and_the_next_its_pictures(
    data: Callable[[], bytes], expected: str
) -> None:
    file, good = uploaded(data(), name="bad"), uploaded(image(), name="good")
    drain()

    assert set(rows_of(file).values()) == {("impossible", expected)}
    assert set(rows_of(good).values()) == {("ready", "")}


@in_process
@pytest.mark.parametrize(
    ("told", "parts"),
    [
        ({}, [b"RIFF1234WEBP"] * 2),
        ({"sizes": [[1, 1], [1]]}, [b"RIFF1234WEBP"] * 2),
        ({"sizes": [[1, 1], [1, 10**9]]}, [b"RIFF1234WEBP"] * 2),
        ({"sizes": [[1, 1], [1, 1]]}, [b"<script>alert(1)</script>"] * 2),
        ({"sizes": [[1, 1]]}, [b"RIFF1234WEBP"]),
    ],
)
def test_what_was_made_up_is_not_kept(told: dict[str, Any], parts: list[bytes]) -> None:
    answer = SandboxAnswer(told=told, parts=parts, cpu_seconds=0, peak_bytes=0)
    with patch.object(RENDERING, "run", return_value=answer):
        file = clean(image())

    assert set(rows_of(file).values()) == {("impossible", "SANDBOX_FAILED")}


@in_process
def test_what_is_too_long_is_not_read() -> None:
    with patch("apps.files.services.derivatives.DERIVED_BYTES", Mock(value=lambda: 100)):
        file = clean(image())

    assert set(rows_of(file).values()) == {("impossible", "TOO_LONG")}


@in_process
def test_what_a_limit_made_impossible_is_made_when_the_limit_is_another() -> None:
    broken = clean(image("JPEG")[:2_000], name="broken")
    with patch("apps.files.services.derivatives.DERIVED_BYTES", Mock(value=lambda: 100)):
        file = clean(image())
        assert retry_limited() == 0

    assert retry_limited() == len(rows_of(file))
    drain()

    assert set(rows_of(file).values()) == {("ready", "")}
    assert set(rows_of(broken).values()) == {("impossible", "BROKEN")}
    assert retry_limited() == 0


@in_process
def test_a_store_that_fails_leaves_them_pending_and_the_job_goes_on() -> None:
    file = uploaded(image())
    with patch.object(StoredBytes, "save", side_effect=StorageUnavailableError("away")):
        drain()
    assert set(rows_of(file).values()) == {("pending", "")}

    derive_blob(Blob.objects.get().pk)

    assert set(rows_of(file).values()) == {("ready", "")}


@in_process
def test_what_its_blob_left_behind_is_forgotten(folder: Path) -> None:
    file = clean(image())
    Derivative.objects.all().delete()
    blob = Blob.objects.get()

    save = StoredBytes.save

    def gone(stored: StoredBytes, plain: Iterable[bytes]) -> None:
        save(stored, plain)
        if File.objects.exists():
            delete_file(id=str(file.pk))

    with patch.object(StoredBytes, "save", gone):
        derive_blob(blob.pk)
    drain()

    assert Derivative.objects.count() == 0
    assert forget_unknown() == 2
    assert kept(folder) == []


@in_process
def test_lost_bytes_are_made_again() -> None:
    file = clean(image())
    lost = Derivative.objects.get(kind="thumbnail")
    file_store().delete(lost.storage_key)

    assert remake_lost() == 1
    assert rows_of(file)["thumbnail"] == ("pending", "")
    drain()

    assert file_store().exists(lost.storage_key)
    assert set(rows_of(file).values()) == {("ready", "")}


@in_process
def test_the_bytes_go_with_the_tenant(tenant: Tenant, folder: Path) -> None:
    clean(image())
    clean(b"some words")
    told: list[str] = []

    FilesPart("files").erase(tenant.pk, lambda table, _count: told.append(table))

    assert kept(folder)[1:] == kept(folder)[:-1] == []
    assert {"files_derivative", "files_blobtext"} <= set(told)


@in_process
def test_the_graph_shows_them_while_the_file_is_given_out(graphql: GraphQLClient) -> None:
    file = clean(pdf("Alpha and omega"), name="a.pdf")
    node = shown(graphql)
    assert node["textExcerpt"] == "Alpha and omega"
    assert node["thumbnail"]["url"].endswith("/thumbnail/")
    assert {name: node["preview"][name] for name in ("state", "reason", "width", "height")} == {
        "state": "READY",
        "reason": "",
        "width": 792,
        "height": 1024,
    }
    # The same for as long as a browser may keep it.
    assert shown(graphql) == node

    nothing = {"name": "a.pdf", "textExcerpt": None, "thumbnail": None, "preview": None}
    quarantine_file(id=str(file.pk), reason="looks odd")
    assert (shown(graphql), found(graphql, "omega")) == (nothing, [])
    drain()
    assert shown(graphql) == node
    verdict(Blob.objects.get(), "infected")
    assert (shown(graphql), found(graphql, "omega")) == (nothing, [])


@in_process
def test_with_a_scanner_required_a_basic_check_shows_nothing(graphql: GraphQLClient) -> None:
    clean(pdf("Alpha"), name="a.pdf")

    with override_settings(SCANNER="required"):
        assert (shown(graphql)["thumbnail"], found(graphql, "alpha")) == (None, [])


@in_process
def test_the_graph_says_why_there_is_none(graphql: GraphQLClient) -> None:
    clean(image("JPEG")[:2_000], name="a.jpg")

    assert shown(graphql)["thumbnail"] == {
        "state": "IMPOSSIBLE",
        "reason": "BROKEN",
        "width": None,
        "height": None,
        "url": None,
    }


@in_process
def test_a_list_costs_three_queries_more_however_long(graphql: GraphQLClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert graphql(SHOWN).data["files"]["totalCount"]
        return len(captured)

    clean(b"words of one", name="1")
    graphql(SHOWN)
    one = queries()
    for number in range(5):
        clean(b"words of %d" % number, name=f"{number}")

    assert queries() == one


@in_process
def test_files_are_found_by_words_of_their_text_and_of_their_names(
    graphql: GraphQLClient,
) -> None:
    clean(docx("Résumé of the Landebahn inspection".encode()), name="a.docx")
    clean(b"The runway was closed", name="b.txt")
    clean(b"\0\1\2", name="runway 25.bin")

    assert found(graphql, "resume") == ["a.docx"]
    assert found(graphql, "LANDE inspection") == ["a.docx"]
    assert found(graphql, "landebahn runway") == []
    assert found(graphql, "runway") == ["b.txt", "runway 25.bin"]
    # Short ones are whole words.
    assert found(graphql, "ru") == ["runway 25.bin"]
    assert found(graphql, "of") == ["a.docx"]
    assert found(graphql, "\"' OR & | :* -") == []


@in_process
def test_no_word_is_no_question(graphql: GraphQLClient) -> None:
    for text in ("", " -'\"", "x" * 201):
        assert graphql(FIND, text=text).codes == ["INVALID_INPUT"]
    # Null asks nothing.
    assert graphql(FIND, text=None).data["files"] == {"nodes": []}


@in_process
def test_words_go_with_the_trash_and_with_the_file(graphql: GraphQLClient) -> None:
    file = clean(b"The runway was closed", name="b.txt")
    trash_files(ids=[str(file.pk)])
    assert found(graphql, "closed") == []

    delete_file(id=str(file.pk))
    drain()

    assert BlobText.objects.count() == 0
    clean(b"another text", name="c.txt")
    assert found(graphql, "closed") == []
    assert found(graphql, "another") == ["c.txt"]


@in_process
def test_another_tenant_finds_and_sees_nothing(tenant: Tenant) -> None:
    other = make_tenant()
    theirs = GraphQLClient(make_key(other).secret, "/files/graphql")
    clean(b"The runway was closed", name="b.txt")
    with in_tenant(other.pk):
        clean(b"Their runway", name="theirs.txt")

    assert found(theirs, "runway") == ["theirs.txt"]
    assert found(theirs, "closed") == []
    # The word of a tenant is none that can be asked for.
    assert found(theirs, f"t{tenant.pk.hex}") == []


def sent(site: Site, name: str, body: bytes) -> str:
    answer = site.ask("PUT", f"{FILES}{name}", body)
    assert answer.status == 201, answer
    return answer.headers["location"]


def made(site: Site, path: str, kind: str = "thumbnail", **told: Any) -> Answer:
    def there() -> Answer | None:
        answer = site.ask("GET", f"{path}/{kind}/", **told)
        waits = answer.status == 409 or (answer.status == 404 and "PENDING" in answer.code)
        return None if waits else answer

    return wait_for(there)


@pytest.fixture(scope="module")
def png(site: Site) -> str:
    """The path of an image that has its pictures."""
    path = sent(site, "field.png", image())
    assert made(site, path).status == 200
    return path


def test_pictures_are_given_out(site: Site, png: str) -> None:
    answer, preview = made(site, png), made(site, png, "preview")

    assert (opened(answer.body).size, opened(preview.body).size) == ((256, 128), (1024, 512))
    expected = {
        "content-type": "image/webp",
        "content-disposition": 'inline; filename="field thumbnail.webp"',
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected
    tag = answer.headers["etag"]
    again = site.ask("GET", f"{png}/thumbnail/", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    head = site.ask("HEAD", f"{png}/thumbnail/")
    assert (head.status, head.headers["content-length"]) == (200, str(len(answer.body)))


def test_a_signed_address_needs_no_key_and_opens_nothing_else(site: Site, png: str) -> None:
    query = "query($id: ID!) { file(id: $id) { thumbnail { url } preview { url } } }"
    file = site.graphql(query, id=png.rpartition("/")[2])["file"]

    answer = fetch(site, file["thumbnail"]["url"])

    assert opened(answer.body).size == (256, 128)
    url = str(file["thumbnail"]["url"])
    assert fetch(site, url.replace("/view/", "/view/x")).code == "LINK_INVALID"
    assert fetch(site, url.replace("thumbnail/", "text/")).code == "NOT_FOUND"


def test_pictures_have_the_rules_of_contents(site: Site, png: str, stranger: str) -> None:
    kind = f"{png}/thumbnail/"
    writer = site.manage("key", "issue", "--tenant", "demo", "--scope", "files:write")
    key = next(word for word in writer.split() if word.startswith("septet_"))

    assert site.ask("GET", kind, headers={"Authorization": ""}).status == 401
    assert site.ask("GET", kind, key=key).code == "FORBIDDEN"
    assert site.ask("GET", kind, key=stranger).code == "NOT_FOUND"
    assert site.ask("POST", kind).status == 405
    assert site.ask("GET", f"{png}/text/").code == "NOT_FOUND"


def test_there_is_an_answer_for_each_reason(site: Site) -> None:
    text = sent(site, "plain.txt", b"words")
    broken = sent(site, "broken.jpg", image("JPEG")[:2_000])

    assert made(site, text).code == "DERIVATIVE_IMPOSSIBLE"
    answer = made(site, broken)
    assert (answer.status, answer.code) == (404, "DERIVATIVE_IMPOSSIBLE")
    assert b"BROKEN" in answer.body


@in_process
def test_a_picture_that_nobody_made_is_made_when_it_is_asked_for() -> None:
    file = clean(image(), name="older.png")
    Derivative.objects.all().delete()

    for _ in range(2):
        with pytest.raises(DerivativePendingError):
            picture(clean_content(str(file.pk)), "thumbnail")
    assert drain() == 1

    assert picture(clean_content(str(file.pk)), "thumbnail").name == "older thumbnail.webp"


@pytest.mark.live
def test_a_worker_that_is_killed_while_it_makes_them_loses_nothing(tmp_path: Path) -> None:
    with running_site(tmp_path, FAULT="files-derived:1") as dying:
        path = dying.ask("PUT", f"{FILES}a.png", image()).headers["location"]
        key = dying.key
        wait_for(lambda: True if refuses(dying) else None)
    with running_site(tmp_path, key=key) as back:
        assert made(back, path).status == 200


@contextmanager
def as_the_application(name: str) -> Iterator[Any]:
    """Ask as a role that policies bind, in a transaction of its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} NOLOGIN NOBYPASSRLS")
        grant(cursor, name)
        cursor.execute(f"SET LOCAL ROLE {name}")
        yield cursor
        cursor.execute("RESET ROLE")
        cursor.execute(f"DROP OWNED BY {name}")
        cursor.execute(f"DROP ROLE {name}")


@pytest.mark.postgres
def test_parts_of_names_are_found_by_their_index_whatever_policies_hold(tenant: Tenant) -> None:
    rows = [
        File(name=f"report {number}.csv", content_type="text/csv", size_bytes=1)
        for number in range(5_000)
    ]
    File.objects.bulk_create([*rows, File(name="100%_a\\b", content_type="x", size_bytes=1)])
    with in_tenant(make_tenant().pk):
        File.objects.bulk_create([File(name="report 4711.csv", content_type="x", size_bytes=1)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE files_file")

    with as_the_application("septet_names"):
        named = File.visible().filter(name_has("PORT 4711", "default"))
        found, plan = [file.name for file in named], named.explain()
        odd = [File.visible().filter(name_has(part, "default")).count() for part in "%_\\"]

    assert (found, odd) == (["report 4711.csv"], [1, 1, 1])
    assert "files_names" in plan


@pytest.mark.postgres
@in_process
def test_words_are_found_by_their_index_whatever_policies_hold(tenant: Tenant) -> None:
    clean(b"The runway was closed", name="b.txt")
    with in_tenant(make_tenant().pk):
        clean(b"Their runway", name="theirs.txt")

    with as_the_application("septet_words") as cursor:
        # A planner reads tables as small as these in whole.
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = with_words(File.visible(), "runway")
        found, plan = [file.name for file in asked], asked.explain()
        cursor.execute(f"SELECT count(*) FROM {view_of(BlobText)}")
        seen = cursor.fetchone()

    assert (found, seen) == (["b.txt"], (1,))
    assert "Bitmap Index Scan on files_words" in plan


@in_process
def test_pictures_move_with_the_files(folder: Path, tmp_path_factory: Any) -> None:
    file = clean(image())
    old, new = LocalStorage(folder), LocalStorage(tmp_path_factory.mktemp("new"))

    with patch("apps.files.services.moving.file_store", return_value=MovingStorage(new, old)):
        *_, moved = move_files(at_once=1, remove=True)

    assert (moved.done, moved.failed) == (3, {})
    assert kept(folder) == []
    with patch("apps.files.adapters.stores.storage", return_value=new):
        content = picture(clean_content(str(file.pk)), "preview")
        assert opened(b"".join(content.stored.read())).size == (1024, 512)
