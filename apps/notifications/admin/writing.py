"""A text of a template is written, with how it looks beside it; nothing is saved before a yes."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.notifications.models import NotificationChannel, NotificationTemplate
from apps.notifications.services.templates import update_template
from kernel.admin import Errand, LongTextInput, SelectInput, TextInput, acting_staff
from kernel.headers import PAGE_POLICY, POLICY

_NO_LAYOUT = ("", "none")


class Writing(forms.Form):
    """One text, of a channel and a language, and what stands around all of them."""

    channel = forms.ChoiceField(choices=NotificationChannel.choices, widget=SelectInput())
    locale = forms.CharField(
        label="Language",
        max_length=35,
        widget=TextInput(),
        help_text="Such as en or pt-BR; another one makes another text.",
    )
    subject = forms.CharField(max_length=2_000, widget=TextInput())
    body = forms.CharField(
        max_length=50_000,
        strip=False,
        widget=LongTextInput(attrs={"rows": 14, "class": "notif-code"}),
    )
    text = forms.CharField(
        label="Plain text",
        required=False,
        max_length=50_000,
        strip=False,
        widget=LongTextInput(attrs={"rows": 4, "class": "notif-code"}),
        help_text="Of an e-mail, for programs that show no HTML.",
    )
    layout = forms.ChoiceField(required=False, widget=SelectInput())

    def __init__(
        self, row: NotificationTemplate, told: Mapping[str, Any] | None, *, text: str = ""
    ) -> None:
        channel, _, locale = text.partition(".")
        parts = row.texts.get(channel, {}).get(locale, {})
        super().__init__(
            told, initial={"channel": channel, "locale": locale, "layout": row.layout, **parts}
        )
        if row.is_layout:
            del self.fields["subject"], self.fields["layout"]
            self.fields["body"].help_text = "Of an e-mail HTML or MJML, with {{ content }} once."
        else:
            del self.fields["text"]
            self.fields["body"].help_text = "Of an e-mail Markdown."
            self.fields["layout"].choices = [_NO_LAYOUT, *_layouts(row)]  # type: ignore[attr-defined]  # it is one of choices


def drafted(row: NotificationTemplate, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a template would say with one of its texts as it was written."""
    names = ("body", "text") if row.is_layout else ("subject", "body")
    # Browsers send lines that end as those of mails do.
    parts = {name: given[name].replace("\r\n", "\n") for name in names if given[name]}
    by_locale = {**row.texts.get(given["channel"], {}), given["locale"]: parts}
    told: dict[str, Any] = {"texts": {**row.texts, given["channel"]: by_locale}}
    return told if row.is_layout else {**told, "layout": given["layout"]}


def write(page: Any, request: HttpRequest, row: NotificationTemplate, text: str) -> HttpResponse:
    """Answer with the editor; after it was filled in, ask; after a yes, save."""
    form = Writing(row, request.POST or None, text=text)
    if request.method != "POST" or not form.is_valid():
        return _editor(page, request, row, form)

    def act(given: dict[str, Any]) -> str:
        with acting_staff(request, row.tenant_id):
            saved = update_template(id=str(row.pk), **drafted(row, given))
        return f"{saved.name} is at version {saved.number}."

    return Errand(
        asks=lambda given: f"Save {given['channel']}, {given['locale']} of {row.name}?",
        causes=lambda _: [
            f"It becomes version {row.number + 1}, for what is said from now on.",
            "What was made already stays as it is.",
        ],
        act=act,
        back="../change/",
        title=f"Write {row.name}",
        yes="Yes, save it",
    ).run(page, request, form)


def _editor(
    page: Any, request: HttpRequest, row: NotificationTemplate, form: Writing
) -> HttpResponse:
    context = page.admin_site.each_context(request) | {
        "title": f"Write {row.name}",
        "opts": page.opts,
        "row": row,
        "form": form,
    }
    answer = TemplateResponse(request, "notifications/admin/write.html", context)
    answer[POLICY] = f"{PAGE_POLICY}; frame-src 'self'"
    return answer


def _layouts(row: NotificationTemplate) -> list[tuple[str, str]]:
    found = NotificationTemplate.across_tenants.filter(tenant_id=row.tenant_id, is_layout=True)
    return [(name, name) for name in found.order_by("name").values_list("name", flat=True)[:200]]
