"""Files, uploads and folders for staff."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.files.admin.contents import WithContents
from apps.files.admin.keeping import Keeping, ReasonForm, changed, page_of
from apps.files.domain.sniffing import types_match
from apps.files.domain.verdicts import basic_only
from apps.files.models import File, FileVersion, Folder, UploadSession
from apps.files.services.folders import restore_folder
from apps.files.services.trash import restore_files
from apps.files.services.verdicts import quarantine_file, release_file, rescan_file
from kernel.admin import (
    Errand,
    ReadOnlyAdmin,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantFilter,
    action,
    badge,
    confirmed,
    display,
    row_of,
    table,
)
from kernel.errors import DomainError
from kernel.tenancy.context import in_tenant

#: The last versions of a file; all of them are in the graph.
SHOWN_VERSIONS = 20


class TrashFilter(admin.SimpleListFilter):
    """Those in the trash, or the others."""

    title = "trash"
    parameter_name = "trash"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [("in", "in the trash"), ("out", "not in the trash")]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return rows
        return rows.filter(trashed_at__isnull=self.value() != "in")


@admin.register(File)
class FileAdmin(WithContents, Keeping, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = (
        "picture",
        "name",
        "content_type",
        "size",
        "shown_state",
        "checked",
        "kept",
        "created_at",
        "tenant",
    )
    list_display_links = ("name",)
    list_filter = (TenantFilter, "state", "held", TrashFilter)
    search_fields = (
        "name",
        "content_type",
    )
    ordering = ("-id",)
    actions = ("restore", "rescan")
    actions_detail = (
        "rescan_one",
        "release_one",
        "quarantine_one",
        "hold",
        "lift_hold",
        "retain",
        "encrypt_again",
    )
    fields = (
        "name",
        "preview",
        "content_type",
        "found_type",
        "size",
        "shown_state",
        "checked",
        "finding",
        "scanned_at",
        "rescan_since",
        "release_reason",
        "digest",
        "shown_encrypted",
        "versions",
        "kept",
        "hold_reason",
        "retained_until",
        "trashed_at",
        "created_at",
        "tenant",
        "id",
    )
    readonly_fields = fields

    @display(
        description="state",
        ordering="state",
        label={
            "receiving": "info",
            "quarantined": "warning",
            "scanning": "info",
            "clean": "success",
            "infected": "danger",
            "unscannable": "danger",
            "refused": "danger",
            "released": "warning",
        },
    )
    def shown_state(self, row: File) -> str:
        return row.state

    @display(description="versions")
    def versions(self, row: File) -> SafeString:
        rows = FileVersion.across_tenants.filter(file=row).select_related("blob")
        told = [
            (
                one.number,
                one.content_type,
                filesizeformat(one.blob.size_bytes),
                one.blob.state,
                one.author_name or one.author_id,
                one.note,
                f"{one.created_at:%Y-%m-%d %H:%M}",
            )
            for one in rows.order_by("-number")[:SHOWN_VERSIONS]
        ]
        heads = ("number", "type", "size", "state", "author", "note", "made")
        return table(heads, told, "None: its bytes are not here.")

    @display(description="kept")
    def kept(self, row: File) -> SafeString | str:
        if row.held:
            return badge("held", "warning")
        return badge("in the trash", "info") if row.trashed_at else "-"

    @admin.action(description="Take the selected files out of the trash", permissions=["change"])
    @confirmed
    def restore(self, request: HttpRequest, files: QuerySet[File]) -> None:
        """Clean ones are given out again, and all of them are listed."""
        for file in files:
            with in_tenant(file.tenant_id):
                (outcome,) = restore_files(ids=[str(file.pk)])
            if isinstance(outcome, DomainError):
                messages.error(request, f"{file}: {outcome}.")
            else:
                messages.success(request, f"{file} is out of the trash.")

    @display(description="scanned by", ordering="scanner")
    def checked(self, row: File) -> SafeString | str:
        if basic_only(row.scanner):
            return badge("basic check only", "warning")
        return row.scanner or "-"

    @display(description="detected type")
    def found_type(self, row: File) -> SafeString | str:
        if not row.detected_type or types_match(row.content_type, row.detected_type):
            return row.detected_type or "-"
        return format_html("{} {}", row.detected_type, badge("not what its sender says", "warning"))

    @display(description="size", ordering="size_bytes")
    def size(self, row: File) -> str:
        return filesizeformat(row.size_bytes)

    @display(description="SHA-256")
    def digest(self, row: File) -> SafeString:
        return format_html('<code class="septet-long">{}</code>', row.sha256 or "-")

    @admin.action(description="Scan the selected files again", permissions=["change"])
    @confirmed
    def rescan(self, request: HttpRequest, files: QuerySet[File]) -> None:
        """They are scanned once more. Until there is another verdict, the one before holds: what is
        clean is given out."""
        for file in files:
            try:
                messages.success(request, changed(file, rescan_file, "is scanned again"))
            except DomainError as error:
                messages.error(request, f"{file}: {error}.")

    @action(description="Scan again", url_path="rescan", permissions=["operate"])
    def rescan_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and scan it."""
        file: File = row_of(self, request, object_id)
        return Errand(
            asks=lambda _: f"Scan {file} again?",
            causes=lambda _: ["Until there is another verdict, the one before holds."],
            act=lambda _: changed(file, rescan_file, "is scanned again"),
            back=page_of(file),
            yes="Yes, scan it",
        ).run(self, request)

    @action(description="Release", url_path="release", permissions=["operate"])
    def release_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and let it be given out."""
        file: File = row_of(self, request, object_id)
        return Errand(
            title=f"Release {file}",
            introduction=f"It is {file.state}: {file.finding}",
            asks=lambda _: f"Give out {file}, which is {file.state}: {file.finding}?",
            causes=lambda _: [
                "Whoever may read files gets it, and all of the tenant with the same bytes.",
                "It stays so when it is scanned again, unless something else is found.",
                "It is on record under your name, with your reason.",
            ],
            act=lambda given: changed(file, release_file, "is released", **given),
            back=page_of(file),
            yes="Yes, release it",
        ).run(self, request, ReasonForm(request.POST or None))

    @action(description="Quarantine", url_path="quarantine", permissions=["operate"])
    def quarantine_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and let it not be given out until it was scanned."""
        file: File = row_of(self, request, object_id)
        return Errand(
            title=f"Quarantine {file}",
            introduction="It is scanned again, and given out if it is found clean. Delete what no"
            " scanner knows.",
            asks=lambda _: f"Quarantine {file}, which is {file.state}?",
            causes=lambda _: [
                "Nobody gets it, or any of the tenant with the same bytes, until it was scanned.",
                "If it was released, it is so no more.",
                "It is on record under your name, with your reason.",
            ],
            act=lambda given: changed(file, quarantine_file, "is quarantined", **given),
            back=page_of(file),
            yes="Yes, quarantine it",
        ).run(self, request, ReasonForm(request.POST or None))


