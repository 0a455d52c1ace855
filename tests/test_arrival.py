"""How somebody came, and what they share: cleaned, shown, and kept only as they agreed."""

from urllib.parse import urlencode

import pytest
from django.test import RequestFactory

from leads import arrival, submission
from leads.arrival import Trail, clean
from leads.models import Consent, Lead
from tests.factories import make_entry, make_offer, make_site
from tests.test_requesting import filled

pytestmark = pytest.mark.django_db
WAY = (
    "landing=%2Fglossary%2Fcaf%25C3%25A9%2F&host=www.Example.org."
    "&utm_source=news&utm_campaign=spring+sale&utm_nonsense=x"
)
SENTENCE = "Share what I read and searched for here, so that you can prepare our talk."


# Cleaning ---------------------------------------------------------------------------------


def test_a_way_is_read_and_written_the_same():
    trail = clean(WAY)
    assert trail == Trail(
        landing_path="/glossary/café/",
        referrer_host="www.example.org",
        utm={"utm_source": "news", "utm_campaign": "spring sale"},
    )
    assert clean(trail.text) == trail
    assert trail.campaign == "news, spring sale"


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("localhost", "localhost"),
        ("com.google.android.gm", "com.google.android.gm"),
        ("glossary.example", ""),  # the site itself
        *((name, "") for name in ("", " ", ".", "..", "a..b", "-a.example", "a b", "a/b", "a:80")),
        *((name, "") for name in ("javascript:alert(1)", "<b>", "a\0b", "a\ud800b", "x" * 64)),
        *(
            (name, "")
            for name in (".".join(["abc"] * 80), "é" * 10_000, "[::1]", "user@a.example")
        ),
    ],
    ids=lambda text: ascii(text)[:24],
)
def test_only_names_of_other_hosts_are_kept(host, kept):
    assert clean(urlencode({"host": host}, errors="surrogatepass")).referrer_host == kept


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "/"),
        ("/glossary/a/?q=paula@example.com#part", "/glossary/a/"),
        *((path, "") for path in ("//evil.example/", "/\\evil.example", "https://evil.example/")),
        *(
            (path, "")
            for path in ("javascript:alert(1)", "glossary/", "", "/a\0", "/%00", "/\ud800")
        ),
        *((path, "") for path in ("/consultation/booking/SECRET/", "/consultation%2Fbooking/S/")),
        *((path, "") for path in ("/drafts/SECRET/", "/de/drafts/SECRET/", "/" + "a" * 300)),
        ("/glossary/drafts/", "/glossary/drafts/"),
    ],
    ids=lambda text: ascii(text)[:24],
)
def test_only_pages_of_ours_that_are_no_secret_are_kept(path, kept):
    assert clean(urlencode({"landing": path}, errors="surrogatepass")).landing_path == kept


def test_marks_of_campaigns_are_cut_to_their_columns_and_hold_no_address():
    said = {
        "utm_source": "ä" * 500,
        "utm_term": "paula@example.com",
        "utm_medium": "a\0",
        "utm_id": "1",
    }
    assert clean(urlencode(said)).utm == {"utm_source": "ä" * 100}


@pytest.mark.parametrize(
    "text",
    [
        *("x" * 10_000, "&" * 9_999, "=&=" * 2_000, "%", "%zz=%zz", "\0", "\ud800=\udfff", "a;b"),
        "host=" + "a" * 99_999,
    ],
    ids=lambda text: ascii(text)[:12],
)
def test_what_is_no_way_is_none(text):
    assert clean(text, reading=text) == Trail()


def test_of_what_was_read_entries_are_kept_once_and_the_newest_fifty():
    read = [
        *("/glossary/tea/", "/pt/glossary/ch%C3%A1/", "/glossary/tea/?x=1", "/topics/tea/"),
        *("https://evil.example/glossary/tea/", "/drafts/SECRET/", "/glossary/" + "a" * 300),
    ]
    assert clean("", reading=urlencode({"read": read}, doseq=True)).read == (
        *("/glossary/tea/", "/pt/glossary/chá/"),
    )
    many = urlencode({"read": [f"/glossary/t{n}/" for n in range(70)]}, doseq=True)
    kept = clean("", reading=many).read
    assert (len(kept), kept[0], kept[-1]) == (50, "/glossary/t20/", "/glossary/t69/")
    assert clean("", reading=many * 3) == Trail()


def test_of_searches_the_newest_twenty_are_kept_and_nobodys_number():
    asked = [
        "  two\twords ",
        "paula@example.com",
        "+351 21 000 0000",
        "a\0",
        "x" * 201,
        "two words",
    ]
    assert clean("", reading=urlencode({"searched": asked}, doseq=True)).searched == ("two words",)
    many = urlencode({"searched": [f"search {n}" for n in range(25)]}, doseq=True)
    assert clean("", reading=many).searched == tuple(f"search {n}" for n in range(5, 25))


