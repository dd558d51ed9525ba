"""What staff fill in of a place outside: the settings that its kind takes, and its secret."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.importexport.domain.endpoints.settings import KINDS
from apps.importexport.services.endpoints import MOST_SECRET
from kernel.admin import LongTextInput, NumberInput, TenantField, TextInput, page_of
from kernel.errors import DomainError

_HELP = {
    "address": "Of a webhook, or of an S3 that is not AWS: https://host.",
    "folder": "It may hold {date}, {dataset}, {export} and {series}.",
    "host_key": "Empty: a test tells which one the server shows, to be compared and filled in.",
    "to": "One address a line: members of the tenant, and whom importexport.mail_to allows.",
    "link_days": "How long links lead to the files: 1 to 7 days.",
}


class PlaceForm(forms.Form):
    """A place of one kind; of one that is there, as it is, without its secret."""

    name = forms.CharField(max_length=100, widget=TextInput())

    def __init__(
        self, kind: str, told: Any = None, *, now: Mapping[str, Any] | None = None, name: str = ""
    ) -> None:
        super().__init__(told, initial={"name": name, **_written(now or {})})
        self.kind = KINDS[kind]
        if now is None:
            self.fields["tenant"] = TenantField()
            self.order_fields(["tenant", "name"])
        for setting, (default, _) in self.kind.settings.items():
            self.fields[setting] = _field(setting, default)
        if self.kind.secret:
            again = (
                "" if now is None else " Empty: that which is kept; another place takes it anew."
            )
            self.fields["secret"] = forms.CharField(
                label=self.kind.secret.capitalize(),
                required=now is None,
                max_length=MOST_SECRET,
                widget=LongTextInput(
                    attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}
                ),
                help_text=f"It is kept encrypted, and shown to nobody.{again}",
            )

    def settings(self) -> dict[str, Any]:
        """Return what was filled in, as the service takes it; what is empty is as usual."""
        found = {name: self.cleaned_data[name] for name in self.kind.settings}
        if "to" in found:
            found["to"] = found["to"].split()
        return {name: value for name, value in found.items() if value not in ("", None)}

    def secret(self) -> str | None:
        """Return the secret; None where none was filled in."""
        return self.cleaned_data.get("secret") or None


def saved(
    page: Any,
    request: HttpRequest,
    form: PlaceForm,
    act: Callable[[PlaceForm], Any],
    *,
    title: str,
    back: str,
) -> HttpResponse:
    """Answer with a form; keep what it says. What a DomainError says stands in it."""
    if form.is_valid():
        try:
            place = act(form)
        except DomainError as error:
            form.add_error(None, f"Nothing was changed: {error}.")
        else:
            messages.success(request, f"{place} is kept. Test whether it can be reached.")
            return redirect(back)
    introduction = "Nothing is sent there before an export goes to it, or somebody tests it."
    return page_of(page, request, form, title=title, introduction=introduction, button="Keep it")


def _field(name: str, default: Any) -> forms.Field:
    more: dict[str, Any] = {"required": default is None, "help_text": _HELP.get(name, "")}
    label = name.replace("_", " ").capitalize()
    if isinstance(default, int):
        return forms.IntegerField(label=label, initial=default, widget=NumberInput(), **more)
    widget = LongTextInput(attrs={"rows": 3}) if name == "to" else TextInput()
    return forms.CharField(label=label, initial=default, widget=widget, **more)


def _written(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: "\n".join(value) if isinstance(value, list) else value
        for name, value in settings.items()
    }
