"""The operations of files as data: what operations.py makes rows of."""

from typing import Literal

Effect = Literal["none", "adds", "changes", "removes"]

#: An entity, its field of one and of many, and the row that is meant.
READS = [
    ("File", "file", "files", ""),
    ("Folder", "folder", "folders", "folder"),
    ("FileVersion", "fileVersion", "fileVersions", "file version"),
    ("ShareLink", "shareLink", "shareLinks", "share link"),
    ("UploadSession", "uploadSession", "uploadSessions", "upload"),
]

_OUTCOMES = "outcomes { file { id } error { code } }"
_UPLOAD = "uploadSession { id }"
#: What takes another scope than files:read and files:write.
SCOPES = {
    **dict.fromkeys(("holdFile", "liftFileHold", "retainFile"), "files:retain"),
    "allowFileTypes": "files:types",
    **dict.fromkeys(("ShareLink", "createShareLink", "revokeShareLink"), "files:share"),
}

#: A mutation, what it answers, what it is sent, what it does to the row, and which that is.
CHANGES: list[tuple[str, str, str, Effect, str]] = [
    ("updateFile", "file { id }", 'id: "$id", name: "b.csv"', "changes", ""),
    ("labelFile", "file { id }", 'id: "$id", metadata: [{key: "a", value: "b"}]', "changes", ""),
    ("moveFiles", _OUTCOMES, 'ids: ["$id"]', "changes", "file in folder"),
    ("trashFiles", _OUTCOMES, 'ids: ["$id"]', "changes", ""),
    ("restoreFiles", _OUTCOMES, 'ids: ["$id"]', "changes", "trashed file"),
    ("copyFile", "file { id }", 'id: "$id", name: "b.csv"', "adds", "clean file"),
    ("restoreFileVersion", "file { id }", 'id: "$id", number: 1', "changes", "versioned file"),
    ("holdFile", "file { id }", 'id: "$id", reason: "case 7"', "changes", ""),
    ("liftFileHold", "file { id }", 'id: "$id", reason: "settled"', "changes", "held file"),
    ("retainFile", "file { id }", 'id: "$id", until: "2099-01-01T00:00:00Z"', "changes", ""),
    ("createFolder", "folder { id }", 'name: "new"', "adds", "folder"),
    ("updateFolder", "folder { id }", 'id: "$id", name: "x"', "changes", "folder"),
    ("moveFolder", "folder { id }", 'id: "$id"', "changes", "inner folder"),
    ("copyFolder", "folder { id }", 'id: "$id", name: "x"', "adds", "folder"),
    ("trashFolder", "folder { id }", 'id: "$id"', "changes", "folder"),
    ("restoreFolder", "folder { id }", 'id: "$id"', "changes", "trashed folder"),
    ("deleteFolder", "folder { id }", 'id: "$id"', "removes", "folder"),
    ("createShareLink", "shareLink { fileId }", 'fileId: "$id"', "none", ""),
    ("revokeShareLink", "shareLink { id }", 'id: "$id"', "changes", "share link"),
    ("allowFileTypes", "types", 'types: ["text/plain"]', "changes", "types"),
    ("startUpload", _UPLOAD, 'name: "a.csv", sizeBytes: 3', "adds", "upload"),
    ("completeUpload", _UPLOAD, 'id: "$id"', "changes", "upload"),
    ("abortUpload", _UPLOAD, 'id: "$id"', "changes", "upload"),
    ("presignUploadParts", _UPLOAD, 'id: "$id"', "changes", "upload through us"),
]
