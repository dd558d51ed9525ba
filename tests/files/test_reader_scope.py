"""A file that takes a scope of its own: without it, nobody finds it by any way there is."""

from typing import Any

import pytest

from apps.files.models import File, FileVersion, Folder, ShareLink, UploadSession
from apps.files.selectors.batches import batch_of_folder, batch_of_ids
from apps.files.selectors.contents import clean_content, is_file
from apps.files.services.copying import copy_file, copy_folder
from apps.files.services.direct import start_upload
from apps.files.services.folders import create_folder, delete_folder, move_files, trash_folder
from apps.files.services.links import create_share_link
from apps.files.services.receiving import receive
from apps.files.services.uploads import upload_of
from kernel.errors import DomainError, ForbiddenError, InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.tenancy.context import Principal, acting_as
from kernel.testing.graphql import GraphQLClient, http_client
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key

pytestmark = pytest.mark.usefixtures("folder")

SCOPE = "audit:export"
MAY = ("files:read", "files:write", "files:share", "files:retain", "files:release")
BODY = b"position,id\n"
START = """mutation($input: StartUploadInput!) { startUpload(input: $input) {
  uploadSession { id } error { code } } }"""
FILE = "query($id: ID!) { file(id: $id) { name readerScope signedUrl } }"
FILES = "{ files { totalCount nodes { name } } }"
VERSIONS = "query($ids: [ID!]!) { fileVersions(filter: {fileIds: $ids}) { totalCount } }"
SESSIONS = "{ uploadSessions { totalCount } }"
LINKS = "{ shareLinks { totalCount } }"
ENTITIES = """query($id: ID!) {
  _entities(representations: [{__typename: "File", id: $id}]) { ... on File { name } } }"""
MUTATION = "mutation { change: $change }"
CHANGES = (
    'updateFile(input: {id: "$id", name: "b"}) { file { id } error { code } }',
    'labelFile(input: {id: "$id", tags: ["t"]}) { file { id } error { code } }',
    'copyFile(input: {id: "$id"}) { file { id } error { code } }',
    'createShareLink(input: {fileId: "$id"}) { shareLink { id } error { code } }',
    'rescanFile(input: {id: "$id"}) { file { id } error { code } }',
    'quarantineFile(input: {id: "$id", reason: "r"}) { file { id } error { code } }',
    'releaseFile(input: {id: "$id", reason: "r"}) { file { id } error { code } }',
    'holdFile(input: {id: "$id", reason: "r"}) { file { id } error { code } }',
    'liftFileHold(input: {id: "$id", reason: "r"}) { file { id } error { code } }',
    'retainFile(input: {id: "$id", until: "2199-01-01T00:00:00Z"}) { file { id } error { code } }',
    'restoreFileVersion(input: {id: "$id", number: 1}) { file { id } error { code } }',
    'deleteFile(input: {id: "$id"}) { file { id } error { code } }',
)
BULK = (
    'moveFiles(input: {ids: ["$id"]}) { outcomes { file { id } error { code } } }',
    'trashFiles(input: {ids: ["$id"]}) { outcomes { file { id } error { code } } }',
    'restoreFiles(input: {ids: ["$id"]}) { outcomes { file { id } error { code } } }',
    'deleteFiles(input: {ids: ["$id"]}) { outcomes { file { id } error { code } } }',
)


def someone(tenant: Tenant, *scopes: str, kind: Any = "key") -> Principal:
    return Principal(kind=kind, id="x", name="x", tenant_id=tenant.pk, scopes=frozenset(scopes))


def client(tenant: Tenant, *scopes: str) -> GraphQLClient:
    return GraphQLClient(make_key(tenant, *scopes).secret, "/files/graphql")


@pytest.fixture
def restricted(tenant: Tenant) -> File:
    """A clean file that takes audit:export, as a service has made it."""
    with acting_as(someone(tenant, *MAY, SCOPE, kind="service")):
        upload, request = start_upload(
            name="audit.csv", size_bytes=len(BODY), content_type="text/csv", reader_scope=SCOPE
        )
        assert request is not None
        receive(request.url, iter([BODY]))
        drain()
    file = File.objects.get(pk=upload.file_id or "")
    assert (file.state, file.reader_scope) == ("clean", SCOPE)
    return file


def test_whoever_has_the_scope_sees_it_and_others_do_not(tenant: Tenant, restricted: File) -> None:
    create_share_link(file_id=str(restricted.pk))
    told = {"id": str(restricted.pk)}
    without, with_it, root = (
        client(tenant, *MAY),
        client(tenant, *MAY, SCOPE),
        client(tenant),
    )

    assert without(FILE, **told).codes == ["NOT_FOUND"]
    assert without(ENTITIES, **told).data == {"_entities": [None]}
    for query, field in ((FILES, "files"), (SESSIONS, "uploadSessions"), (LINKS, "shareLinks")):
        assert without(query).data[field]["totalCount"] == 0
        assert with_it(query).data[field]["totalCount"] == 1
        assert root(query).data[field]["totalCount"] == 1
    counts = [one(VERSIONS, ids=[told["id"]]).data["fileVersions"] for one in (without, with_it)]
    assert counts == [{"totalCount": 0}, {"totalCount": 1}]
    seen = with_it(FILE, **told).data["file"]
    assert (seen["name"], seen["readerScope"]) == ("audit.csv", SCOPE)
    assert seen["signedUrl"].startswith("/files/api/signed/")
    assert with_it(ENTITIES, **told).data == {"_entities": [{"name": "audit.csv"}]}


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_of_one_finds_it_without(tenant: Tenant, restricted: File, change: str) -> None:
    text = MUTATION.replace("$change", change).replace("$id", str(restricted.pk))

    refused = client(tenant, *MAY)(text).data["change"]
    done = client(tenant, *MAY, SCOPE)(text).data["change"]

    assert refused["error"] == {"code": "NOT_FOUND"}
    assert (done["error"] or {}).get("code") != "NOT_FOUND"


