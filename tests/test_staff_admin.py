"""Administrators manage the logins of others and cannot make superusers, of themselves least."""

import pytest
from django.contrib.auth.models import Permission, User

from tests.desk import change, submit
from tests.factories import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    client.user = make_staff("administrator")
    client.force_login(client.user)
    return client


@pytest.mark.parametrize("whose", ["their own", "another's"])
def test_nobody_makes_a_superuser_who_is_none(administrator, admin_client, whose):
    user = administrator.user if whose == "their own" else make_staff("writer")
    some = Permission.objects.first().pk
    submit(
        administrator,
        change(user),
        seen_by=admin_client,
        first_name="Rita",
        is_superuser="on",
        user_permissions=[some],
    )
    user.refresh_from_db()
    assert (user.first_name, user.is_superuser) == ("Rita", False)
    assert user.user_permissions.count() == 0


@pytest.mark.parametrize("way", ["change", "password", "delete", "list"])
def test_superusers_are_for_superusers_alone(administrator, way):
    boss = User.objects.create_superuser("boss2", password="a long password")
    before = User.objects.values().get(pk=boss.pk)
    if way == "list":
        data = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}
        administrator.post("/admin/auth/user/", data)
    else:
        data = {"post": "yes", "username": "mine", "password1": "x" * 20, "password2": "x" * 20}
        answer = administrator.post(change(boss).replace("change", way), data)
        assert answer.status_code == 403
    assert User.objects.values().get(pk=boss.pk) == before


def test_a_superuser_makes_another_one(admin_client):
    user = make_staff("writer")
    submit(admin_client, change(user), is_superuser="on")
    user.refresh_from_db()
    assert user.is_superuser
