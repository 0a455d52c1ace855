"""The media library as the Markdown field asks for it, and who may have it."""

import json
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from config.models import LONGEST_ALT, Picture
from config.pictures import keep
from tests.factories import ROLES, make_picture, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(client):
    client.force_login(make_staff("writer", username="writer"))
    return client


# Who may ------------------------------------------------------------------------------------

ANYBODY = [*ROLES, "staff", "customer", "former", "stranger"]


def person(client, who: str) -> User | None:
    if who == "stranger":
        return None
    people = {
        "staff": lambda: make_staff(),
        "customer": lambda: User.objects.create_user("customer", is_superuser=True),
        "former": lambda: User.objects.create_superuser("former", is_active=False),
    }
    user = people.get(who, lambda: make_staff(who))()
    client.force_login(user)
    return user


@pytest.mark.parametrize("who", ANYBODY)
def test_only_who_may_see_the_library_is_offered_pictures(client, who):
    keep(make_picture(name="Secret plan.png"), by=None)
    person(client, who)
    response = client.get(reverse("pictures"))
    assert (response.status_code == 200) == (who in ROLES)
    assert ("Secret plan" in response.content.decode()) == (who in ROLES)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("who", ANYBODY)
@pytest.mark.parametrize("whose", ["own", "another's"])
def test_everybody_describes_their_own_pictures_and_editors_all(client, who, whose):
    user = person(client, who)
    picture = keep(make_picture(), by=user if whose == "own" else make_staff())
    response = client.post(reverse("picture_alt", args=[picture.pk]), {"alt": "A chart"})
    picture.refresh_from_db()
    editors = {"writer", "reviewer", "publisher", "administrator"}
    may = who in editors or (who == "sales" and whose == "own")
    assert (picture.alt, response.status_code == 200) == ("A chart" if may else "", may)


def test_who_writes_but_may_not_add_pictures_is_told(client, settings):
    user = make_staff()
    user.user_permissions.add(Permission.objects.get(codename="change_entry"))
    client.force_login(user)
    response = client.post(reverse("markdownx_upload"), {"image": make_picture()})
    assert (response.status_code, response.content.decode()) == (
        403,
        "You do not have the permission to add pictures.",
    )
    assert not Path(settings.MEDIA_ROOT).exists()


def test_the_library_speaks_one_method_only_and_asks_for_the_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("writer"))
    picture = keep(make_picture(), by=None)
    described = reverse("picture_alt", args=[picture.pk])
    assert client.post(described, {"alt": "Stolen"}).status_code == 403
    assert (client.get(described).status_code, client.get(reverse("pictures")).status_code) == (
        405,
        200,
    )
    picture.refresh_from_db()
    assert picture.alt == ""


# The library --------------------------------------------------------------------------------


def names(response) -> list[str]:
    return [picture["name"] for picture in response.json()["pictures"]]


def test_the_library_tells_what_a_text_needs(writer):
    picture = keep(make_picture(size=(900, 600), name="Chart.png"), by=None, alt="Sales doubled")
    stem = f"/media/{picture.path.removesuffix('.webp')}"
    assert writer.get(reverse("pictures")).json() == {
        "count": 1,
        "next": None,
        "pictures": [
            {
                "id": picture.pk,
                "image_path": f"{stem}.webp",
                "thumbnail": f"{stem}-400.webp",
                "width": 900,
                "height": 600,
                "name": "Chart",
                "alt": "Sales doubled",
            }
        ],
    }


def test_the_library_is_searched_by_all_words_of_name_and_description(writer):
    keep(make_picture(name="Chart 2024.png"), by=None, alt="Sales doubled")
    keep(make_picture(name="Chart 2023.png"), by=None, alt="Sales fell by 100%")
    keep(make_picture(name="Office.png"), by=None)

    def found(query: str) -> list[str]:
        return names(writer.get(reverse("pictures"), {"q": query}))

    assert found("chart SALES") == ["Chart 2023", "Chart 2024"]
    assert found("doubled chart") == ["Chart 2024"]
    assert found("%") == ["Chart 2023"]
    assert found("") == ["Office", "Chart 2023", "Chart 2024"]
    assert found("nothing\0 like it") == found("_" * 500) == []


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "99", "1e9"])
def test_the_library_is_paged_and_forgives_wrong_numbers(
    writer, number, django_assert_num_queries
):
    rows = [
        Picture(path=f"content/{number:016}-9x9.webp", width=9, height=9, name=str(number))
        for number in range(50)
    ]
    Picture.objects.bulk_create(rows)
    writer.get(reverse("pictures"))
    with django_assert_num_queries(7):
        first = writer.get(reverse("pictures"))
    assert (len(names(first)), first.json()["count"], first.json()["next"]) == (24, 50, 2)
    last = writer.get(reverse("pictures"), {"page": 3})
    assert (len(names(last)), last.json()["next"]) == (2, None)
    assert writer.get(reverse("pictures"), {"page": number}).status_code == 200


def test_a_description_is_one_line_of_bounded_length(writer):
    picture = keep(make_picture(), by=None)
    path = reverse("picture_alt", args=[picture.pk])
    assert writer.post(path, {"alt": " A\n chart\0 "}).json() == {"alt": "A chart"}
    response = writer.post(path, {"alt": "x" * (LONGEST_ALT + 1)})
    assert (response.status_code, response.json()) == (
        400,
        {"error": "Please use at most 300 characters."},
    )
    assert writer.post(path, {"alt": "ü" * LONGEST_ALT}).status_code == 200
    assert json.loads(writer.post(path).content) == {"alt": ""}


def test_a_picture_that_is_gone_cannot_be_described(writer):
    response = writer.post(reverse("picture_alt", args=[999]), {"alt": "A chart"})
    assert (response.status_code, response.json()) == (
        404,
        {"error": "This picture is no longer in the library."},
    )
