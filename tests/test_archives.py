"""The whole site in one file, and the downloads of the desk."""

import csv
import io
import json
import tracemalloc
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from glossary import topics
from glossary.exchange import archives, zips
from glossary.importing import import_markdown
from glossary.models import Difference, Entry, OldPath, Topic
from leads import archiving
from leads.models import Calendar, Offer, OfferTopic
from leads.models.calendars import WEEKDAYS
from tests.factories import (
    ROLES,
    make_author,
    make_booking,
    make_calendar,
    make_comparison,
    make_draft,
    make_entry,
    make_lead,
    make_offer,
    make_path,
    make_staff,
)

pytestmark = pytest.mark.django_db
PAGE = "/admin/glossary/entry/export/"


def archive(pieces) -> zipfile.ZipFile:
    found = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert found.testzip() is None
    return found


def whole() -> dict[str, bytes]:
    found = archive(zips.stream(archives.files()))
    return {name: found.read(name) for name in found.namelist()}


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=UTC)


@pytest.fixture
def full():
    author = make_author(name="Ines", biography="She *writes*.")
    first = make_entry(term="Webhook", topics=["Automation"], author=author)
    second = make_entry(term="Polling", topics=["Automation", "Old"])
    topics.merge([Topic.objects.get(name="Old")], into=Topic.objects.get(name="Automation"))
    Topic.objects.update(description="About *automation*.")
    first.memberships.update(position=1)
    comparison = make_comparison(first, second)
    Difference.objects.create(comparison=comparison, aspect="Cost", left="Low", right="High")
    make_path(second, first, title="Start", topic=Topic.objects.get())
    offer = make_offer(name="Audit", host=author, duration=45, place="By telephone")
    OfferTopic.objects.create(offer=offer, topic=Topic.objects.get())
    secret = "https://calendars.example/secret.ics"
    calendar = make_calendar(
        offer, host=author, saturday="10–12", feed_url=secret, busy="[[1, 2]]"
    )
    calendar.overrides.create(day=date(2026, 12, 24), hours="")
    away = {"starts_at": at(28, 9), "ends_at": at(30, 18), "reason": "Skiing"}
    calendar.blocked.create(**away)
    make_booking(start=timezone.now() + timedelta(days=3), offer=offer, lead=make_lead())
    OldPath.objects.create(path="/was/here", entry=first)
    default_storage.save("content/a.webp", ContentFile(b"picture"))
    make_lead(name="Paula Private")


def test_archive_holds_everything_that_is_content_and_nothing_private(full):
    found = whole()
    assert sorted(found) == [
        "authors.json",
        "calendars.json",
        "comparisons.json",
        "entries/en/polling.md",
        "entries/en/webhook.md",
        "headword.json",
        "media/content/a.webp",
        "offers.json",
        "paths.json",
        "redirects.json",
        "topics.json",
    ]
    assert found["media/content/a.webp"] == b"picture"
    everything = b"".join(found.values())
    key = Calendar.objects.get().subscription_key.encode()
    assert [word in everything for word in (b"Paula", b"secret.ics", key)] == [False] * 3


def test_no_field_of_an_offer_is_left_out():
    """A field that is added later has to be archived, or named here."""
    fields = {field.name for field in Offer._meta.concrete_fields}
    assert fields - set(archiving.OFFER_FIELDS) == {"id", "host", "description_html"}
    others = {field.name for field in Calendar._meta.concrete_fields} - set(WEEKDAYS)
    assert others - {"id", "author", "time_zone"} == {
        *("feed_url", "feed_hours", "feed_checked_at", "feed_good_at", "feed_warned_at"),
        *("feed_error", "busy", "subscription_key"),
    }


