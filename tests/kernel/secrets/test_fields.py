"""A column of secrets: encrypted in the database, shown nowhere, read by one function."""

import copy
import json
import logging
import pickle
from typing import Any

import orjson
import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.forms import modelform_factory
from django.forms.models import model_to_dict
from graphene_django.converter import convert_django_field

from kernel.errors import NotFoundError
from kernel.observability.logging import JsonFormatter
from kernel.secrets.errors import SecretUnreadableError
from kernel.secrets.fields import MASK, Sealed
from kernel.secrets.reading import read_secret
from tests.kernel.secrets.vaults import Numbered, Vault

pytestmark = pytest.mark.django_db
PLAIN = "correct horse battery staple"


def test_a_secret_comes_back_by_the_one_function_that_reads_it() -> None:
    vault = Vault.objects.create(token=PLAIN, password="")

    found = Vault.objects.get()

    for row in (vault, found):
        assert read_secret(row, "token", purpose="test") == PLAIN
        assert read_secret(row, "password", purpose="test") == ""


def test_the_table_holds_it_encrypted() -> None:
    Vault.objects.bulk_create([Vault(token=PLAIN), Vault(token=PLAIN)])

    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM kernel_vault")
        stored = [token for (token,) in cursor.fetchall()]

    assert all(token.startswith("s1.test.") and PLAIN not in token for token in stored)
    assert len(set(stored)) == 2


def test_a_row_that_is_read_twice_has_the_same_one() -> None:
    first, second = (Vault.objects.create(token=PLAIN) for _ in range(2))

    again = Vault.objects.get(pk=first.pk)

    assert again.token == Vault.objects.get(pk=first.pk).token
    # Two of the same text are not told from two of others.
    assert again.token != Vault.objects.get(pk=second.pk).token


def test_it_is_written_only_when_its_column_is_saved() -> None:
    vault = Vault.objects.create(token="old")
    vault.token = PLAIN
    vault.save(update_fields=["name"])
    assert read_secret(Vault.objects.get(), "token", purpose="test") == "old"

    vault.save(update_fields=["token"])

    assert read_secret(Vault.objects.get(), "token", purpose="test") == PLAIN


def test_one_that_is_not_there_is_told() -> None:
    vault = Vault.objects.create()

    with pytest.raises(NotFoundError, match="has no token"):
        read_secret(vault, "token", purpose="test")
    assert Vault.objects.filter(token__isnull=True).exists()


def test_moved_to_another_row_or_column_it_does_not_open() -> None:
    mine, theirs = Vault.objects.create(token="mine"), Vault.objects.create(token=PLAIN)

    Vault.objects.filter(pk=mine.pk).update(token=theirs.token)
    with pytest.raises(SecretUnreadableError):
        read_secret(Vault.objects.get(pk=mine.pk), "token", purpose="test")

    Vault.objects.filter(pk=theirs.pk).update(password=theirs.token)
    with pytest.raises(SecretUnreadableError):
        read_secret(Vault.objects.get(pk=theirs.pk), "password", purpose="test")


@pytest.mark.parametrize("saved", [False, True])
def test_nothing_that_prints_or_encodes_shows_it(saved: bool, caplog: Any) -> None:
    vault = Vault(token=PLAIN)
    if saved:
        vault.save()
    stored = vault.token.stored if isinstance(vault.token, Sealed) else ""

    shown = [
        str(vault.token),
        repr(vault.token),
        f"{vault.token}",
        str(vars(vault)),
        str(model_to_dict(vault)),
        str(Vault.objects.values()),
        str(list(Vault.objects.values_list("token"))),
        json.dumps({"token": vault.token}, default=str),
        orjson.dumps({"token": vault.token}, default=str).decode(),
        serializers.serialize("json", [vault]),
        str(modelform_factory(Vault, fields=["name"])(instance=vault)),
    ]
    with caplog.at_level("INFO"):
        logging.getLogger("test").info("made", extra={"token": vault.token})
    shown.append(JsonFormatter().format(caplog.records[-1]))

    assert all(PLAIN not in text for text in shown)
    assert str(vault.token) == MASK
    assert not stored or sum(stored in text for text in shown) == 1, "the serializer alone has it"


def test_json_has_no_form_for_it() -> None:
    vault = Vault(token=PLAIN)

    with pytest.raises(TypeError):
        json.dumps({"token": vault.token}, cls=DjangoJSONEncoder)
    with pytest.raises(TypeError):
        orjson.dumps({"token": vault.token})


def test_a_plain_one_is_copied_but_not_pickled() -> None:
    vault = Vault(token=PLAIN)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(vault)

    vault.token = copy.deepcopy(vault.token)
    vault.save()

    assert read_secret(vault, "token", purpose="test") == PLAIN
    assert PLAIN.encode() not in pickle.dumps(vault)


def test_forms_have_no_field_for_it() -> None:
    assert list(modelform_factory(Vault, exclude=["id"])().fields) == ["name"]


def test_graphql_does_not_take_it() -> None:
    with pytest.raises(Exception, match="Don't know how to convert"):
        convert_django_field(Vault._meta.get_field("token"))


def test_it_cannot_be_searched() -> None:
    for lookup in ("token", "token__startswith", "token__in", "token__iexact"):
        with pytest.raises(FieldError, match="encrypted"):
            Vault.objects.filter(**{lookup: "s"})


def test_it_cannot_be_set_without_its_row() -> None:
    Vault.objects.create()

    with pytest.raises(TypeError, match="bound to its row"):
        Vault.objects.update(token=PLAIN)
    with pytest.raises(TypeError, match="not saved yet"):
        read_secret(Vault(token=PLAIN), "token", purpose="test")
    with pytest.raises(ValueError, match="give the row its primary key first"):
        Numbered(token=PLAIN)._meta.get_field("token").pre_save(Numbered(token=PLAIN), True)


def test_a_fixture_carries_it_encrypted_and_is_read_back() -> None:
    vault = Vault.objects.create(token=PLAIN)
    fixture = serializers.serialize("python", [vault])

    field = Vault._meta.get_field("token")
    vault.token = field.to_python(fixture[0]["fields"]["token"])

    assert read_secret(vault, "token", purpose="test") == PLAIN
