"""What keeps files, for staff: holds, retention, and encryption that failed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.files.models import Blob, File
from apps.files.services.encrypting import encrypt_again
from apps.files.services.holding import hold_file, lift_file_hold, retain_file
from kernel.admin import (
    Errand,
    LongTextInput,
    ModelAdmin,
    TextInput,
    action,
    badge,
    display,
    row_of,
)
from kernel.tenancy.context import in_tenant


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=500, widget=LongTextInput(attrs={"rows": 3}))


class RetentionForm(forms.Form):
    """Until when."""

    until = forms.DateTimeField(
        widget=TextInput(attrs={"type": "date"}),
        help_text="A day to come, at 00:00 UTC. It is never shortened.",
    )


class Keeping(ModelAdmin):
    """An admin of files that says what keeps them, and lets it be said."""

    @action(description="Place a hold", url_path="hold", permissions=["operate"])
    def hold(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and hold it."""
        file: File = row_of(self, request, object_id)
        return Errand(
            title=f"Hold {file}",
            introduction="A legal hold keeps a file with all its versions as it is.",
            asks=lambda _: f"Hold {file}?",
            causes=lambda _: [
                "Nobody can remove it, put it into the trash or give it other bytes.",
                "In the trash it stays, however long it was there.",
                "It is on record under your name.",
            ],
            act=lambda given: changed(file, hold_file, "is held", **given),
            back=page_of(file),
            yes="Yes, hold it",
        ).run(self, request, ReasonForm(request.POST or None))

    @action(description="Lift the hold", url_path="lift", permissions=["operate"])
    def lift_hold(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and lift the hold."""
        file: File = row_of(self, request, object_id)
        return Errand(
            title=f"Lift the hold of {file}",
            introduction=f"It is held for this reason: {file.hold_reason or 'it is not held'}",
            asks=lambda _: f"Lift the hold of {file}?",
            causes=lambda _: [
                "It may be removed and given other bytes again.",
                "If its time in the trash is over, it goes at once.",
                "It is on record under your name.",
            ],
            act=lambda given: changed(file, lift_file_hold, "is held no longer", **given),
            back=page_of(file),
            yes="Yes, lift it",
        ).run(self, request, ReasonForm(request.POST or None))

    @action(description="Retain", url_path="retain", permissions=["operate"])
    def retain(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask until when, and let nobody remove it before."""
        file: File = row_of(self, request, object_id)
        until = file.retained_until
        return Errand(
            title=f"Retain {file}",
            introduction=f"It is retained until {until:%Y-%m-%d}."
            if until
            else "It is retained by nothing.",
            asks=lambda given: f"Retain {file} until {given['until']:%Y-%m-%d}?",
            causes=lambda _: [
                "Nobody can remove it before, whatever happens; no one can shorten it.",
                "In a bucket with Object Lock the store keeps it, too.",
                "It is on record under your name.",
            ],
            act=lambda given: changed(file, retain_file, "is retained", **given),
            back=page_of(file),
            yes="Yes, retain it",
        ).run(self, request, RetentionForm(request.POST or None))

    @display(description="encrypted")
    def shown_encrypted(self, row: File) -> SafeString | str:
        """Say whether it is, and why something of it is not, though it should be."""
        blobs = Blob.across_tenants.filter(versions__file=row).exclude(encrypting_problem="")
        problem = blobs.values_list("encrypting_problem", flat=True).first()
        if problem:
            return badge(f"cannot be encrypted: {problem}", "danger")
        return "yes" if row.encrypted else "no"

    @action(description="Encrypt again", url_path="encrypt", permissions=["operate"])
    def encrypt_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and let what could not be encrypted be tried again."""
        file: File = row_of(self, request, object_id)
        return Errand(
            asks=lambda _: f"Try again to encrypt {file}?",
            causes=lambda _: [
                "Those of its versions that could not be encrypted are tried once more.",
                "Until it succeeds they lie as they came.",
            ],
            act=lambda _: changed(file, encrypt_again, "is tried again"),
            back=page_of(file),
            yes="Yes, try it",
        ).run(self, request)


def changed(file: File, change: Callable[..., File], done: str, **given: Any) -> str:
    """Do it in the tenant of a file, and return what is said then."""
    with in_tenant(file.tenant_id):
        change(id=str(file.pk), **given)
    return f"{file} {done}."


def page_of(file: File) -> str:
    """Return the page of a file."""
    return reverse("admin:files_file_change", args=[file.pk])