def test_rows_name_each_other_by_address(full):
    rows = {name: json.loads(raw) for name, raw in whole().items() if name.endswith(".json")}
    (author,) = rows["authors.json"]
    assert (author["slug"], author["biography"]) == ("ines", "She *writes*.")
    (topic,) = rows["topics.json"]
    assert topic["description"] == "About *automation*."
    assert topic["first_entries"] == ["en/webhook"]
    (comparison,) = rows["comparisons.json"]
    assert (comparison["left"], comparison["right"]) == ("en/webhook", "en/polling")
    assert comparison["differences"] == [{"aspect": "Cost", "left": "Low", "right": "High"}]
    (path,) = rows["paths.json"]
    assert [step["entry"] for step in path["steps"]] == ["en/polling", "en/webhook"]
    assert path["topic"] == "automation"
    (offer,) = rows["offers.json"]
    assert (offer["slug"], offer["host"], offer["is_default"]) == ("audit", "ines", True)
    assert (offer["duration"], offer["place"]) == (45, "By telephone")
    assert (offer["calendars"], offer["topics"]) == (["ines"], ["automation"])
    (calendar,) = rows["calendars.json"]
    assert calendar["hours"]["saturday"] == "10–12"
    assert {name: calendar[name] for name in calendar if name != "hours"} == {
        "host": "ines",
        "time_zone": "Europe/Lisbon",
        "overrides": [{"day": "2026-12-24", "hours": ""}],
        "blocked": [
            {
                "from": "2026-12-28T09:00:00+00:00",
                "until": "2026-12-30T18:00:00+00:00",
                "reason": "Skiing",
            }
        ],
    }
    assert rows["redirects.json"] == [
        {"topic": "automation", "old": "old"},
        {"entry": "en/webhook", "path": "/was/here"},
    ]
    assert rows["headword.json"]["format"] == 1
    assert rows["headword.json"]["rows"]["entries"] == 2


def test_entries_of_an_archive_import_again(full, tmp_path):
    archive(zips.stream(archives.files())).extractall(tmp_path)
    report = import_markdown(tmp_path, publish=True)
    assert (len(report.unchanged), report.created, report.skipped) == (2, [], [])
    Entry.objects.all().delete()
    report = import_markdown(tmp_path, publish=True)
    assert (len(report.created), report.skipped) == (2, [])


def test_equal_content_makes_equal_archives(full):
    assert b"".join(zips.stream(archives.files())) == b"".join(zips.stream(archives.files()))


def test_an_empty_site_has_an_archive_as_well():
    assert json.loads(whole()["headword.json"])["rows"]["entries"] == 0


def test_an_archive_is_never_whole_in_memory():
    files = ((f"{n}.bin", (bytes([n % 251]) * 65536 for _ in range(20))) for n in range(20))
    tracemalloc.start()
    size = sum(len(piece) for piece in zips.stream(files))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 0
    assert peak < 2_000_000


def test_command_writes_the_archive_and_never_over_another(full, tmp_path):
    file = tmp_path / "site.zip"
    call_command("export_site", str(file), stdout=io.StringIO())
    assert zipfile.ZipFile(file).testzip() is None
    with pytest.raises(CommandError, match="exists already"):
        call_command("export_site", str(file))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_site", str(tmp_path / "none" / "site.zip"))
    assert sorted(path.name for path in tmp_path.glob("site*")) == ["site.zip"]


# The desk ---------------------------------------------------------------------------------


def test_download_of_markdown_is_a_zip_of_the_files(publisher):
    make_entry(term="Webhook")
    response = publisher.post(f"{PAGE}markdown/")
    found = archive(response.streaming_content)
    assert found.namelist() == ["en/webhook.md"]
    assert response["Content-Disposition"].startswith('attachment; filename="entries-')
    assert "no-store" in response["Cache-Control"]


def test_download_of_the_table_opens_in_spreadsheets(publisher):
    make_entry(term="=1+1", slug="formula")
    raw = b"".join(publisher.post(f"{PAGE}csv/").streaming_content)
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert (raw[:3], rows[0]["term"]) == (b"\xef\xbb\xbf", "'=1+1")


def test_download_of_the_site(publisher, full):
    found = archive(publisher.post(f"{PAGE}site/").streaming_content)
    assert "offers.json" in found.namelist()


def test_page_says_what_there_is_to_export(publisher):
    make_draft()
    assert "1 entry, 0 of them" in publisher.get(PAGE).content.decode()


def test_a_download_is_no_link_and_has_a_known_kind(publisher):
    assert publisher.get(f"{PAGE}csv/").status_code == 405
    assert publisher.post(f"{PAGE}xlsm/").status_code == 404


@pytest.mark.parametrize("kind", ["", "markdown/", "csv/", "site/"])
@pytest.mark.parametrize("role", [*ROLES, "no group", "stranger"])
def test_only_those_who_may_export_do(client, role, kind):
    make_draft(term="Secret")
    if role != "stranger":
        client.force_login(make_staff(*([] if role == "no group" else [role])))
    response = client.post(f"{PAGE}{kind}") if kind else client.get(PAGE)
    may = role in ("publisher", "administrator")
    assert response.status_code == (200 if may else 302 if role == "stranger" else 403)


@pytest.mark.parametrize("count", [1, 3])
def test_export_page_asks_as_often_for_three(publisher, count, django_assert_num_queries):
    for _ in range(count):
        make_entry()
    with django_assert_num_queries(7):
        publisher.get(PAGE)
