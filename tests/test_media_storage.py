"""Uploads in S3-compatible storage: kept, shown, deleted, and missed kindly."""

import io
import json
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.urls import reverse

from config import markdown, media_storage, pictures
from config.media_storage import StorageAway
from config.models import Picture
from glossary import cards, publishing
from glossary.exchange import archives, zips
from glossary.importing import running
from glossary.models import ImportRun
from tests.buckets import buckets
from tests.desk import work
from tests.factories import make_author, make_draft, make_entry, make_picture, make_site

CDN = "https://cdn.example/m/"


@pytest.fixture
def server():
    with buckets() as server:
        yield server


def keep_in(settings, server, options: str = "") -> None:
    storage = media_storage.read(f"s3://KEY:SECRET@{server.host}/bucket/site?tls=no{options}")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": storage.media,
        "private": storage.private,
    }
    settings.MEDIA_URL = storage.public or "/media/"


@pytest.fixture
def bucket(settings, server):
    """The server, whose bucket has the uploads; the site itself serves them."""
    keep_in(settings, server)
    return server


@pytest.fixture
def public_bucket(settings, server, monkeypatch):
    """The same, where readers fetch uploads from a CDN."""
    keep_in(settings, server, f"&public={CDN}&private=hidden")
    # The field asked for its storage when the site began.
    field = ImportRun._meta.get_field("file")
    monkeypatch.setattr(field, "storage", storages["private"])
    return server


def names(server, begin: str = "/bucket/site/media/") -> list[str]:
    return sorted(path.removeprefix(begin) for path in server.files if path.startswith(begin))


def upload(client, *, width: int = 1000) -> Picture:
    file = make_picture(size=(width, 500))
    answer = client.post(reverse("markdownx_upload"), {"image": file})
    return Picture.objects.get(pk=json.loads(answer.content)["id"])


# From the upload to its end -----------------------------------------------------------------


@pytest.mark.django_db
def test_an_upload_is_kept_shown_and_deleted_with_all_its_sizes(bucket, publisher):
    picture = upload(publisher)
    stem = picture.path.removesuffix(".webp")
    assert names(bucket) == sorted([f"{stem}-400.webp", f"{stem}-800.webp", picture.path])
    headers, _content = bucket.files[f"/bucket/site/media/{picture.path}"]
    assert headers["Content-Type"] == "image/webp"
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    entry = make_entry(body=f"![A loom]({pictures.address(picture)})")
    page = publisher.get(entry.get_absolute_url()).content.decode()
    assert f'src="/media/{picture.path}"' in page
    served = publisher.get(f"/media/{stem}-400.webp")
    assert (served.status_code, served.headers["Content-Type"]) == (200, "image/webp")
    assert b"".join(served)[8:12] == b"WEBP"
    assert publisher.get("/media/pictures/none.webp").status_code == 404
    entry.delete()
    pictures.delete([picture])
    work()
    assert names(bucket) == []


@pytest.mark.django_db
def test_pages_show_uploads_where_readers_fetch_them(public_bucket, publisher):
    picture = upload(publisher)
    address = pictures.address(picture)
    assert address == f"/media/{picture.path}"
    stem = f"{CDN}{picture.path.removesuffix('.webp')}"
    html = markdown.to_html(f"![A loom]({address})")
    assert f'src="{stem}.webp"' in html
    assert f'srcset="{stem}-400.webp 400w, {stem}-800.webp 800w, {stem}.webp 1000w"' in html
    moved = publisher.get(address)
    assert (moved.status_code, moved.headers["Location"]) == (302, f"{stem}.webp")
    # An upload is recognised, anybody else's picture on that host's other paths is not.
    assert "<img" in markdown.to_html(f"![A]({CDN}pictures/a.webp)")
    assert "<img" not in markdown.to_html("![A](https://cdn.example/other/a.webp)")


@pytest.mark.django_db
def test_faces_and_logo_are_shown_where_readers_fetch_them(public_bucket, client):
    author = make_author(name="Ines")
    author.portrait.save("x.png", ContentFile(make_picture().read()))
    site = make_site()
    site.logo.save("x.png", ContentFile(make_picture().read()))
    page = client.get(author.get_absolute_url()).content.decode()
    assert f'src="{CDN}{author.portrait.name}"' in page
    assert f'property="og:image" content="{CDN}{author.portrait.name}"' in page
    assert f'"image":"{CDN}{author.portrait.name}"' in page.replace('": "', '":"')
    assert site.logo_address == f"{CDN}{site.logo.name}"
    assert f'src="{CDN}{site.logo.name}"' in page
    assert client.get("/favicon.ico").headers["Location"] == f"{CDN}{site.logo.name}"


@pytest.mark.django_db
def test_a_card_is_kept_once_and_replaced(bucket, client):
    entry = make_entry(term="Warp")
    address = cards.address(entry).removeprefix("https://glossary.example")
    first = client.get(address)
    assert (first.status_code, len(names(bucket))) == (200, 1)
    assert client.get(address).content == first.content
    entry.term = "Weft"
    entry.save()
    client.get(cards.address(entry).removeprefix("https://glossary.example"))
    assert len(names(bucket)) == 1
    cards.forget(entry.pk)
    assert names(bucket) == []


