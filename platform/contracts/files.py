"""What happens to files."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCreated(Event):
    """A file is known and quarantined, whatever becomes of its bytes."""

    TYPE: ClassVar[str] = "files.file.created.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileScanned(Event):
    """A scanner has read a version of a file; it is given out if the outcome is `clean` only."""

    TYPE: ClassVar[str] = "files.file.scanned.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    #: clean, infected, unscannable or refused; of a file that was scanned before, another than it
    #: was.
    outcome: str
    scanner: str
    finding: str
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReleased(Event):
    """Somebody lets a file be given out that no scanner found clean, and says why."""

    TYPE: ClassVar[str] = "files.file.released.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    version: int
    #: What the scanner had said: infected, unscannable or refused, and why.
    outcome: str
    finding: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuarantined(Event):
    """Somebody lets a file not be given out until it was scanned once more, and says why."""

    TYPE: ClassVar[str] = "files.file.quarantined.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    version: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRenamed(Event):
    """A file has another name."""

    TYPE: ClassVar[str] = "files.file.renamed.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    previous_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDeleted(Event):
    """A file is gone; what refers to it shows nothing in its place."""

    TYPE: ClassVar[str] = "files.file.deleted.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersionAdded(Event):
    """A file has other bytes than before; they are given out once they are found clean."""

    TYPE: ClassVar[str] = "files.file.version_added.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    version: int
    size_bytes: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMoved(Event):
    """A file is in another folder; in none, it is at the root."""

    TYPE: ClassVar[str] = "files.file.moved.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    folder_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLabelled(Event):
    """A file has other tags, or other metadata."""

    TYPE: ClassVar[str] = "files.file.labelled.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    #: tags, metadata.
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTrashed(Event):
    """A file is in the trash, and is not given out."""

    TYPE: ClassVar[str] = "files.file.trashed.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRestored(Event):
    """A file is out of the trash."""

    TYPE: ClassVar[str] = "files.file.restored.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeld(Event):
    """A file is under a legal hold."""

    TYPE: ClassVar[str] = "files.file.held.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHoldLifted(Event):
    """A file is under no legal hold any more."""

    TYPE: ClassVar[str] = "files.file.hold_lifted.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRetained(Event):
    """A file is kept until then; nobody can say less."""

    TYPE: ClassVar[str] = "files.file.retained.v1"
    ENTITY: ClassVar[str] = "File"
    SUBJECT: ClassVar[str] = "file_id"
    LABEL: ClassVar[str] = "name"

    file_id: str
    name: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTypesAllowed(Event):
    """Files of the tenant may be these, by their own bytes; empty: all that others may be."""

    TYPE: ClassVar[str] = "files.types.allowed.v1"
    ENTITY: ClassVar[str] = "AllowedFileTypes"
    SUBJECT: ClassVar[str] = "types"

    types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCreated(Event):
    """A folder is there."""

    TYPE: ClassVar[str] = "files.folder.created.v1"
    ENTITY: ClassVar[str] = "Folder"
    SUBJECT: ClassVar[str] = "folder_id"
    LABEL: ClassVar[str] = "name"

    folder_id: str
    name: str
    #: Empty at the root.
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRenamed(Event):
    """A folder has another name."""

    TYPE: ClassVar[str] = "files.folder.renamed.v1"
    ENTITY: ClassVar[str] = "Folder"
    SUBJECT: ClassVar[str] = "folder_id"
    LABEL: ClassVar[str] = "name"

    folder_id: str
    name: str
    previous_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderEncryptionChanged(Event):
    """What comes into a folder is encrypted at rest from now on, or no longer."""

    TYPE: ClassVar[str] = "files.folder.encryption_changed.v1"
    ENTITY: ClassVar[str] = "Folder"
    SUBJECT: ClassVar[str] = "folder_id"
    LABEL: ClassVar[str] = "name"

    folder_id: str
    name: str
    encrypted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderMoved(Event):
    """A folder is in another, with all in it."""

    TYPE: ClassVar[str] = "files.folder.moved.v1"
    ENTITY: ClassVar[str] = "Folder"
    SUBJECT: ClassVar[str] = "folder_id"
    LABEL: ClassVar[str] = "name"

    folder_id: str
    name: str
    parent_id: str
    previous_parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderTrashed(Event):
    """A folder is in the trash, with so many files."""

    TYPE: ClassVar[str] = "files.folder.trashed.v1"
    ENTITY: ClassVar[str] = "Folder"
    SUBJECT: ClassVar[str] = "folder_id"
    LABEL: ClassVar[str] = "name"

    folder_id: str
    name: str
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRestored(Event):
    """A folder is out of the trash, with all that came there with it."""

    TYPE: ClassVar[str] = "files.folder.restored.v1"
    ENTITY: ClassVar[str] = "Folder"
    SUBJECT: ClassVar[str] = "folder_id"
    LABEL: ClassVar[str] = "name"

    folder_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDeleted(Event):
    """A folder is gone, with all in it."""

    TYPE: ClassVar[str] = "files.folder.deleted.v1"
    ENTITY: ClassVar[str] = "Folder"
    SUBJECT: ClassVar[str] = "folder_id"
    LABEL: ClassVar[str] = "name"

    folder_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLinkCreated(Event):
    """Whoever has a link downloads a file, until it expires, is revoked or used up."""

    TYPE: ClassVar[str] = "files.link.created.v1"
    ENTITY: ClassVar[str] = "ShareLink"
    SUBJECT: ClassVar[str] = "link_id"
    LABEL: ClassVar[str] = "name"

    link_id: str
    file_id: str
    #: Of the file.
    name: str
    expires_at: datetime
    #: 0 for any number.
    most_downloads: int
    #: Whether a password is asked.
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLinkUsed(Event):
    """Somebody begins to download a file by a link."""

    TYPE: ClassVar[str] = "files.link.used.v1"
    ENTITY: ClassVar[str] = "ShareLink"
    SUBJECT: ClassVar[str] = "link_id"
    LABEL: ClassVar[str] = "name"

    link_id: str
    file_id: str
    name: str
    version: int
    #: How often it was used with this time.
    downloads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareLinkRevoked(Event):
    """A link gives out nothing any more."""

    TYPE: ClassVar[str] = "files.link.revoked.v1"
    ENTITY: ClassVar[str] = "ShareLink"
    SUBJECT: ClassVar[str] = "link_id"
    LABEL: ClassVar[str] = "name"

    link_id: str
    file_id: str
    name: str
