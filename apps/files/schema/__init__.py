"""The files subgraph."""

from apps.files.schema.links import ShareLinkType
from apps.files.schema.mutations import Mutation
from apps.files.schema.queries import Query
from apps.files.schema.types import FileType, FileVersionType, FolderType
from apps.files.schema.uploads import UploadSessionType
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "files",
    query=Query,
    mutation=Mutation,
    entities=[FileType, FileVersionType, FolderType, ShareLinkType, UploadSessionType],
    more=[jobs_of("files"), events_of("files")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "File": {
        "create": "A file comes by upload: bytes do not travel in a GraphQL document.",
        "update": "Other bytes are another upload.",
    },
    "Folder": {"bulk": "Each is thought about: what is in it comes with it."},
    "FileVersion": {
        "create": "Another upload makes one, and `restoreFileVersion`.",
        "update": "It never changes.",
        "delete": "It goes with its file.",
        "bulk": "It goes with its file.",
    },
    "ShareLink": {
        "update": "Whoever was given it was told how long it is good; `revokeShareLink` ends it.",
        "delete": "`revokeShareLink` ends it; its row goes 30 days after it is over.",
        "bulk": "Each is made for somebody.",
    },
    "UploadSession": {
        "delete": "`abortUpload` ends it; its row goes a day after it has ended.",
        "bulk": "Each upload is sent by itself; `presignUploadParts` takes many parts at a time.",
    },
}
