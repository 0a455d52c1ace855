"""The desk's pages for the outbox."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage, Worker
from tests.desk import act, change, errors, filled, notices, page_of, rows, states, words
from tests.factories import make_site, make_staff

pytestmark = pytest.mark.django_db
LIST = "/admin/config/outboxmessage/"
FAILED = f"{LIST}failed/"


@pytest.fixture
def administrator(client):
    client.force_login(make_staff("administrator"))
    return client


def make_message(*, ago: timedelta | None = None, **fields) -> OutboxMessage:
    """A message of the past; with `ago`, one that failed then."""
    message = outbox.enqueue("glossary.relink", entries=[1])
    if ago is not None:
        fields |= {"failed_at": timezone.now() - ago, "attempts": 13}
    OutboxMessage.objects.filter(pk=message.pk).update(**fields)
    return message


def all_states() -> list[str]:
    return [message.state for message in OutboxMessage.objects.order_by("pk")]


def health_of(client) -> dict[str, str]:
    """What stands above the list, by its heading."""
    page = page_of(client.get(LIST))
    (box,) = (b for b in page.iter("section") if b.get("class") == "outbox-health")
    return {words(group.find("dt")): words(group.find("dd")) for group in box.iter("div")}


def test_failed_messages_are_tried_again_and_others_left_alone(administrator):
    chosen = [make_message(ago=timedelta()), make_message(), make_message(done_at=timezone.now())]
    everything = {"action": "try_again", "_selected_action": [each.pk for each in chosen]}
    response = administrator.post(LIST, everything)
    assert all_states() == ["waiting", "waiting", "done"]
    assert notices(administrator, response) == [
        "One message is tried again at once, with all tries."
    ]


def test_one_message_is_tried_again_from_its_page(administrator):
    failed, other = make_message(ago=timedelta()), make_message(ago=timedelta())
    page = page_of(administrator.get(change(failed)))
    (form,) = (f for f in page.iter("form") if f.get("action", "").endswith("/again/"))
    response = administrator.post(form.get("action"))
    assert all_states() == ["waiting", "failed"]
    assert response["Location"] == change(failed)
    # What waits has no such button, and an old page's button changes nothing.
    assert "/again/" not in administrator.get(change(failed)).content.decode()
    OutboxMessage.objects.filter(pk=failed.pk).update(done_at=timezone.now())
    response = administrator.post(form.get("action"))
    assert all_states() == ["done", "failed"]
    assert notices(administrator, response)[0].startswith("Nothing was changed")
    assert other.pk in OutboxMessage.objects.failed().values_list("pk", flat=True)


def test_all_that_failed_since_a_time_are_counted_then_tried(administrator):
    make_site(time_zone="Asia/Tokyo")
    for hours in (1, 2, 30):
        make_message(ago=timedelta(hours=hours))
    make_message()
    # The oldest failure is proposed, on the clock of the site.
    oldest = OutboxMessage.objects.failed().order_by("failed_at")[0].failed_at
    page = page_of(administrator.get(FAILED))
    (shown,) = (i for i in page.iter("input") if i.get("type") == "datetime-local")
    assert shown.get("value") == f"{oldest.astimezone(ZoneInfo('Asia/Tokyo')):%Y-%m-%dT%H:%M}"
    assert "3 messages have failed since then." in words(page)

    since = timezone.now().astimezone(ZoneInfo("Asia/Tokyo")) - timedelta(hours=3)
    asked = {"since": f"{since:%Y-%m-%dT%H:%M}"}
    page = page_of(administrator.get(FAILED, asked))
    assert "2 messages have failed since then." in words(page)
    assert all_states() == ["failed", "failed", "failed", "waiting"]
    response = administrator.post(FAILED, asked)
    assert all_states() == ["waiting", "waiting", "failed", "waiting"]
    assert notices(administrator, response) == [
        "2 messages are tried again at once, with all tries."
    ]


def test_the_page_sends_what_it_counted(administrator):
    make_message(ago=timedelta(hours=1))
    page = page_of(administrator.get(FAILED))
    (form,) = (f for f in page.iter("form") if f.get("class") == "outbox-again")
    sent = {i.get("name"): i.get("value") for i in form.iter("input") if i.get("name")}
    administrator.post(FAILED, sent)
    assert all_states() == ["waiting"]


@pytest.mark.parametrize(
    ("since", "sentence"),
    [("", "Say since when."), ("soon", "Say since when, as 2026-11-26 14:30.")],
)
def test_without_a_time_nothing_is_tried(administrator, since, sentence):
    make_message(ago=timedelta())
    response = administrator.post(FAILED, {"since": since})
    assert errors(response) == [sentence]
    assert all_states() == ["failed"]


def test_without_failures_the_page_says_so(administrator):
    make_message()
    assert notices(administrator, administrator.get(FAILED)) == ["No message has failed."]


def test_whoever_may_only_look_tries_nothing(client):
    staff = make_staff()
    staff.user_permissions.add(Permission.objects.get(codename="view_outboxmessage"))
    client.force_login(staff)
    failed = make_message(ago=timedelta())
    assert "failed/" not in client.get(LIST).content.decode()
    assert "/again/" not in client.get(change(failed)).content.decode()
    for path in (FAILED, f"{LIST}{failed.pk}/again/"):
        assert client.get(path).status_code == 403
        assert client.post(path, {"since": "2020-01-01 00:00"}).status_code == 403
    act(client, failed, "try_again")
    assert all_states() == ["failed"]


def test_opening_the_address_of_a_button_changes_nothing(administrator):
    failed = make_message(ago=timedelta())
    assert administrator.get(f"{LIST}{failed.pk}/again/").status_code == 405
    assert administrator.post(f"{LIST}{failed.pk + 1}/again/").status_code == 404
    assert all_states() == ["failed"]


def test_above_the_list_stands_whether_anything_is_sent(administrator):
    assert health_of(administrator) == {
        "Oldest that waits": "None is due",
        "Failed": "None",
        "Workers": "None was ever seen Nothing is sent before manage.py work runs.",
    }
    now = timezone.now()
    for hours in (1, 3):
        make_message(due_at=now - timedelta(hours=hours))
    make_message(due_at=now + timedelta(days=1))
    make_message(ago=timedelta(days=1))
    Worker.objects.create(name="web-1:4711", seen_at=now)
    Worker.objects.create(name="web-2:12", seen_at=now - timedelta(hours=2))
    found = health_of(administrator)
    assert found["Oldest that waits"] == "glossary.relink, due for 3 hours"
    assert found["Failed"] == "1 Try all failed since …"
    assert found["Workers"].split("web-")[1:] == [
        "1:4711 seen 0 minutes ago ",
        "2:12 seen 2 hours ago",
    ]
    page = page_of(administrator.get(LIST))
    looks = [
        s.get("class")
        for s in page.iter("span")
        if words(s).startswith("seen") and "state" in s.get("class", "")
    ]
    assert looks == ["state published", "state withdrawn"]


def test_every_try_of_a_message_is_on_its_page(administrator):
    message = outbox.enqueue("leads.notify_staff", lead=0)
    OutboxMessage.objects.update(kind="leads.unheard_of")
    outbox.run(outbox.claim())
    page = administrator.get(change(message)).content.decode()
    assert "To be tried again" in page
    assert "UnknownKind" in page
    # Nobody edits a message.
    assert "_save" not in page
    assert filled(administrator, change(message)).keys() <= {
        *("csrfmiddlewaretoken", "tries-TOTAL_FORMS", "tries-INITIAL_FORMS"),
        *("tries-MIN_NUM_FORMS", "tries-MAX_NUM_FORMS", "tries-0-id", "tries-0-message"),
        *("tries-__prefix__-id", "tries-__prefix__-message"),
    }


@pytest.mark.parametrize(
    ("state", "shown"),
    [("waiting", ["Retrying", "Waiting"]), ("failed", ["Failed"]), ("done", ["Done"])],
)
def test_the_outbox_is_filtered_by_state(administrator, state, shown):
    now = timezone.now()
    Worker.objects.create(name="w", seen_at=now)
    for fields in ({}, {"failed_at": now}, {"done_at": now}, {"attempts": 1}):
        make_message(**fields)
    response = administrator.get(f"{LIST}?state={state}")
    assert len(rows(response)) == len(shown)
    cells = page_of(response).findall(".//td[@class='field-state_in_words']")
    assert sorted(words(cell) for cell in cells) == shown
    assert set(shown) <= set(states(response))