@admin.register(UploadSession)
class UploadSessionAdmin(ReadOnlyAdmin):
    """Uploads on their way, and what became of those that were, the newest first."""

    list_display = ("created_at", "shown_state", "way", "name", "progress", "expires_at", "tenant")
    list_filter = (TenantFilter, "state", "way")
    list_select_related = ("file",)
    ordering = ("-created_at", "-id")
    fields = (
        "created_at",
        "shown_state",
        "finding",
        "way",
        "name",
        "progress",
        "expires_at",
        "tenant",
        "id",
    )
    readonly_fields = fields

    @display(
        description="state",
        ordering="state",
        label={
            "receiving": "info",
            "verifying": "info",
            "done": "success",
            "refused": "danger",
            "ended": "warning",
            "expired": "warning",
        },
    )
    def shown_state(self, row: UploadSession) -> str:
        return row.state

    @display(description="file")
    def name(self, row: UploadSession) -> str:
        if row.file is not None:
            return row.file.name
        return "a part of one" if row.concat == "partial" else "-"

    @display(description="bytes", ordering="offset")
    def progress(self, row: UploadSession) -> str:
        length = "?" if row.length is None else filesizeformat(row.length)
        return f"{filesizeformat(row.offset)} of {length}"


@admin.register(Folder)
class FolderAdmin(SeenOnlyAdmin, TenantAdmin):
    """Where files are, the newest first."""

    list_display = ("name", "depth", "kept", "created_at", "tenant")
    list_filter = (TenantFilter, TrashFilter)
    search_fields = ("name",)
    ordering = ("-id",)
    actions = ("restore",)
    fields = ("name", "depth", "encrypted", "kept", "trashed_at", "created_at", "tenant", "id")
    readonly_fields = fields

    @display(description="depth")
    def depth(self, row: Folder) -> int:
        return len(row.above) + 1

    @display(description="kept")
    def kept(self, row: Folder) -> SafeString | str:
        return badge("in the trash", "info") if row.trashed_at else "-"

    @admin.action(description="Take the selected folders out of the trash", permissions=["change"])
    @confirmed
    def restore(self, request: HttpRequest, folders: QuerySet[Folder]) -> None:
        """They come back with all that was put into the trash with them."""
        for folder in folders:
            try:
                with in_tenant(folder.tenant_id):
                    restore_folder(id=str(folder.pk))
                messages.success(request, f"{folder} is out of the trash.")
            except DomainError as error:
                messages.error(request, f"{folder}: {error}.")
