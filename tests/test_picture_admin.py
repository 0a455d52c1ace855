"""The media library on the desk: found, described, added, and deleted when no text shows it."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from config.models import Picture
from config.pictures import address, keep
from glossary.pictures import remember
from tests.desk import change, errors, filled, notices, page_of, rows, submit, words, work
from tests.factories import ROLES, make_author, make_draft, make_entry, make_picture, make_staff

pytestmark = pytest.mark.django_db

LIST = "/admin/config/picture/"


def files(settings) -> list[str]:
    root = Path(settings.MEDIA_ROOT)
    return [path.name for path in root.rglob("*") if path.is_file()]


def column(response, name: str) -> list[str]:
    body = page_of(response).find(".//table[@id='result_list']/tbody")
    return [
        words(cell)
        for row in body.iter("tr")
        for cell in row.iter("td")
        if cell.get("class") == f"field-{name}"
    ]


def make_used_and_unused() -> tuple[Picture, Picture]:
    used = keep(make_picture(name="Chart.png"), by=None, alt="Sales doubled")
    unused = keep(make_picture(name="Office.png"), by=None)
    text = f"![a]({address(used)})"
    remember(make_entry(term="Webhook", body=text), text)
    make_author(name="Ines", biography=text)
    return used, unused


# Finding ------------------------------------------------------------------------------------


def test_the_list_says_what_each_picture_is_and_where_it_is_used(publisher):
    used, unused = make_used_and_unused()
    response = publisher.get(LIST)
    assert column(response, "name") == ["Office", "Chart"]
    assert column(response, "alt") == ["–", "Sales doubled"]
    assert column(response, "size") == ["60 × 40", "60 × 40"]
    assert column(response, "used_in") == ["Unused", "2 places"]
    thumbnails = [img.get("src") for img in page_of(response).iter("img") if img.get("class")]
    assert thumbnails == [address(unused), address(used)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("use=unused", ["Office"]),
        ("use=used", ["Chart"]),
        ("alt=missing", ["Office"]),
        ("alt=given", ["Chart"]),
        ("use=unused&alt=given", []),
        ("q=doubled", ["Chart"]),
        ("q=office", ["Office"]),
        ("use=nonsense&alt=nonsense", ["Office", "Chart"]),
    ],
)
def test_pictures_are_found_by_use_words_and_name(publisher, query, names):
    make_used_and_unused()
    response = publisher.get(f"{LIST}?{query}")
    assert (column(response, "name") if rows(response) else []) == names


def test_a_picture_says_where_it_is_used_with_links(publisher):
    used, unused = make_used_and_unused()
    page = page_of(publisher.get(change(used)))
    (places,) = (box for box in page.iter("ul") if box.get("class") == "picture-uses")
    links = {words(link): link.get("href") for link in places.iter("a")}
    assert set(links) == {"Webhook (live)", "Author: Ines"}
    assert [publisher.get(path).status_code for path in links.values()] == [200, 200]
    assert "No text shows it. It can be deleted." in publisher.get(change(unused)).content.decode()


def test_words_of_people_are_never_markup(publisher):
    evil = keep(
        make_picture(name='"><img src=x onerror=a()>.png'), by=None, alt="<script>b()</script>"
    )
    text = f"![a]({address(evil)})"
    remember(make_draft(term="<i>c</i>", body=text), text)
    for path in (LIST, change(evil)):
        content = publisher.get(path).content.decode()
        assert [tag for tag in ("<script>b", "<img src=x", "<i>c") if tag in content] == []


# Changing and adding ------------------------------------------------------------------------


def test_name_and_words_are_changed_and_nothing_else(publisher):
    picture = keep(make_picture(), by=None)
    path = picture.path
    wanted = {"name": "Chart of 2024", "alt": "Sales doubled", "path": "x", "width": "1"}
    publisher.post(change(picture), {**filled(publisher, change(picture)), **wanted})
    picture.refresh_from_db()
    assert (picture.name, picture.alt) == ("Chart of 2024", "Sales doubled")
    assert (picture.path, picture.width) == (path, 60)


def test_a_picture_is_added_on_the_desk(publisher, settings):
    upload = make_picture(size=(900, 600), name="Chart.png")
    response = submit(publisher, f"{LIST}add/", upload=upload, alt="Sales doubled")
    picture = Picture.objects.get()
    assert notices(publisher, response)[0].startswith("The picture “Chart” was added successfully")
    assert (picture.name, picture.alt, picture.width) == ("Chart", "Sales doubled", 900)
    assert (picture.uploaded_by, len(files(settings))) == (User.objects.get(), 3)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg/>", "Only PNG, JPEG, WebP and GIF pictures can be used."),
        (make_picture().read()[:70], "This picture is damaged and cannot be read."),
        (b"", "The submitted file is empty."),
    ],
    ids=["svg", "torn", "empty"],
)
def test_a_file_that_is_no_picture_gets_a_sentence(publisher, settings, content, sentence):
    file = SimpleUploadedFile("a.png", content, "image/png")
    assert errors(submit(publisher, f"{LIST}add/", upload=file)) == [sentence]
    assert (Picture.objects.count(), files(settings)) == (0, [])


def test_without_a_file_nothing_is_added(publisher):
    assert errors(submit(publisher, f"{LIST}add/")) == ["This field is required."]


# Deleting -----------------------------------------------------------------------------------

STILL_USED = (
    "This picture is still used, so nothing was deleted: “Chart” in Author: Ines, Webhook (live)."
)


def delete_page(picture: Picture) -> str:
    return change(picture).replace("change", "delete")


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_picture_in_use_is_not_deleted_from_its_page(publisher, settings, method):
    used, _ = make_used_and_unused()
    response = getattr(publisher, method)(delete_page(used), {"post": "yes"})
    assert response["Location"] == change(used)
    assert notices(publisher, response) == [STILL_USED]
    assert (Picture.objects.count(), len(files(settings))) == (2, 2)


@pytest.mark.parametrize("confirmed", [{}, {"post": "yes"}], ids=["asked", "confirmed"])
def test_pictures_in_use_are_not_deleted_from_the_list(publisher, settings, confirmed):
    selected = [picture.pk for picture in make_used_and_unused()]
    data = {"action": "delete_selected", "_selected_action": selected, **confirmed}
    response = publisher.post(f"{LIST}?q=c", data)
    assert response["Location"] == f"{LIST}?q=c"
    assert notices(publisher, response) == [STILL_USED]
    work()
    assert (Picture.objects.count(), len(files(settings))) == (2, 2)


@pytest.mark.parametrize("how", ["page", "list"])
def test_an_unused_picture_is_deleted_with_its_files(publisher, settings, how):
    used, unused = make_used_and_unused()
    if how == "page":
        assert "Are you sure" in publisher.get(delete_page(unused)).content.decode()
        publisher.post(delete_page(unused), {"post": "yes"})
    else:
        data = {"action": "delete_selected", "_selected_action": [unused.pk]}
        assert "Are you sure" in publisher.post(LIST, data).content.decode()
        publisher.post(LIST, {**data, "post": "yes"})
    work()
    assert list(Picture.objects.all()) == [used]
    assert files(settings) == [Path(used.path).name]


# Who may ------------------------------------------------------------------------------------

EDITORS = {"writer", "reviewer", "publisher", "administrator"}


def logged_in(client, who: str):
    if who != "stranger":
        client.force_login(make_staff(*([who] if who in ROLES else [])))
    return client


@pytest.mark.parametrize("who", [*ROLES, "staff", "stranger"])
def test_everybody_does_in_the_library_what_their_role_is_for(client, admin_client, who):
    picture = keep(make_picture(name="Chart.png"), by=None)
    logged_in(client, who)
    assert (client.get(LIST).status_code == 200) == (who in ROLES)
    assert (client.get(change(picture)).status_code == 200) == (who in ROLES)

    client.post(change(picture), {**filled(admin_client, change(picture)), "alt": "Mine"})
    picture.refresh_from_db()
    assert (picture.alt == "Mine") == (who in EDITORS)

    client.post(f"{LIST}add/", {"upload": make_picture(), "alt": ""})
    assert (Picture.objects.count() == 2) == (who in EDITORS | {"sales"})

    client.post(delete_page(picture), {"post": "yes"})
    data = {"action": "delete_selected", "_selected_action": [picture.pk], "post": "yes"}
    client.post(LIST, data)
    exists = Picture.objects.filter(pk=picture.pk).exists()
    assert exists == (who not in {"publisher", "administrator"})
