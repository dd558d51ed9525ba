"""The forms of accounts, beside those that allauth has."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)

from kernel.identity.scopes import Role

LIFETIMES = (("30", "in 30 days"), ("90", "in 90 days"), ("365", "in a year"), ("", "never"))


class SignInForm(LoginForm):
    """Allauth's, with a label that says what may be given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "User name or e-mail address"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(label="E-mail address")

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(label="Role", choices=roles, initial=Role.VIEWER)


class NewPersonForm(forms.Form):
    """What a person who accepts an invitation says about themselves."""

    name = forms.CharField(
        label="Your name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="A password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(username=self._email, email=self._email))
        return password


class KeyForm(forms.Form):
    """What a new key is for: whose it is, what it may do, and until when."""

    name = forms.CharField(label="Name", max_length=200)
    days = forms.TypedChoiceField(
        label="Expires",
        choices=LIFETIMES,
        coerce=int,
        initial="90",
        empty_value=None,
        required=False,
    )

    def __init__(
        self, *args: Any, scopes: list[str], owners: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"] = _scopes_field("It may do", scopes)
        self.fields["owner"] = forms.ChoiceField(label="Belongs to", choices=owners)


class ServiceAccountForm(forms.Form):
    """A program's account: its name, and what its keys may do at most."""

    name = forms.CharField(label="Name", max_length=200)

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"] = _scopes_field("Its keys may do at most", scopes)


def _scopes_field(label: str, scopes: list[str]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=[(scope, scope) for scope in scopes],
        widget=forms.CheckboxSelectMultiple,
    )