# What the server sees itself --------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "referer", "trail"),
    [
        ("/consultation/", "", Trail()),
        ("/consultation/", "http://testserver/glossary/tea/", Trail()),
        ("/consultation/", "https://glossary.example/glossary/tea/", Trail()),
        ("/consultation/", "http://[", Trail()),
        (
            "/consultation/",
            "https://a.example:81/private?q=1",
            Trail("", "/consultation/", "a.example"),
        ),
        (
            "/consultation/?utm_source=x&utm_source=y&from=/&utm_term=%00",
            "android-app://com.example/",
            Trail("", "/consultation/", "com.example", {"utm_source": "y"}),
        ),
        (f"/consultation/?{urlencode({'arrival': WAY})}", "https://later.example/", clean(WAY)),
    ],
)
def test_without_a_script_the_first_step_is_looked_at(address, referer, trail):
    assert arrival.first_seen(RequestFactory().get(address, headers={"referer": referer})) == trail


# The form ---------------------------------------------------------------------------------


def sent(client, **fields) -> Lead:
    make_site()
    response = client.post("/consultation/", filled(**fields))
    assert response.status_code == 302
    return Lead.objects.get()


def shared(**fields) -> dict[str, object]:
    reading = {"read": ["/glossary/tea/", "/glossary/gone/"], "searched": ["leaves"]}
    return {
        "reading": urlencode(reading, doseq=True),
        "reading_shown": submission.sign_reading(SENTENCE),
        **fields,
    }


def consents(lead: Lead) -> list[tuple[str, str, bool]]:
    return list(lead.consents.values_list("purpose", "text", "is_given"))


def test_how_somebody_came_is_kept_with_the_request(client):
    line = sent(client, arrival=WAY).attribution
    assert (line.landing_path, line.referrer_host) == ("/glossary/café/", "www.example.org")
    assert (line.utm_source, line.utm_campaign, line.utm_medium) == ("news", "spring sale", "")
    assert (line.read, line.searched, line.position) == ([], [], "")


def test_what_was_read_is_kept_with_the_sentence_that_was_agreed_to(client):
    lead = sent(client, **shared(shares_reading="on"))
    assert lead.attribution.read == ["/glossary/tea/", "/glossary/gone/"]
    assert lead.attribution.searched == ["leaves"]
    assert consents(lead)[1:] == [(Consent.Purpose.READING, SENTENCE, True)]


def test_without_a_tick_nothing_that_was_read_is_kept(client):
    lead = sent(client, **shared())
    assert (lead.attribution.read, lead.attribution.searched) == ([], [])
    assert consents(lead)[1:] == [(Consent.Purpose.READING, SENTENCE, False)]


@pytest.mark.parametrize(
    "shown", ["", SENTENCE, f"{SENTENCE}:AAAA", submission.sign_consent(SENTENCE), "\0" * 9_000]
)
def test_a_box_that_was_not_shown_shares_nothing(client, shown):
    lead = sent(client, **shared(shares_reading="on", reading_shown=shown))
    assert (lead.attribution.read, lead.consents.count()) == ([], 1)


@pytest.mark.parametrize("field", ["arrival", "reading", "reading_shown", "shares_reading", "via"])
@pytest.mark.parametrize("text", ["\0", "x" * 100_000, "%00=%ff", "🙂\u202e", "[]"], ids=ascii)
def test_no_request_fails_for_what_a_browser_adds(client, field, text):
    lead = sent(client, **{**shared(shares_reading="on"), "arrival": WAY, field: text[:10_000]})
    assert lead.name == filled()["name"]


def test_the_form_says_what_it_would_send_and_keeps_what_was_decided(client):
    make_site()
    make_offer()
    page = client.get("/consultation/?utm_source=news", headers={"referer": "https://a.example/"})
    text = page.content.decode()
    assert "You came from a.example." in text
    assert "The link was marked “news”." in text
    value = "landing=/consultation/&amp;host=a.example&amp;utm_source=news"
    assert f'name="arrival" value="{value}" checked' in text
    again = client.post("/consultation/", filled(name="", arrival=WAY)).content.decode()
    assert ("Your first page here was /glossary/café/." in again, again.count(" checked")) == (
        True,
        2,
    )
    without = client.post("/consultation/", filled(name="")).content.decode()
    assert 'class="field consent way" hidden' in without
    assert without.count(" checked") == 1  # the request may be stored; nothing else was said


def test_a_form_opened_plainly_asks_for_nothing_more(client):
    make_site()
    text = client.get("/consultation/").content.decode()
    assert ('class="field consent way" hidden' in text, 'class="reading" hidden' in text) == (
        True,
        True,
    )
    assert text.count("disabled") == 3


def test_an_entry_that_was_read_may_be_gone(client):
    make_entry(term="Tea")
    lead = sent(client, **shared(shares_reading="on"))
    assert "/glossary/gone/" in lead.attribution.read
