"""Data subjects for staff: which keys there are, and erasing what is personal of somebody."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.audit.errors import HeldError
from apps.audit.models import SubjectKey
from apps.audit.services.erasing import MOST_COUNTED, SubjectErasure, erase_subject
from kernel.admin import (
    ActionVariant,
    Errand,
    KeysetAdmin,
    LongTextInput,
    SeenOnlyAdmin,
    TenantAdmin,
    TenantField,
    TenantFilter,
    TextInput,
    action,
    badge,
    display,
)
from kernel.errors import NotFoundError
from kernel.tenancy.context import in_tenant


class ErasureForm(forms.Form):
    """Whose, and why."""

    tenant = TenantField()
    subject = forms.CharField(
        max_length=500,
        widget=TextInput(attrs={"autocomplete": "off"}),
        help_text="As it was told with the logs. It is kept nowhere.",
    )
    reason = forms.CharField(
        required=False,
        max_length=500,
        widget=LongTextInput(attrs={"rows": 2}),
        help_text="On record for ever: do not name the subject in it.",
    )


@admin.register(SubjectKey)
class SubjectKeyAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """Keys under which personal fields are sealed. Whose they are is told by none of them."""

    list_display = ("key", "standing", "made_at", "erased_at", "tenant")
    list_filter = (TenantFilter,)
    ordering = ("-id",)
    fields = readonly_fields = ("key", "standing", "made_at", "erased_at", "tenant")
    actions_list = ("erase",)

    @display(description="key")
    def key(self, key: SubjectKey) -> str:
        return str(key.pk)

    @display(description="state")
    def standing(self, key: SubjectKey) -> SafeString:
        return badge("erased", "danger") if key.erased_at else badge("kept", "success")

    @action(
        description="Erase a subject",
        url_path="erase",
        permissions=["operate"],
        variant=ActionVariant.DANGER,
    )
    def erase(self, request: HttpRequest) -> HttpResponse:
        """Ask whose and why, say in how many logs something of them is, and erase it."""

        def causes(given: dict[str, Any]) -> list[str]:
            with in_tenant(given["tenant"]):
                found = erase_subject(subject=given["subject"], dry_run=True)
            if found.key_id is None:
                raise NotFoundError("nothing personal is told of this subject, or not any more")
            if found.held_by:
                raise HeldError(f"held by {', '.join(found.held_by)}")
            return [
                f"Something of them is in {_count(found)} and perhaps in archived ones.",
                "Nobody will read it again: the key is destroyed, also where backups are restored.",
                "The logs stay, and every proof of them stays good.",
                "Exports with personal fields that wait to be downloaded are withdrawn.",
                "It is on record under your name, by the key and not by the subject.",
            ]

        def act(given: dict[str, Any]) -> str:
            with in_tenant(given["tenant"]):
                done = erase_subject(subject=given["subject"], reason=given["reason"])
            return f"It is erased: key {done.key_id}, {_count(done)}."

        return Errand(
            title="Erase a data subject",
            introduction="What is personal of them in the logs of a tenant is made unreadable for"
            " ever. You will be told in how many logs before it is done.",
            asks=lambda _: "Erase what is personal of this subject, for ever?",
            causes=causes,
            act=act,
            back=reverse("admin:audit_subjectkey_changelist"),
            yes="Yes, erase it for ever",
        ).run(self, request, ErasureForm(request.POST or None))


def _count(found: SubjectErasure) -> str:
    if found.logs > MOST_COUNTED:
        return f"more than {MOST_COUNTED:,} logs"
    return f"{found.logs:,} log{'s' * (found.logs != 1)}"