@pytest.mark.django_db
def test_an_import_waits_where_nobody_can_see_it(public_bucket):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("warp.md", "---\nterm: Warp\n---\nThreads.")
    sent = ContentFile(file.getvalue(), name="notes.zip")
    runs = [running.start(sent, by=None, is_trial=False) for _ in range(2)]
    kept = names(public_bucket, "/hidden/site/private/")
    assert (len(kept), names(public_bucket)) == (2, [])
    with pytest.raises(ValueError, match="not accessible"):
        runs[0].file.storage.url(runs[0].file.name)
    work()
    assert {run.state for run in ImportRun.objects.all()} == {"done"}
    assert names(public_bucket, "/hidden/") == []


@pytest.mark.django_db
def test_the_archive_of_the_site_has_all_uploads(bucket, publisher):
    picture = upload(publisher)
    stored = b"".join(zips.stream(archives.files()))
    with zipfile.ZipFile(io.BytesIO(stored)) as archive:
        found = archive.read(f"media/{picture.path}")
    assert found == bucket.files[f"/bucket/site/media/{picture.path}"][1]


@pytest.mark.django_db
def test_uploads_without_rows_are_found_in_the_bucket(bucket):
    default_storage.save("pictures/A-b_456789012345678901-40x30.webp", make_picture())
    default_storage.save("portraits/abc.webp", make_picture())
    assert pictures.adopt() == 1


# When it is away ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_storage_that_is_away_is_said_kindly_and_keeps_nothing(bucket, publisher):
    bucket.state = 503
    file = make_picture()
    answer = publisher.post(reverse("markdownx_upload"), {"image": file})
    assert (answer.status_code, Picture.objects.count()) == (503, 0)
    assert "send it again in a minute" in answer.content.decode()
    assert (answer.headers["Cache-Control"], answer.headers["Retry-After"]) == ("no-store", "30")
    assert publisher.get("/media/pictures/a.webp").status_code == 503


@pytest.mark.django_db(transaction=True)
def test_publishing_and_cards_do_without_the_storage(bucket, client):
    bucket.state = 403
    entry = make_draft(term="Warp")
    publishing.publish(entry)
    publishing.withdraw(entry)
    publishing.publish(entry)
    address = cards.address(entry).removeprefix("https://glossary.example")
    assert client.get(address).status_code == 200


@pytest.mark.django_db
def test_a_storage_without_a_server_is_away_for_every_question(bucket):
    storage = storages.create_storage(
        media_storage.read("s3://KEY:SECRET@127.0.0.1:9/bucket?tls=no").media
    )
    for question in (storage.exists, storage.delete, storage.listdir, storage.open, storage.size):
        with pytest.raises(StorageAway):
            question("a.webp")
    with pytest.raises(StorageAway):
        storage.save("a.webp", ContentFile(b"a"))


@pytest.mark.django_db
def test_visitors_do_not_wait_for_a_storage_one_by_one(bucket, client):
    bucket.state = 500
    addresses = [cards.address(make_entry(term=term)) for term in ("Warp", "Weft", "Loom")]
    for address in addresses:
        path = address.removeprefix("https://glossary.example")
        assert client.get(path).status_code == 200
    # The client tries once more by itself; then nobody asks for some seconds.
    assert bucket.refused == 2


# The address --------------------------------------------------------------------------------


def test_an_address_says_where_media_and_private_uploads_are():
    found = media_storage.read(
        "s3://K:s%2F1@s3.eu-central-1.amazonaws.com/b/f?region=eu-central-1"
        "&public=https://cdn.example/m&private=hidden"
    )
    said, hidden = found.media["OPTIONS"], found.private["OPTIONS"]
    assert said == {
        "access_key": "K",
        "secret_key": "s/1",
        "region_name": "eu-central-1",
        "endpoint_url": "https://s3.eu-central-1.amazonaws.com",
        "addressing_style": "virtual",
        "bucket_name": "b",
        "location": "f/media",
        "base_url": CDN,
    }
    assert (hidden["bucket_name"], hidden["location"]) == ("hidden", "f/private")
    assert "base_url" not in hidden
    assert found.public == CDN


def test_without_keys_the_client_finds_its_own():
    said = media_storage.read("s3://minio.internal:9000/b?tls=no").media["OPTIONS"]
    assert (said["access_key"], said["secret_key"]) == (None, None)
    assert said["endpoint_url"] == "http://minio.internal:9000"
    assert (said["addressing_style"], said["location"]) == ("path", "media")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "write it like s3://"),
        ("https://s3.example/bucket", "write it like s3://"),
        ("s3://KEY:SECRET@s3.example", "write it like s3://"),
        ("s3://KEY@s3.example/bucket", "write it like s3://"),
        ("s3://K:S@s3.example:port/bucket", "Port"),
        ("s3://K:S@s3.example/b?tls=maybe", "tls is yes or no"),
        ("s3://K:S@s3.example/b?endpoint=x", "there is no option 'endpoint'"),
        ("s3://K:S@s3.example/b?public=cdn.example&private=p", "public: 'cdn.example'"),
        ("s3://K:S@s3.example/b?public=https://u:p@cdn.example&private=p", "public: "),
        ("s3://K:S@s3.example/b?public=https://cdn.example/m", "name another bucket"),
    ],
)
def test_a_mistake_in_the_address_is_explained(url, why):
    with pytest.raises(ValueError, match=why):
        media_storage.read(url)
