"""What the documentation promises of webhooks: the list of events, the workflow for n8n."""

import hashlib
import hmac
import json
import re
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from config import webhook_signing
from config.models.webhooks import new_secret

DOCS = Path(__file__).resolve().parent.parent / "docs"
WORKFLOW = json.loads((DOCS / "n8n-headword.json").read_text())


def test_every_event_is_explained():
    table = (DOCS / "webhooks.md").read_text().split("## What to rely on")[0]
    named = set(re.findall(r"`((?:lead|booking|entry)\.[a-z_]+)`", table))
    assert named == set(settings.WEBHOOK_EVENTS)


def test_the_workflow_is_whole():
    names = [node["name"] for node in WORKFLOW["nodes"]]
    ids = [node["id"] for node in WORKFLOW["nodes"]]
    assert len(set(names)) == len(set(ids)) == len(names)
    leads_to = {
        target["node"]
        for outputs in WORKFLOW["connections"].values()
        for output in outputs["main"]
        for target in output
    }
    assert leads_to == set(names) - {"From Headword"}
    assert set(WORKFLOW["connections"]) <= set(names)


def test_what_the_workflow_computes_is_what_we_send():
    nodes = {node["type"].split(".")[1]: node["parameters"] for node in WORKFLOW["nodes"]}
    assert nodes["webhook"]["options"] == {"rawBody": True}
    crypto = nodes["crypto"]
    assert (crypto["action"], crypto["type"], crypto["encoding"]) == ("hmac", "SHA256", "hex")
    (condition,) = nodes["if"]["conditions"]["conditions"]
    (header,) = re.findall(r"headers\['([a-z-]+)'\]", condition["leftValue"])
    assert ".split(',').includes('sha256=' + $json.computed)" in condition["leftValue"]
    body, secrets = "é 🙂".encode(), [new_secret(), new_secret()]
    sent = webhook_signing.headers(secrets, "msg_1", body, sent_at=timezone.now())
    received = {name.lower(): value for name, value in sent.items()}[header]
    for secret in secrets:
        computed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        assert f"sha256={computed}" in received.split(",")