@pytest.mark.parametrize("change", BULK)
def test_no_change_of_many_finds_it_without(tenant: Tenant, restricted: File, change: str) -> None:
    text = MUTATION.replace("$change", change).replace("$id", str(restricted.pk))

    (refused,) = client(tenant, *MAY)(text).data["change"]["outcomes"]
    (done,) = client(tenant, *MAY, SCOPE)(text).data["change"]["outcomes"]

    assert refused["error"] == {"code": "NOT_FOUND"}
    assert (done["error"] or {}).get("code") != "NOT_FOUND"


def test_bytes_versions_and_zips_are_found_by_those_alone_who_see_it(
    tenant: Tenant, restricted: File
) -> None:
    row = str(restricted.pk)
    upload = UploadSession.objects.get()

    def tried() -> list[str]:
        found = []
        for ask in (
            lambda: clean_content(row),
            lambda: batch_of_ids(row),
            lambda: upload_of(upload.pk),
        ):
            try:
                ask()
                found.append("")
            except DomainError as error:
                found.append(error.code)
        return found

    with acting_as(someone(tenant, *MAY)):
        assert tried() == ["NOT_FOUND"] * 3
        assert not is_file(row)
    with acting_as(someone(tenant, *MAY, SCOPE)):
        assert tried() == [""] * 3
        assert is_file(row)


def test_the_routes_know_it_not_without(tenant: Tenant, restricted: File) -> None:
    paths = (f"/files/api/files/{restricted.pk}", f"/files/api/zip/?ids={restricted.pk}")
    web = http_client()

    def status(path: str, *scopes: str) -> int:
        key = make_key(tenant, *scopes).secret
        return int(web.get(path, headers={"Authorization": f"Bearer {key}"}).status_code)

    assert [status(path, *MAY) for path in paths] == [404, 404]
    # Found, and given out by a server that is asynchronous only.
    assert [status(path, *MAY, SCOPE) for path in paths] == [503, 503]


def test_a_copy_a_version_and_a_link_take_what_it_takes(tenant: Tenant, restricted: File) -> None:
    row = str(restricted.pk)
    with acting_as(someone(tenant, *MAY, SCOPE)):
        copy = copy_file(id=row)
        create_share_link(file_id=row)

    assert copy.reader_scope == SCOPE
    assert {one.reader_scope for one in FileVersion.objects.all()} == {SCOPE}
    assert {one.reader_scope for one in ShareLink.objects.all()} == {SCOPE}


def test_a_folder_with_one_is_copied_and_zipped_without_it_and_stays(
    tenant: Tenant, restricted: File
) -> None:
    place = create_folder(name="exports")
    move_files(ids=[str(restricted.pk)], folder_id=str(place.pk))
    row = str(place.pk)

    with acting_as(someone(tenant, *MAY)):
        copied = copy_folder(id=row, name="copied")
        with pytest.raises(NotFoundError):
            batch_of_folder(row)
        for remove in (trash_folder, delete_folder):
            with pytest.raises(ForbiddenError):
                remove(id=row)
    assert not File.objects.filter(folder=copied).exists()
    assert Folder.objects.filter(pk=row, trashed_at=None).exists()

    with acting_as(someone(tenant, *MAY, SCOPE)):
        whole = copy_folder(id=row, name="whole")
        assert len(batch_of_folder(row).files) == 1
        delete_folder(id=row)
    assert [one.reader_scope for one in File.objects.filter(folder=whole)] == [SCOPE]
    assert not File.objects.filter(pk=restricted.pk).exists()


def test_only_a_service_says_it_and_it_says_a_scope(tenant: Tenant) -> None:
    told = {"name": "a", "sizeBytes": 1, "readerScope": SCOPE}

    assert client(tenant)(START, input=told).codes == ["FORBIDDEN"]
    with (
        acting_as(someone(tenant, *MAY, kind="service")),
        pytest.raises(InvalidInputError, match="looks like"),
    ):
        start_upload(name="a", size_bytes=1, reader_scope="Audit export")
    assert not File.objects.exists()


def test_nobody_finds_it_by_its_words_or_sees_what_was_made_of_it(
    tenant: Tenant, restricted: File
) -> None:
    found = """{ text: files(filter: {text: "position"}) { nodes { textExcerpt } }
        part: files(filter: {nameContains: "audit"}) { totalCount } }"""
    picture = f"/files/api/files/{restricted.pk}/preview/"

    reader, exporter = client(tenant, *MAY), client(tenant, *MAY, SCOPE)

    assert reader(found).data == {"text": {"nodes": []}, "part": {"totalCount": 0}}
    assert exporter(found).data == {
        "text": {"nodes": [{"textExcerpt": "position,id"}]},
        "part": {"totalCount": 1},
    }
    codes = {}
    for name, scopes in (("reader", MAY), ("exporter", (*MAY, SCOPE))):
        key = make_key(tenant, *scopes).secret
        sent = {"Authorization": f"Bearer {key}"}
        codes[name] = (
            http_client().get(picture, headers=sent).json()["errors"][0]["extensions"]["code"]
        )
    assert codes == {"reader": "NOT_FOUND", "exporter": "DERIVATIVE_IMPOSSIBLE"}
