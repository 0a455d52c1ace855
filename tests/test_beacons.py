"""What is counted when browsers report, and what is not: without a query, for nobody's name."""

import re
from base64 import urlsafe_b64encode
from html import unescape

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.utils.crypto import salted_hmac

from leads import beacons, counting, marks
from leads.models import DayCount
from leads.models.ledger import Position
from tests.factories import make_entry, make_offer, make_site, make_staff

READER = {"user-agent": "Mozilla/5.0 (X11) Firefox/130.0", "sec-fetch-site": "same-origin"}
PAGE = beacons.address_of(7, 3)
CALL = beacons.call_mark(Position.BAR, 3)


def report(address: str = PAGE, body: bytes | str = "", **options):
    client = options.pop("client", None) or Client(headers=READER)
    options.setdefault("content_type", "text/plain;charset=UTF-8")
    return client.post(address, body, **options)


def waiting() -> list[tuple[str, int, int, str, int]]:
    counts = counting._waiting.take()
    return [(*key[1:], times) for key, times in counts.items()]


# What counts ------------------------------------------------------------------------------


def test_a_view_and_a_click_are_counted_and_written_together(db, django_assert_num_queries):
    make_site()
    with django_assert_num_queries(0):
        answers = [report(), report(), report(body=CALL)]
    for answer in answers:
        assert (answer.status_code, answer.content, answer.cookies) == (204, b"", {})
        assert answer["Cache-Control"] == "no-store"
        assert "Vary" not in answer
    assert counting.flush() == 3
    columns = ("kind", "entry_key", "offer_key", "position", "times")
    rows = DayCount.objects.order_by("kind").values_list(*columns)
    assert list(rows) == [("click", 7, 3, "bar", 1), ("view", 7, 3, "", 2)]


@pytest.mark.django_db
def test_what_pages_carry_is_what_is_counted(client):
    make_site()
    default, other = make_offer(), make_offer(slug="other", is_default=False)
    entry = make_entry(term="Tea", offer=other.pk)
    page = client.get("/glossary/tea/").content.decode()
    (seen,) = re.findall(r'<body data-seen="([^"]+)" data-term="Tea">', page)
    calls = re.findall(r'data-call="([^"]+)"', page)
    report(unescape(seen))
    for call in calls:
        report(unescape(seen), call)
    assert sorted(waiting()) == sorted([
        *(("click", entry.pk, other.pk, place, 1) for place in ("bar", "end", "line")),
        *(("click", entry.pk, default.pk, place, 1) for place in ("footer", "header")),
        ("view", entry.pk, other.pk, "", 1),
    ])  # fmt: skip
    (seen,) = re.findall(
        r'<body data-seen="([^"]+)" data-term="">', client.get("/topics/").content.decode()
    )
    report(unescape(seen))
    assert waiting() == [("view", 0, default.pk, "", 1)]


def test_marks_are_hmacs_with_a_salt(settings):
    settings.SECRET_KEY = "a key"
    digest = salted_hmac("salt", "/a\x005", secret="a key", algorithm="sha256").digest()
    assert marks.mark("salt", "/a", 5) == urlsafe_b64encode(digest[:12]).decode()
    assert len({marks.mark(salt, *parts) for salt in "ab" for parts in ("a", "ab")}) == 4


