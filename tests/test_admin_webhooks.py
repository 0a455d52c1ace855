"""The desk's pages for webhooks."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from config import outbox, webhooks
from config.models import OutboxMessage, WebhookDelivery, WebhookEndpoint, WebhookEvent
from tests.desk import change, errors, filled, notices, page_of, rows, states, submit, words
from tests.factories import make_endpoint, make_staff

pytestmark = pytest.mark.django_db
LIST = "/admin/config/webhookendpoint/"
NEW = {"name": "CRM", "url": "https://crm.example/hook", "events": ["lead.created"]}
ACTS = ["test", "secret", "former-secret", "failed"]


@pytest.fixture
def administrator(client):
    client.force_login(make_staff("administrator"))
    return client


def beside(endpoint, path: str) -> str:
    return f"{LIST}{endpoint.pk}/{path}/"


def fail(delivery: WebhookDelivery, **changes) -> None:
    OutboxMessage.objects.filter(webhook=delivery).update(
        failed_at=timezone.now(), attempts=13, last_error="NotDelivered: It answered 404"
    )
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**changes)


def log_of(client, endpoint) -> list[str]:
    page = page_of(client.get(change(endpoint)))
    (box,) = (b for b in page.iter("div") if b.get("class") == "webhook-log")
    return [words(row) for row in box.find("table/tbody")]


def test_a_webhook_is_added_with_boxes_for_events(administrator):
    submit(administrator, f"{LIST}add/", **NEW)
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.name, endpoint.events, endpoint.is_active) == ("CRM", ["lead.created"], True)
    assert endpoint.secret.startswith("whsec_")
    # 11 events, each with its own box.
    page = page_of(administrator.get(change(endpoint)))
    boxes = [box for box in page.iter("input") if box.get("name") == "events"]
    assert (len(boxes), [box.get("value") for box in boxes if "checked" in box.attrib]) == (
        11,
        ["lead.created"],
    )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"url": "http://127.0.0.1/hook"}, "is not on the public internet"),
        ({"url": "http://n8n:5678/webhook/x"}, "WEBHOOK_ALLOWED_HOSTS"),
        ({"url": "n8n.example"}, "Only addresses with http:// or https:// are called"),
        ({"url": "https://a:b@n8n.example/"}, "may not hold a name or password"),
        ({"url": "https://n8n.example/a b"}, "spaces"),
        ({"events": []}, "Choose at least one event"),
        ({"events": ["lead.imagined"]}, "lead.imagined"),
        ({"header_name": "X-Token"}, "A header needs a name and a value."),
        ({"header_value": "x"}, "A header needs a name and a value."),
        ({"header_name": "Webhook-Id", "header_value": "x"}, "The site sends this header itself"),
        ({"header_name": "X Token", "header_value": "x"}, "Letters, digits and hyphens"),
        ({"header_name": "X-Token", "header_value": "a\r\nb: c"}, "Characters of a keyboard"),
    ],
)
def test_a_mistake_is_explained_and_nothing_stored(administrator, wrong, sentence):
    response = submit(administrator, f"{LIST}add/", **{**NEW, **wrong})
    assert any(sentence in line for line in errors(response)), errors(response)
    assert not WebhookEndpoint.objects.exists()


def test_a_host_inside_is_taken_once_the_operator_named_it(administrator, settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["n8n:5678"]
    submit(administrator, f"{LIST}add/", **{**NEW, "url": "http://n8n:5678/webhook/x"})
    assert WebhookEndpoint.objects.get().url == "http://n8n:5678/webhook/x"


def test_a_test_goes_through_the_outbox_to_this_one_alone(administrator):
    endpoint, _other = make_endpoint(events=["lead.created"]), make_endpoint(name="other")
    response = administrator.post(beside(endpoint, "test"))
    assert "on its way" in notices(administrator, response)[0]
    delivery = WebhookDelivery.objects.get()
    assert (delivery.endpoint, delivery.event.kind) == (endpoint, "test")
    assert (delivery.message.state, delivery.message.attempts) == ("waiting", 0)


def test_secrets_are_changed_without_missing_anything(administrator):
    endpoint = make_endpoint()
    used = endpoint.secret
    page = administrator.get(beside(endpoint, "secret"))
    assert "as well" in page.content.decode()
    endpoint.refresh_from_db()
    assert endpoint.secret == used
    administrator.post(beside(endpoint, "secret"))
    again = administrator.post(beside(endpoint, "secret"))
    assert notices(administrator, again)[-1].startswith("Nothing was changed")
    endpoint.refresh_from_db()
    assert (endpoint.former_secret, endpoint.secret != used) == (used, True)
    shown = administrator.get(change(endpoint)).content.decode()
    assert used in shown
    assert endpoint.secret in shown
    administrator.get(beside(endpoint, "former-secret"))
    administrator.post(beside(endpoint, "former-secret"))
    endpoint.refresh_from_db()
    assert endpoint.former_secret == ""
    assert used not in administrator.get(change(endpoint)).content.decode()


def test_saving_the_form_keeps_what_the_worker_and_the_acts_wrote(administrator):
    endpoint = make_endpoint()
    form = filled(administrator, change(endpoint))
    webhooks.renew_secret(endpoint)
    webhooks.switch_off(endpoint)
    administrator.post(change(endpoint), {**form, "name": "n8n, requests", "_save": "x"})
    former = endpoint.secret
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.former_secret) == ("n8n, requests", former)
    assert (endpoint.is_active, endpoint.switched_off_at is None) == (False, False)


def test_gone_is_said_and_ends_when_it_is_switched_on(administrator):
    endpoint = make_endpoint()
    webhooks.switch_off(endpoint)
    assert states(administrator.get(LIST)) == ["Gone (410)"]
    page = administrator.get(change(endpoint)).content.decode()
    assert "answered 410" in page
    assert notices(administrator, administrator.post(beside(endpoint, "test"))) == [
        "Nothing was sent: it is switched off. Switch it on first."
    ]
    submit(administrator, change(endpoint), is_active="on")
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.switched_off_at) == (True, None)
    assert states(administrator.get(LIST)) == ["Active"]
    submit(administrator, change(endpoint), is_active="")
    assert states(administrator.get(LIST)) == ["Switched off"]


def test_the_log_says_what_became_of_each(administrator):
    endpoint = make_endpoint()
    for _ in range(3):
        webhooks.send_test(endpoint)
    waiting, failed, delivered = WebhookDelivery.objects.all()
    fail(failed, status=404, answer="The requested webhook is <b>not registered</b>")
    OutboxMessage.objects.filter(webhook=delivered).update(done_at=timezone.now(), attempts=1)
    WebhookDelivery.objects.filter(pk=delivered.pk).update(status=200, answer="ok")
    first, second, third = log_of(administrator, endpoint)
    assert f"{waiting.event.uid} waiting 0" in first
    assert "failed 13 404 The requested webhook is <b>not registered</b>" in second
    assert "delivered 1 200 ok" in third


def test_one_is_sent_again(administrator):
    endpoint = make_endpoint()
    webhooks.send_test(endpoint)
    delivery = WebhookDelivery.objects.get()
    fail(delivery)
    administrator.post(beside(endpoint, f"again/{delivery.pk}"))
    assert OutboxMessage.objects.get().state == "waiting"
    other = make_endpoint(name="other")
    response = administrator.post(beside(other, f"again/{delivery.pk}"))
    assert response.status_code == 404


def test_all_that_failed_since_a_time_are_sent_again(administrator):
    endpoint = make_endpoint()
    for _ in range(3):
        webhooks.send_test(endpoint)
    for delivery in WebhookDelivery.objects.all():
        fail(delivery)
    old = WebhookEvent.objects.earliest("pk")
    WebhookEvent.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=9))
    path = beside(endpoint, "failed")
    for since, said in (
        ("", "Say since when. Nothing was sent."),
        ("soon", "Say since when, as 2026-11-26 14:30. Nothing was sent."),
        (f"{timezone.localtime() - timedelta(days=1):%Y-%m-%dT%H:%M}", "Sent again: 2."),
    ):
        assert notices(administrator, administrator.post(path, {"since": since})) == [said]
    assert OutboxMessage.objects.failed().count() == 1
    assert outbox.claim() is not None


def test_a_webhook_that_is_off_sends_nothing_again(administrator):
    endpoint = make_endpoint()
    webhooks.send_test(endpoint)
    fail(WebhookDelivery.objects.get())
    webhooks.switch_off(endpoint)
    delivery = WebhookDelivery.objects.get()
    administrator.post(beside(endpoint, f"again/{delivery.pk}"))
    administrator.post(beside(endpoint, "failed"), {"since": "2020-01-01T00:00"})
    assert OutboxMessage.objects.get().state == "failed"


def test_deleting_one_takes_its_log_along(administrator):
    endpoint = make_endpoint()
    webhooks.send_test(endpoint)
    path = change(endpoint).replace("change", "delete")
    assert administrator.get(path).status_code == 200
    administrator.post(path, {"post": "yes"})
    assert not WebhookDelivery.objects.exists()
    message = outbox.claim()
    assert message
    assert outbox.run(message)


def test_opening_an_act_changes_nothing(administrator):
    endpoint = make_endpoint()
    webhooks.send_test(endpoint)
    delivery = WebhookDelivery.objects.get()
    before = list(WebhookEndpoint.objects.values()), OutboxMessage.objects.count()
    answers = [
        administrator.get(beside(endpoint, path)).status_code
        for path in (*ACTS, f"again/{delivery.pk}")
    ]
    assert answers == [405, 200, 200, 405, 405]
    assert (list(WebhookEndpoint.objects.values()), OutboxMessage.objects.count()) == before


@pytest.mark.parametrize("role", ["writer", "reviewer", "publisher", "sales", ""])
def test_nobody_else_reaches_an_act(client, role):
    endpoint = make_endpoint()
    webhooks.send_test(endpoint)
    paths = [*ACTS, f"again/{WebhookDelivery.objects.get().pk}"]
    client.force_login(make_staff(*filter(None, [role])))
    for path in (*(beside(endpoint, each) for each in paths), change(endpoint), LIST):
        assert (client.get(path).status_code, client.post(path).status_code) == (403, 403)


def test_strangers_are_asked_to_log_in(client):
    endpoint = make_endpoint()
    for path in (*(beside(endpoint, each) for each in ACTS), change(endpoint), LIST):
        for ask in (client.get, client.post):
            assert ask(path)["Location"].startswith("/admin/login/")


def test_whoever_may_only_look_sees_no_secret_address_or_answer(client):
    endpoint = make_endpoint(header_name="X-Token", header_value="the-header-token")
    webhooks.send_test(endpoint)
    WebhookDelivery.objects.update(status=500, answer="Paula Prospect")
    looks = make_staff()
    looks.user_permissions.add(Permission.objects.get(codename="view_webhookendpoint"))
    client.force_login(looks)
    page = client.get(change(endpoint)).content.decode()
    assert "n8n.example" in page
    for hidden in (endpoint.secret, "the-header-token", "/webhook/headword", "Paula"):
        assert hidden not in page
    for path in ACTS:
        assert client.post(beside(endpoint, path)).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_for_each(administrator, count, django_assert_num_queries):
    for number in range(count):
        webhooks.send_test(make_endpoint(name=f"n8n {number}"))
    with django_assert_num_queries(9):
        response = administrator.get(LIST)
    assert len(rows(response)) == count


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_for_each_delivery(administrator, count, django_assert_num_queries):
    endpoint = make_endpoint()
    for _ in range(count):
        webhooks.send_test(endpoint)
    # The first page of a process also learns the numbers of content types.
    administrator.get(change(endpoint))
    with django_assert_num_queries(9):
        administrator.get(change(endpoint))
