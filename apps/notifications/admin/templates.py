"""Templates for staff: what they say, how that looks, and a test of it to oneself."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin

from apps.notifications.admin.writing import Writing, drafted, write
from apps.notifications.models import NotificationChannel, NotificationTemplate, TemplateVersion
from apps.notifications.services.previewing import preview, send_test, with_pictures
from apps.notifications.services.templates import check_said
from kernel.admin import (
    Errand,
    KeysetAdmin,
    SeenOnlyAdmin,
    SelectInput,
    TenantAdmin,
    TenantFilter,
    action,
    badge,
    display,
    row_of,
    table,
)
from kernel.errors import DomainError
from kernel.headers import PAGE_POLICY, POLICY
from kernel.tenancy.context import in_tenant

#: What is shown is written by a tenant: it runs nothing, asks nobody, and sees nothing of the page.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
)
_WIDTHS = (("Desktop", "570"), ("Phone", "350"))
_THEMES = ("light", "dark")
_SHOWN_VERSIONS = 20


class _Chosen(forms.Form):
    """Which of the texts."""

    text = forms.ChoiceField(label="Channel and language", widget=SelectInput())

    def __init__(self, row: NotificationTemplate, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["text"].choices = _texts_of(row)  # type: ignore[attr-defined]  # it is one of choices


@admin.register(NotificationTemplate)
class NotificationTemplateAdmin(KeysetAdmin, SeenOnlyAdmin, TenantAdmin):
    """The newest first."""

    list_display = ("name", "sort", "number", "languages", "created_at", "tenant")
    list_filter = (TenantFilter, "is_layout")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        *("name", "sort", "layout", "number", "default_locale", "languages", "written", "sample"),
        "versions",
        *("created_at", "tenant", "id"),
    )
    readonly_fields = fields
    actions_detail = ("look", "write", "send_test")

    def get_urls(self) -> list[URLPattern]:
        """Add the frames in which a text is shown: as it was saved, and as it is written."""
        urls: list[URLPattern] = super().get_urls()
        frames = (("look/frame", self.frame), ("write/draft", self.draft))
        shown = [
            path(
                f"<path:object_id>/{place}/",
                self.admin_site.admin_view(xframe_options_sameorigin(view)),
                name=f"notifications_notificationtemplate_{place.rpartition('/')[2]}",
            )
            for place, view in frames
        ]
        return [*shown, *urls]

    @display(description="kind", ordering="is_layout")
    def sort(self, row: NotificationTemplate) -> SafeString:
        return badge("layout", "info") if row.is_layout else badge("message", "success")

    @display(description="channels and languages")
    def languages(self, row: NotificationTemplate) -> str:
        return "; ".join(f"{one}: {', '.join(by)}" for one, by in row.texts.items())

    @display(description="texts")
    def written(self, row: NotificationTemplate) -> SafeString:
        told = [
            (
                named,
                format_html(
                    '<strong>{}</strong><pre class="septet-json">{}</pre>',
                    parts.get("subject", ""),
                    parts["body"],
                ),
            )
            for (_, named), parts in zip(_texts_of(row), _parts_of(row), strict=True)
        ]
        return table(("channel, language", "what it says"), told, "none")

    @display(description="versions")
    def versions(self, row: NotificationTemplate) -> SafeString:
        rows = TemplateVersion.across_tenants.filter(template=row).order_by("-number")
        told = [
            (
                one.number,
                one.default_locale,
                one.layout or "-",
                f"{one.created_at:%Y-%m-%d %H:%M}",
            )
            for one in rows.defer("texts")[:_SHOWN_VERSIONS]
        ]
        return table(("version", "default locale", "layout", "UTC"), told, "none")

    @action(description="Look at it", url_path="look", permissions=["view"])
    def look(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show a text on both widths in both themes, filled with the sample."""
        row = row_of(self, request, object_id)
        texts = _texts_of(row)
        asked = request.GET.get("text", "")
        chosen = asked if asked in dict(texts) else texts[0][0]
        address = reverse("admin:notifications_notificationtemplate_frame", args=[row.pk])
        subject, problem = _subject(row, chosen)
        frames = [
            {
                "title": f"{device}, {theme}",
                "width": width,
                "theme": theme,
                "address": f"{address}?text={chosen}&theme={theme}",
            }
            for theme in _THEMES
            for device, width in _WIDTHS
        ]
        context = self.admin_site.each_context(request) | {
            "title": f"{row.name}: how it looks",
            "opts": self.opts,
            "row": row,
            "form": _Chosen(row, {"text": chosen}),
            "subject": subject,
            "problem": problem,
            "frames": [] if problem else frames,
        }
        answer = TemplateResponse(request, "notifications/admin/look.html", context)
        answer[POLICY] = f"{PAGE_POLICY}; frame-src 'self'"
        return answer

    def frame(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer with a text alone, as a page in which nothing runs."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = row_of(self, request, object_id)
        channel, _, locale = request.GET.get("text", "").partition(".")
        return _frame(request, row, channel, locale)

    @action(description="Write", url_path="write", permissions=["operate"])
    def write(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write a text, and see how it looks meanwhile."""
        row = row_of(self, request, object_id)
        texts = [text for text, _ in _texts_of(row)]
        asked = request.GET.get("text", "")
        return write(self, request, row, asked if asked in texts else texts[0])

    def draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Answer with a text as it is written, as a page in which nothing runs."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        row = row_of(self, request, object_id)
        form = Writing(row, request.POST)
        if not form.is_valid():
            wrong = [f"{name}: {' '.join(map(str, found))}" for name, found in form.errors.items()]
            return _problem(request, "; ".join(wrong))
        for name, told in drafted(row, form.cleaned_data).items():
            setattr(row, name, told)
        return _frame(request, row, form.cleaned_data["channel"], form.cleaned_data["locale"])

    @action(description="Send me a test", url_path="test", permissions=["operate"])
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask which text, then send it to whoever asks."""
        row = row_of(self, request, object_id)
        to = str(getattr(request.user, "email", ""))

        def act(given: dict[str, Any]) -> str:
            _, _, locale = given["text"].partition(".")
            with in_tenant(row.tenant_id):
                send_test(id=str(row.pk), recipient=to, locale=locale)
            return f"A test of {row.name} is on its way to {to}."

        return Errand(
            asks=lambda _: f"Send a test of {row.name} to {to or 'nobody'}?",
            causes=lambda _: ["One mail, filled with the sample, as people would get it."],
            act=act,
            back="../",
            title=f"Send a test of {row.name}",
            introduction=f"It goes to {to or 'nobody: your account has no address of e-mail'}.",
            yes="Yes, send it",
        ).run(self, request, _mails(row, request))


def _frame(
    request: HttpRequest, row: NotificationTemplate, channel: str, locale: str
) -> HttpResponse:
    """Answer with what a template says, and nothing that could run; or with why it does not."""
    with in_tenant(row.tenant_id):
        try:
            check_said(row)
            words = preview(row, channel=channel, locale=locale)
        except DomainError as error:
            return _problem(request, str(error))
        html = with_pictures(words)
    if html.startswith("<!"):
        # In a layout it is a page by itself.
        answer = HttpResponse(html)
        answer[POLICY] = FRAME_POLICY
        return answer
    return _in_frame(request, {"words": words, "html": html})


def _problem(request: HttpRequest, problem: str) -> HttpResponse:
    return _in_frame(request, {"problem": problem})


def _in_frame(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    theme = request.GET.get("theme", "")
    context["theme"] = theme if theme in _THEMES else _THEMES[0]
    answer = TemplateResponse(request, "notifications/admin/frame.html", context)
    answer[POLICY] = FRAME_POLICY
    return answer


def _mails(row: NotificationTemplate, request: HttpRequest) -> _Chosen:
    form = _Chosen(row, request.POST or None)
    mails = [one for one in _texts_of(row) if one[0].startswith(NotificationChannel.EMAIL)]
    form.fields["text"].choices = mails  # type: ignore[attr-defined]  # it is one of choices
    return form


def _texts_of(row: NotificationTemplate) -> list[tuple[str, str]]:
    return [
        (f"{channel}.{locale}", f"{channel}, {locale}")
        for channel, by_locale in row.texts.items()
        for locale in by_locale
    ]


def _parts_of(row: NotificationTemplate) -> list[dict[str, str]]:
    return [parts for by_locale in row.texts.values() for parts in by_locale.values()]


def _subject(row: NotificationTemplate, chosen: str) -> tuple[str, str]:
    """Return the subject of a text, or why it cannot be filled."""
    channel, _, locale = chosen.partition(".")
    with in_tenant(row.tenant_id):
        try:
            return preview(row, channel=channel, locale=locale).subject, ""
        except DomainError as error:
            return "", f"{error.code}: {error}"
