"""Somebody is erased: no word of them is left anywhere, and the counts are what they were."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone

from config.models import OutboxMessage, WebhookDelivery
from glossary.models import Asker, Suggestion
from leads import booking as verbs
from leads import erasing, submission, traces
from leads.models import Attribution, Booking, Consent, Lead, LeadEvent, Reply, SavedView
from tests import lives
from tests.desk import change, work
from tests.factories import make_booking, make_lead, make_offer, make_staff
from tests.receivers import receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def life(settings):
    """Their whole life here, and the log of it."""
    log = StringIO()
    with receiving() as receiver, lives.logging_to(log):
        settings.OUTGOING_ALLOWED_HOSTS = [receiver.host]
        lives.live(receiver, settings)
        yield log


def test_nothing_is_left_of_somebody_who_is_erased(life, tmp_path):
    before, everything = lives.counted(), lives.dump()
    assert set(lives.WORDS) - set(lives.hits(everything)) == {"967000123"}
    kept = make_lead(name="Kept Person", email="kept@example.com")
    erasing.erase_address(lives.EMAIL.upper(), by=make_staff("sales"))
    work()
    assert lives.hits(lives.dump()) == []
    assert lives.hits(life.getvalue()) == []
    assert lives.hits(lives.files()) == []
    (tmp_path / "media").mkdir(exist_ok=True)
    (tmp_path / "media" / "card.txt").write_text(lives.EMAIL)
    assert lives.hits(lives.files()) == ["Quag", lives.EMAIL]
    assert "failed" in life.getvalue()
    left = (Lead, Booking, Consent, Reply, Asker)
    assert [model.objects.count() for model in left] == [1, 0, 1, 0, 0]
    Attribution.objects.get(lead=kept).delete()
    assert lives.counted() == before
    assert len(before) == 3


def test_each_reach_is_needed(life, monkeypatch):
    """The search finds whatever one of them would have left."""
    del life
    reaches = erasing.REACHES
    found = {}
    for skipped in reaches:
        with transaction.atomic():
            monkeypatch.setattr(erasing, "REACHES", [r for r in reaches if r is not skipped])
            erasing.erase_address(lives.EMAIL)
            found[skipped.__name__] = bool(lives.hits(lives.dump()))
            transaction.set_rollback(True)
    assert found == {reach.__name__: True for reach in reaches}


def test_an_error_page_leaves_no_word_in_the_log(settings, client):
    """A request that breaks on the way is logged with where, not with what was sent."""
    log = StringIO()
    client.raise_request_exception = False
    known = settings.OUTBOX_HANDLERS
    settings.OUTBOX_HANDLERS = {k: known[k] for k in known if k != "leads.confirm_request"}
    token = submission.issue(now=timezone.now() - timedelta(minutes=1))
    with lives.logging_to(log):
        form = {**lives.ANSWERS, "consent": "on", "token": token}
        assert client.post("/consultation/", form).status_code == 500
    assert "Traceback" in log.getvalue()
    assert lives.hits(log.getvalue()) == []
    assert Lead.objects.count() == 0


# One by one -------------------------------------------------------------------------------


def test_a_talk_that_is_still_to_come_has_to_be_cancelled_first():
    booking = make_booking(start=timezone.now() + timedelta(days=2))
    with pytest.raises(erasing.TalkAhead) as refused:
        erasing.erase([booking.lead])
    assert refused.value.bookings == [booking]
    assert Lead.objects.count() == 1
    verbs.cancel(booking)
    assert erasing.erase([booking.lead]) == 1
    assert (Lead.objects.count(), Booking.objects.count()) == (0, 0)


def test_a_talk_of_one_that_was_merged_counts_as_well():
    lead = make_lead()
    other = make_lead(email="other@example.com", merged_into=lead)
    make_booking(start=timezone.now() + timedelta(days=2), lead=other)
    for each in (lead, other):
        with pytest.raises(erasing.TalkAhead):
            erasing.erase([each])


def test_whoever_was_merged_goes_together():
    lead = make_lead()
    second = make_lead(email="second@example.com", merged_into=lead)
    make_lead(email="third@example.com", merged_into=second)
    stranger = make_lead(email="stranger@example.com")
    assert erasing.erase([second]) == 3
    assert list(Lead.objects.all()) == [stranger]


def test_one_request_goes_without_the_others_of_the_address():
    first, second = make_lead(), make_lead()
    erasing.erase([first])
    assert list(Lead.objects.all()) == [second]


def test_a_count_stays_without_a_name_and_a_suspect_leaves_none():
    offer = make_offer()
    lead = make_lead(offer=offer)
    Attribution.objects.update(utm_source="x", landing_path="/p/", position="end")
    make_lead(state=Lead.State.SPAM)
    erasing.erase(Lead.objects.all())
    line = Attribution.objects.get()
    assert (line.lead, line.utm_source, line.landing_path) == (None, "", "")
    assert (line.offer, line.position, line.requested_on) == (
        *(offer, "end", timezone.localdate(lead.created_at)),
    )


def test_word_is_left_of_how_much_was_erased_by_whom(caplog):
    ines = make_staff("sales")
    make_lead()
    make_lead()
    with caplog.at_level("INFO", logger="leads.erasing"):
        erasing.erase(Lead.objects.all(), by=ines)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_repr, entry.object_id) == (ines, "2 requests", None)
    assert caplog.messages == ["erased 2 requests"]


def test_what_is_erased_twice_leaves_no_second_word():
    lead = make_lead()
    assert [erasing.erase([lead], by=make_staff()) for _ in range(2)] == [1, 0]
    assert LogEntry.objects.count() == 1


def test_a_term_that_somebody_waits_for_is_a_promise_of_its_own():
    lead = make_lead()
    suggestion = Suggestion.objects.create(term="Loom")
    Asker.objects.create(suggestion=suggestion, email="paula@example.com")
    erasing.erase([lead], keeps_askers=True)
    assert Asker.objects.count() == 1
    erasing.erase_address("paula@example.com")
    assert Asker.objects.count() == 0


def test_the_desk_deletes_with_the_same_thoroughness(client):
    client.force_login(make_staff("sales"))
    lead = make_lead(name="Gone Girl")
    LeadEvent.objects.create(lead=lead, kind="lead.noted")
    OutboxMessage.objects.create(
        kind="leads.notify_staff",
        payload={"lead": lead.pk},
        due_at=timezone.now(),
        last_error="Gone Girl",
    )
    client.post(change(lead).replace("change", "delete"), {"post": "yes"})
    assert "Gone Girl" not in lives.dump()
    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["1 request"]


def test_traces_ask_a_fixed_number_of_times(django_assert_num_queries):
    for count in (1, 3):
        for _ in range(count):
            make_lead()
        with django_assert_num_queries(3):
            found = traces.of_address("paula@example.com")
        with django_assert_num_queries(6):
            list(found.messages)


def test_deliveries_and_their_answers_are_found(life):
    del life
    found = traces.of_address(lives.EMAIL)
    assert found.deliveries.count() == WebhookDelivery.objects.count() > 3


@pytest.mark.parametrize(
    ("name", "query"),
    [("Lifts", "show=all&q=%2B351+21+999+0000"), ("The order of Paula Prospect", "show=all")],
)
def test_lists_kept_for_somebody_go_whatever_they_are_kept_by(name, query):
    SavedView.objects.create(owner=make_staff("sales"), name=name, query=query)
    other = SavedView.objects.create(owner=make_staff("sales"), name="Cranes", query="q=lift")
    assert erasing.erase([make_lead(phone="+351 21 999 0000")]) == 1
    assert SavedView.objects.get() == other
