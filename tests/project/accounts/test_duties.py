"""Groups of staff by duty: what each sees and does, and that none of them can become more."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db.models import Count
from django.test import Client

from apps.notifications.models import Notification
from kernel.admin import concerns
from kernel.admin.concerns import Duty
from kernel.testing.migrated import copy_migrated
from project.accounts.back_office import SCREENS

pytestmark = pytest.mark.django_db

#: What superusers alone see: groups.
NOBODYS = {"auth.view_group"}


def member(*duties: Duty) -> User:
    user = User.objects.create(username="ada", is_staff=True)
    user.groups.set(Group.objects.filter(name__in=duties))
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def seen_by(duty: Duty) -> set[str]:
    given = Permission.objects.filter(group__name=duty, codename__startswith="view_")
    return {f"{one.content_type.app_label}.{one.codename}" for one in given}


@pytest.mark.parametrize("duty", Duty)
def test_a_duty_may_open_what_the_index_tells_it(duty: Duty) -> None:
    models = {one.rows().model._meta for one in concerns._CONCERNS if one.duty is duty}

    assert models
    assert {f"{one.app_label}.view_{one.model_name}" for one in models} <= seen_by(duty)


def test_each_list_is_looked_after_by_some_duty() -> None:
    listed = {f"{one._meta.app_label}.view_{one._meta.model_name}" for one in admin.site._registry}
    screens = {may for may in SCREENS.values() if may != "platform.all"}

    assert listed | screens == NOBODYS | {
        one for duty in Duty for one in seen_by(duty) if one in listed | screens
    }


def test_no_duty_makes_anybody_more_than_they_are() -> None:
    by_model = defaultdict(set)
    for one in Permission.objects.filter(group__name__in=Duty).select_related("content_type"):
        by_model[one.content_type.app_label, one.content_type.model].add(one.codename)

    assert by_model["auth", "user"] == {"view_user"}
    for model in ("apikey", "membership", "serviceaccount", "tenant"):
        assert by_model["identity", model] == {f"view_{model}"}


def test_support_sees_messages_and_no_audit_log() -> None:
    client = browser(member(Duty.SUPPORT))

    page = client.get("/admin/").text

    assert client.get("/admin/notifications/notification/").status_code == 200
    assert client.get("/admin/audit/auditlog/").status_code == 403
    assert "/admin/notifications/notification/" in page
    assert "/admin/audit/auditlog/" not in page
    assert client.get("/admin/auth/group/").status_code == 403


def test_a_migration_gives_back_what_belongs_to_a_duty_and_leaves_what_was_added() -> None:
    support = Group.objects.get(name=Duty.SUPPORT)
    more = Permission.objects.get(codename="view_auditlog")
    own = Permission.objects.get_by_natural_key("view_notification", *_kind(Notification))
    support.permissions.remove(own)
    support.permissions.add(more)

    call_command("migrate", verbosity=0)

    assert {own, more} <= set(support.permissions.all())


def test_the_first_migration_makes_them(tmp_path: Path) -> None:
    copy_migrated(tmp_path / "new.sqlite3")

    with closing(sqlite3.connect(tmp_path / "new.sqlite3")) as new:
        rows = new.execute(
            "SELECT name, count(*) FROM auth_group JOIN auth_group_permissions"
            " ON group_id = auth_group.id GROUP BY name"
        )
        counted = dict(rows.fetchall())

    given = Group.objects.annotate(rights=Count("permissions")).values_list("name", "rights")
    assert counted == dict(given)
    assert counted.keys() == set(Duty)


def _kind(model: type[Notification]) -> tuple[str, str]:
    return model._meta.app_label, str(model._meta.model_name)


def test_superusers_keep_groups_of_their_own_and_look_at_those_of_duties() -> None:
    root = browser(User.objects.create_superuser("root"))
    support = Group.objects.get(name=Duty.SUPPORT)
    given = Permission.objects.get(codename="view_auditlog")

    made = root.post("/admin/auth/group/add/", {"name": "Auditors", "permissions": [given.pk]})
    url = f"/admin/auth/group/{support.pk}/change/"
    changed = root.post(url, {"name": "Helpdesk", "permissions": []})

    assert made.status_code == 302
    assert list(Group.objects.get(name="Auditors").permissions.all()) == [given]
    assert changed.status_code == 403
    assert "notification" in root.get(url).text
