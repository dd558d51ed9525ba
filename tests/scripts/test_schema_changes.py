"""What breaks clients of the graph is told, and what none of them uses is allowed."""

import json
import subprocess
from pathlib import Path

import pytest

from scripts import schema_changes

BEFORE = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
enum State { CLEAN INFECTED }
input NewFile { name: String! state: State }
type File @key(fields: "id") { id: ID! name: String! size: Int }
type Query { file(id: ID!): File files(first: Int, state: State): [File!]! }
type Mutation { createFile(input: NewFile!): File }
"""
#: Another service says more of files.
OF_ANOTHER = """
type Log { id: ID! file: File }
type File @key(fields: "id") { id: ID! auditLogs: [Log!] }
type Query { auditLog(id: ID!): Log }
"""
ASKED = "query($id: ID!) { file(id: $id) { id name auditLogs { id } } }"


def broken(after: str, documents: list[str] | None = None) -> list[str]:
    whole = schema_changes._whole([BEFORE, OF_ANOTHER])
    known = None if documents is None else schema_changes.used_by(whole, documents)
    found = schema_changes.changes(BEFORE, after, known)
    return [change.description for change, used in found if used]


@pytest.mark.parametrize(
    ("old", "new", "told", "asked"),
    [
        (" name: String! size", " size", "File.name was removed.", ASKED),
        ("name: String! size", "name: String size", "File.name changed type", ASKED),
        ("file(id: ID!)", "file(id: ID!, now: Int!)", "required arg now on Query.file", ASKED),
        (" name: String! size", " size", "File.name", "{ auditLog(id: 1) { file { name } } }"),
        ("CLEAN INFECTED", "CLEAN", "INFECTED was removed", "{ files(state: CLEAN) { id } }"),
        (
            "state: State }",
            "state: State now: Int! }",
            "field now on input type NewFile",
            "mutation($new: NewFile!) { createFile(input: $new) { id } }",
        ),
    ],
)
def test_a_change_is_refused_unless_no_registered_document_uses_it(
    old: str, new: str, told: str, asked: str
) -> None:
    after = BEFORE.replace(old, new)
    other = "{ files { size } }"

    (found,) = broken(after)

    assert told in found
    assert broken(after, [other, asked]) == [found]
    assert broken(after, [other]) == []


def test_what_is_added_or_may_be_left_out_breaks_nobody() -> None:
    after = BEFORE.replace("size: Int", "size: Int! at: String").replace("id: ID!):", "id: ID):")

    assert broken(after) == []


def test_the_graph_is_compared_with_a_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = tmp_path / "apps" / "files" / "schema.graphql"
    schema.parent.mkdir(parents=True)
    schema.write_text(BEFORE)
    by = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], [*by, "commit", "-qm", "x"], ["tag", "v1"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    schema.write_text(BEFORE.replace(" size: Int", ""))
    manifest = tmp_path / "web.json"
    manifest.write_text(json.dumps({"1": ASKED}))
    monkeypatch.setattr(schema_changes, "ROOT", tmp_path)

    refused = schema_changes.main(["v1"])
    allowed = schema_changes.main(["v1", "--documents", str(manifest)])

    assert (refused, allowed) == (1, 0)
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "files: File.size was removed. (FIELD_REMOVED): breaks clients",
        "files: File.size was removed. (FIELD_REMOVED): allowed, nobody uses it",
    ]
    with pytest.raises(subprocess.CalledProcessError):
        schema_changes.main(["v2"])
