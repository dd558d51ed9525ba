"""What belongs to many files, folders and versions, each read at once."""

from collections import defaultdict
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from apps.files.models import File, FileTag, FileVersion, Folder, StorageUsage
from apps.files.selectors.search import name_has, with_words
from kernel.errors import InvalidInputError, NotFoundError
from kernel.federation.batches import together
from kernel.ids import parse_id

MOST_STEPS = 32
MOST_NAME = 255


def folders_of(file_ids: list[str]) -> dict[str, Folder]:
    """Return the folder of each of these files that is in one."""
    pairs = File.objects.filter(pk__in=file_ids).exclude(folder=None)
    return _folders(dict(pairs.values_list("pk", "folder_id")))


def parents_of(folder_ids: list[str]) -> dict[str, Folder]:
    """Return the parent of each of these folders that has one."""
    pairs = Folder.objects.filter(pk__in=folder_ids).exclude(parent=None)
    return _folders(dict(pairs.values_list("pk", "parent_id")))


def paths_of(folder_ids: list[str]) -> dict[str, str]:
    """Return where each of these folders is, by names."""
    folders = list(Folder.objects.filter(pk__in=folder_ids))
    above = {one for folder in folders for one in folder.above}
    rows = Folder.objects.filter(pk__in=above).values_list("pk", "name")
    names = {str(pk): name for pk, name in rows}
    return {
        str(folder.pk): "/" + "/".join([*(names[one] for one in folder.above), folder.name])
        for folder in folders
    }


def folder_at(path: str) -> Folder:
    """Return the folder at a path such as `/plans/2026`, by one query; raises NotFoundError."""
    names = path.strip("/").split("/")
    if len(names) > MOST_STEPS or not all(names):
        raise InvalidInputError(f"a path has 1 to {MOST_STEPS} names with a slash between them")
    wanted: dict[str, Any] = {"trashed_at": None}
    step = ""
    for name in reversed(names):
        wanted[f"{step}name"] = name
        step += "parent__"
    wanted[f"{step.removesuffix('__')}__isnull"] = True
    found = Folder.visible().filter(**wanted).first()
    if found is None:
        raise NotFoundError(f"no folder at {path[:200]}")
    return found


def tags_of(file_ids: list[str]) -> dict[str, list[str]]:
    """Return the tags of these files, in order."""
    found: dict[str, list[str]] = {file_id: [] for file_id in file_ids}
    rows = FileTag.objects.filter(file_id__in=file_ids).order_by("name")
    for file_id, name in rows.values_list("file_id", "name"):
        found[str(file_id)].append(name)
    return found


def narrowed_files(rows: QuerySet[File], wanted: dict[str, Any]) -> QuerySet[File]:
    """Narrow files by what is no column of theirs."""
    if "folder_id" in wanted:
        rows = rows.filter(folder=parse_id(wanted["folder_id"]))
    if wanted.get("at_root"):
        rows = rows.filter(folder=None)
    if "tag" in wanted:
        tags = FileTag.objects.filter(file=OuterRef("pk"), name=wanted["tag"])
        rows = rows.filter(Exists(tags))
    if "text" in wanted:
        rows = with_words(rows, wanted["text"])
    if "content_type" in wanted:
        kind, starred, _ = wanted["content_type"].partition("*")
        rows = rows.filter(**{f"content_type{'__startswith' if starred else ''}": kind})
    if "name_contains" in wanted:
        if len(wanted["name_contains"]) > MOST_NAME:
            raise InvalidInputError(f"a name has at most {MOST_NAME} characters")
        rows = rows.filter(name_has(wanted["name_contains"], rows.db))
    return rows


def room_taken() -> int:
    """Return how many bytes the files of the tenant take, and uploads hold."""
    return StorageUsage.objects.values_list("used_bytes", flat=True).first() or 0


def narrowed_versions(rows: QuerySet[FileVersion], wanted: dict[str, Any]) -> QuerySet[FileVersion]:
    """Narrow versions by their files."""
    return rows.filter(file_id__in=[parse_id(one) for one in wanted["file_ids"]])


def narrowed_folders(rows: QuerySet[Folder], wanted: dict[str, Any]) -> QuerySet[Folder]:
    """Narrow folders by the one that they are in."""
    if "parent_id" in wanted:
        rows = rows.filter(parent=parse_id(wanted["parent_id"]))
    return rows.filter(parent=None) if wanted.get("at_root") else rows


def _folders(wanted: dict[Any, Any]) -> dict[str, Folder]:
    found = Folder.objects.in_bulk(set(wanted.values()))
    pairs = defaultdict(list)
    for key, folder_id in wanted.items():
        pairs[folder_id].append(str(key))
    together(list(found.values()))
    return {key: found[folder_id] for folder_id, keys in pairs.items() for key in keys}