def test_marks_made_with_a_former_key_count(settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another"
    report(body=CALL)
    assert waiting() == [("click", 7, 3, "bar", 1)]


# What does not ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "body"),
    [
        *((f"/seen/{query}", "") for query in ("", "?", "?7.3", f"?7.3.{'A' * 16}", "?%00")),
        *((f"{PAGE}{more}", "") for more in ("&", "A", "%0a", ".", "?")),
        (PAGE.replace("7.3", "8.3"), ""),
        (PAGE.replace("7.3", "07.3"), ""),
        (PAGE.replace("7.3", "7.٣"), ""),
        (f"/seen/?{CALL}", ""),
        *((PAGE, body) for body in ("x", "\0", f"{CALL}\n", CALL.replace("bar.3", "end.3"), PAGE)),
        *((PAGE, body) for body in (CALL.replace("bar.3", "bar.4"), b"\xff\xfe", b"\xed\xa0\x80")),
        *((PAGE, body) for body in (CALL + "x" * 1024, b"x" * 100_000, "bar.3." + "é" * 16)),
    ],
    ids=lambda text: ascii(text)[:40],
)  # fmt: skip
def test_what_no_page_of_ours_carries_is_passed_over_in_silence(address, body):
    answer = report(address, body)
    assert (answer.status_code, answer.content, waiting()) == (204, b"", [])


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": ""},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"user-agent": "Mozilla/5.0 (X11) AppleWebKit/537.36 HeadlessChrome/130.0"},
        {"user-agent": "Mozilla/5.0 (Linux) Chrome-Lighthouse"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
        {"cookie": f"{settings.SESSION_COOKIE_NAME}=anything"},
    ],
    ids=str,
)
def test_programs_staff_and_other_sites_are_not_counted(headers):
    for body in ("", CALL):
        answer = report(body=body, client=Client(headers={**READER, **headers}))
        assert (answer.status_code, answer.cookies) == (204, {})
    assert waiting() == []
    report()
    assert len(waiting()) == 1


@pytest.mark.django_db
def test_staff_who_are_logged_in_are_not_counted():
    make_site()
    staff = Client(headers=READER)
    staff.force_login(make_staff("publisher"))
    report(client=staff)
    assert waiting() == []


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_nothing_but_a_post_is_answered(method):
    answer = getattr(Client(headers=READER), method)(PAGE)
    assert (answer.status_code, answer["Allow"], waiting()) == (405, "POST", [])
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("length", ["", "x", "-1", "1e3", "9" * 30, None])
def test_a_length_that_is_none_breaks_nothing(length):
    request = RequestFactory(headers=READER).post(PAGE, CALL, content_type="text/plain")
    request.META |= {"CONTENT_LENGTH": length} if length is not None else {}
    assert beacons.SeenMiddleware(lambda _: pytest.fail("went on"))(request).status_code == 204


def test_a_connection_that_breaks_off_breaks_nothing():
    class Gone:
        def read(self, *_):
            raise ConnectionResetError("gone")

        def close(self):
            pass

    request = RequestFactory(headers=READER).post(PAGE, CALL, content_type="text/plain")
    request._stream = request.META["wsgi.input"] = Gone()
    assert beacons.report_of(request) is None


# Crowds -----------------------------------------------------------------------------------


def test_a_network_is_counted_so_often_a_minute_and_others_all_the_same():
    crowd = beacons.Crowd(most=3)
    one, neighbour, other = "2001:db8::1", "2001:db8::2:1", "192.0.2.1"
    assert [crowd.lets_in(each, 0.0) for each in (one, neighbour, one, one)] == [True] * 3 + [
        False
    ]
    assert crowd.lets_in(other, 59.9)
    assert not crowd.lets_in(neighbour, 59.9)
    assert crowd.lets_in(one, 60.0)


def test_a_crowd_remembers_no_address_and_not_without_end():
    crowd = beacons.Crowd(most_networks=100)
    let_in = [crowd.lets_in(f"192.0.2.{n}", 0.0) for n in range(200)]
    assert (let_in.count(True), len(crowd.sent)) == (100, 100)
    kept = b"".join(crowd.sent)
    assert (b"192.0.2" in kept, {len(each) for each in crowd.sent}) == (False, {8})
    before = set(crowd.sent)
    for n in range(100):
        crowd.lets_in(f"192.0.2.{n}", 60.0)
    assert not before & set(crowd.sent)


def test_an_office_reads_and_a_flood_does_not_count():
    office = Client(headers=READER, REMOTE_ADDR="203.0.113.9")
    for _ in range(beacons.MOST_A_MINUTE + 50):
        assert report(client=office).status_code == 204
    assert waiting() == [("view", 7, 3, "", beacons.MOST_A_MINUTE)]
