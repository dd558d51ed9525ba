"""Places outside as people name them: what is taken, what is refused, and what nobody is shown."""

from datetime import UTC, datetime
from typing import Any

import pytest

from apps.importexport.conf import ENDPOINTS, MAIL_TO
from apps.importexport.domain.endpoints.paths import fixed_part, folder_of
from apps.importexport.errors import EndpointRefusedError
from apps.importexport.models import DataEndpoint
from apps.importexport.services.endpoints import (
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    update_endpoint,
)
from contracts.deliveries import (
    DataEndpointChanged,
    DataEndpointCreated,
    DataEndpointDeleted,
    DataEndpointDisabled,
)
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.identity.models import Tenant
from kernel.secrets.reading import read_secret
from kernel.testing.dynamic import said
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from tests.importexport.places import SECRET

pytestmark = pytest.mark.usefixtures("tenant")
S3 = {"bucket": "exports", "access_key": "AKIA"}
SFTP = {"host": "sftp.example.com", "user": "septet"}


@pytest.mark.parametrize(
    ("kind", "settings", "secret", "message"),
    [
        ("s3", {"bucket": "exports"}, "a", "access_key has to be said"),
        ("s3", {**S3, "bucket": "No Bucket"}, "a", "bucket: expected the name of a bucket"),
        ("s3", {**S3, "address": "ftp://a.example"}, "a", "address: expected https://host"),
        ("s3", {**S3, "address": "https://u:p@a.example"}, "a", "without a user"),
        ("s3", {**S3, "folder": "{name}"}, "a", "in braces stand date, dataset, export, series"),
        ("s3", {**S3, "folder": "a/../b"}, "a", "none is .."),
        ("s3", {**S3, "secret": "a"}, "a", "no setting 'secret'"),
        ("s3", S3, None, "takes a secret key"),
        ("sftp", {**SFTP, "port": 0}, "a", "port: expected a port"),
        ("sftp", {**SFTP, "host_key": "md5:a"}, "a", "host_key: expected SHA256:"),
        ("sftp", SFTP, "", "takes a password or private key"),
        ("webhook", {"address": "https://a.example/"}, "short", "whsec_"),
        ("webhook", {"address": "https://a.example/", "link_days": 8}, SECRET, "1 to 7 days"),
        ("email", {"to": []}, None, "a list of 1 to 20 addresses"),
        ("email", {"to": ["nobody"]}, None, "'nobody' is no address of mail"),
    ],
)
def test_what_no_place_can_be_is_refused_and_nothing_is_kept(
    kind: str, settings: dict[str, Any], secret: str | None, message: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        create_endpoint(name="a", kind=kind, settings=settings, secret=secret)

    assert message in str(refused.value)
    assert not DataEndpoint.objects.exists()
    assert published() == []


def test_a_place_is_told_of_and_its_secret_is_not() -> None:
    made = create_endpoint(name="bucket", kind="s3", settings=S3, secret="very secret")
    update_endpoint(id=str(made.pk), name="exports", secret="another")
    disable_endpoint(id=str(made.pk))
    disable_endpoint(id=str(made.pk))
    found = DataEndpoint.objects.get()
    delete_endpoint(id=str(made.pk))

    assert found.settings == {**S3, "region": "us-east-1", "address": "", "folder": "{export}"}
    assert read_secret(found, "secret", purpose="a test", shown=False) == "another"
    id_ = str(made.pk)
    assert published() == [
        DataEndpointCreated(endpoint_id=id_, name="bucket", kind="s3"),
        DataEndpointChanged(endpoint_id=id_, name="exports", fields=("name", "secret")),
        DataEndpointDisabled(endpoint_id=id_, name="exports", reason=""),
        DataEndpointDeleted(endpoint_id=id_, name="exports"),
    ]


@pytest.mark.parametrize("told", [-4, "a", ["b"]])
def test_settings_are_an_object(told: Any) -> None:
    with pytest.raises(InvalidInputError, match="settings: expected an object"):
        create_endpoint(name="a", kind="s3", settings=told)


@pytest.mark.parametrize("more", [{"host": "evil.example"}, {"port": 2222}, {"user": "root"}])
def test_a_secret_never_goes_to_another_place_than_it_was_said_for(more: dict[str, Any]) -> None:
    made = create_endpoint(name="a", kind="sftp", settings=SFTP, secret="secret")

    with pytest.raises(InvalidInputError, match="takes its secret"):
        update_endpoint(id=str(made.pk), settings={**SFTP, **more})
    assert DataEndpoint.objects.get().settings["host"] == "sftp.example.com"

    update_endpoint(id=str(made.pk), settings={**SFTP, "folder": "in"})
    update_endpoint(id=str(made.pk), settings={**SFTP, **more}, secret="its own")
    found = DataEndpoint.objects.get()
    assert {name: found.settings[name] for name in more} == more
    assert read_secret(found, "secret", purpose="a test", shown=False) == "its own"


def test_mail_goes_to_members_and_to_whom_the_operator_allows() -> None:
    settings = {"to": ["ada@example.com", "bob@example.org"]}
    with pytest.raises(EndpointRefusedError, match="is no member"):
        create_endpoint(name="a", kind="email", settings=settings)

    with said(MAIL_TO, ["@example.com", "bob@example.org"]):
        create_endpoint(name="a", kind="email", settings=settings)

    assert DataEndpoint.objects.count() == 1


def test_names_are_taken_once_and_a_tenant_has_so_many(tenant: Tenant) -> None:
    create_endpoint(name="a", kind="s3", settings=S3, secret="s")
    with pytest.raises(ConflictError):
        create_endpoint(name="a", kind="s3", settings=S3, secret="s")
    with said(ENDPOINTS, 1), pytest.raises(LimitExceededError):
        create_endpoint(name="b", kind="s3", settings=S3, secret="s")


def test_a_folder_is_the_same_at_each_attempt() -> None:
    folder = folder_of(
        "in/{date}/{dataset}/{series}/{export}",
        created_at=datetime(2026, 5, 1, tzinfo=UTC),
        dataset="tables.a b",
        export_id="0190",
        series="",
    )

    assert fixed_part("in/a/{date}/b") == "in/a"
    assert fixed_part("a-{date}") == ""
    assert folder == "in/2026-05-01/tables.a-b/single/0190"


CREATE = """mutation($input: CreateDataEndpointInput!) { createDataEndpoint(input: $input) {
    dataEndpoint { id name kind state settings } error { code message } } }"""


def test_no_field_of_the_graph_shows_a_secret(graphql: GraphQLClient) -> None:
    sent = {"name": "a", "kind": "S3", "settings": S3, "secret": "very secret"}

    made = graphql(CREATE, input=sent).data["createDataEndpoint"]
    shown = graphql("{ dataEndpoints { nodes { name kind state settings lastError } } }")

    assert (made["error"], made["dataEndpoint"]["kind"]) == (None, "S3")
    assert "very secret" not in str(shown.body)
    assert shown.data["dataEndpoints"]["nodes"][0]["settings"]["bucket"] == "exports"


def test_a_test_that_does_not_arrive_says_why(graphql: GraphQLClient) -> None:
    settings = {"address": "https://192.168.0.1/"}
    made = create_endpoint(name="a", kind="webhook", settings=settings, secret=SECRET)

    answer = graphql(
        "mutation($id: ID!) { testDataEndpoint(input: {id: $id}) { error { code message } } }",
        id=str(made.pk),
    ).data["testDataEndpoint"]

    assert answer["error"]["code"] == "OUTBOUND_REFUSED"


def test_who_only_reads_and_another_tenant_change_no_place(tenant: Tenant) -> None:
    made = create_endpoint(name="a", kind="s3", settings=S3, secret="s")
    document = "mutation($id: ID!) { deleteDataEndpoint(input: {id: $id}) { error { code } } }"

    reads = GraphQLClient(make_key(tenant, "importexport:read").secret, "/importexport/graphql")
    refused = reads(document, id=str(made.pk))
    other = GraphQLClient(make_key(make_tenant()).secret, "/importexport/graphql")
    missed = other(document, id=str(made.pk))

    assert refused.body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert missed.data["deleteDataEndpoint"]["error"]["code"] == "NOT_FOUND"
    assert DataEndpoint.objects.count() == 1
