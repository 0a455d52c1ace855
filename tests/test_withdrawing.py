"""The page that says what was agreed to, and the buttons that take it back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads import booking as verbs
from leads import consenting, links, timeline, withdrawing
from leads.arrival import Trail
from leads.consenting import Agreement
from leads.models import Attribution, Consent, Lead, LeadEvent
from tests.desk import page_of, words
from tests.factories import make_booking, make_lead, make_site

pytestmark = pytest.mark.django_db

Purpose = Consent.Purpose
NEWS = Agreement(Purpose.MARKETING, "Write to me once a month.")
READING = Agreement(Purpose.READING, "You may see what I read.")
TRAIL = Trail(read=("/glossary/warp/",), searched=("warp",), landing_path="/glossary/")


def asked(*agreements: Agreement, **fields) -> Lead:
    lead = make_lead(consent_text="You may answer me.", trail=TRAIL, **fields)
    consenting.record(lead, agreements, page="/consultation/")
    return lead


def page(lead: Lead, rest: str = "") -> str:
    return f"/consultation/consent/{links.consent_token_of(lead)}/{rest}"


def valid() -> list[str]:
    return sorted(Consent.objects.valid().values_list("purpose", flat=True))


def dump() -> list[object]:
    rows = [model.objects.order_by("pk").values() for model in (Lead, Consent, Attribution)]
    return [list(each) for each in (*rows, LeadEvent.objects.values())]


def test_the_page_says_what_was_agreed_to_in_which_words_and_when(client):
    make_site(time_zone="Europe/Lisbon")
    lead = asked(NEWS, Agreement(Purpose.READING, READING.text, is_given=False))
    root = page_of(client.get(page(lead)))
    sections = [words(each) for each in root.findall(".//div[@class='agreed']/section")]
    assert [each.split(", ")[0] for each in sections] == [
        "News and offers Write to me once a month. Agreed",
        "What you read here You may see what I read. Not ticked",
        "Answering your request You may answer me. Agreed",
    ]
    assert all("Europe/Lisbon" in each for each in sections)
    assert len(root.findall(".//div[@class='agreed']//button")) == 1


@pytest.mark.parametrize("rest", ["", "erase/"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(client, method, rest):
    lead = asked(NEWS, READING)
    make_booking(start=timezone.now() + timedelta(days=2), lead=lead)
    before = dump()
    response = getattr(client, method)(page(lead, rest))
    assert response.status_code == 200
    assert dump() == before


@pytest.mark.parametrize("rest", ["", "erase/"])
def test_the_address_stays_with_whoever_has_it(client, rest):
    lead = asked()
    for response in (client.get(page(lead, rest)), client.get("/consultation/consent/1-x/")):
        headers = {n: response[n] for n in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")}
        assert headers == {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex, nofollow",
        }
        assert links.consent_token_of(lead) not in response.content.decode().split("</head>")[0]


def test_another_secret_opens_nothing(client):
    lead, other = asked(), asked(NEWS, email="other@example.com")
    token = links.consent_token_of(lead).partition("-")[2]
    wrong = [f"{other.pk}-{token}", f"{lead.pk}-", str(lead.pk), f"-{token}", "x", "9" * 30, "é-ü"]
    for each in wrong:
        path = f"/consultation/consent/{each}/"
        assert client.get(path).status_code == 404, each
        assert client.post(path, {"purpose": "marketing"}).status_code == 404, each
    assert valid() == ["marketing", "request", "request"]


def test_a_secret_survives_a_change_of_the_key(client, settings):
    path = page(asked())
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 10
    assert client.get(path).status_code == 200


def test_taking_back_news_is_one_click_and_holds_for_every_request(client):
    lead = asked(NEWS, READING)
    asked(NEWS, email="PAULA@example.com")
    stranger = asked(NEWS, email="other@example.com")
    response = client.post(page(lead), {"purpose": "marketing"}, follow=True)
    assert "Taken back" in response.content.decode()
    assert valid() == ["marketing", "reading", *["request"] * 3]
    assert Consent.objects.valid().get(purpose="marketing").lead == stranger
    assert Attribution.objects.get(lead=lead).read == ["/glossary/warp/"]


def test_staff_read_in_the_timeline_that_it_was_taken_back():
    lead = asked(NEWS)
    withdrawing.withdraw(lead, Purpose.MARKETING)
    assert not withdrawing.withdraw(lead, Purpose.MARKETING)
    (line,) = timeline.lines(lead.events.all(), timezone.get_current_timezone())
    assert (line.who, line.words) == ("The prospect", "Took back their agreement: news and offers")


def test_taking_back_the_reading_empties_it(client):
    lead = asked(READING)
    client.post(page(lead), {"purpose": "reading"})
    line = Attribution.objects.get(lead=lead)
    assert (line.read, line.searched, line.landing_path) == ([], [], "/glossary/")


@pytest.mark.parametrize("purpose", ["request", "", "other", "\0"])
def test_no_other_purpose_is_taken_back_by_a_click(client, purpose):
    lead = asked(NEWS)
    assert client.post(page(lead), {"purpose": purpose}).status_code == 302
    assert valid() == ["marketing", "request"]


def test_taking_back_the_request_erases_all_that_is_held_at_once(client):
    lead, kept = asked(NEWS), asked(email="other@example.com")
    asked(email="Paula@Example.com")
    path = page(lead, "erase/")
    assert "Erase everything" in client.get(path).content.decode()
    assert Lead.objects.count() == 3
    assert "Everything is erased" in client.post(path).content.decode()
    assert list(Lead.objects.all()) == [kept]
    assert [client.get(path).status_code, client.post(path).status_code] == [404, 404]


def test_whoever_is_expected_cancels_first(client):
    lead = asked()
    booking = make_booking(start=timezone.now() + timedelta(days=2), lead=lead)
    response = client.post(page(lead, "erase/"))
    assert response.status_code == 409
    assert f"/consultation/booking/{links.token_of(booking)}/" in response.content.decode()
    assert b"Erase everything" not in response.content
    assert (Lead.objects.count(), valid()) == (1, ["request"])
    verbs.cancel(booking)
    client.post(page(lead, "erase/"))
    assert Lead.objects.count() == 0


def test_of_a_client_a_person_decides_what_can_go(client):
    lead = asked(NEWS, state=Lead.State.WON)
    response = client.post(page(lead, "erase/"))
    assert "a person decides" in response.content.decode()
    lead.refresh_from_db()
    assert (valid(), lead.next_step) == ([], withdrawing.WHAT_IS_LEFT)
    assert lead.next_step_on is not None


def test_a_request_without_a_page_for_it_is_refused_kindly(client):
    lead = asked()
    assert client.put(page(lead)).status_code == 405


def test_what_a_client_asks_is_noted_where_staff_see_it():
    """The one that was won is part of one that was lost later, which has the page."""
    kept = make_lead(state="lost")
    make_lead(state="won", merged_into=kept)
    with pytest.raises(withdrawing.IsClient):
        withdrawing.withdraw_request(kept)
    assert Lead.objects.exclude(next_step="").get() == kept
