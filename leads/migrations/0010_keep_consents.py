"""What leads agreed to moves into rows of its own; leads get a line in the ledger."""

import hashlib
from zoneinfo import ZoneInfo

from django.db import migrations

DAYS_OF_SPAM = 60
STAGES = {"booked": "booked_on", "held": "held_on", "won": "won_on"}
STATES = ("new", "contacted", "qualified", "booked", "held", "won", "lost", "spam")


def forwards(apps, schema_editor):
    leads = apps.get_model("leads", "Lead").objects
    events = apps.get_model("leads", "LeadEvent").objects
    zone = _zone(apps)
    for lead in leads.order_by("pk").iterator(chunk_size=500):
        leads.filter(pk=lead.pk).update(email_key=lead.email.strip().casefold())
        apps.get_model("leads", "Consent").objects.create(
            lead=lead,
            purpose="request",
            text=lead.consent_text,
            version=hashlib.sha256(lead.consent_text.encode()).hexdigest()[:12],
            language=lead.language,
            page=lead.source_path and "/consultation/",
            is_given=True,
            at=lead.consent_at,
        )
        _open_line(apps, lead, events.filter(lead=lead, kind="lead.status_changed"), zone)
    rules = apps.get_model("leads", "RetentionRule").objects
    for state in STATES:
        rules.create(state=state, days=DAYS_OF_SPAM if state == "spam" else None)


def _open_line(apps, lead, changes, zone):
    asked_on = lead.created_at.astimezone(zone).date()
    line = apps.get_model("leads", "Attribution")(
        lead=lead, entry_id=lead.entry_id, offer_id=lead.offer_id
    )
    line.requested_on = None if lead.state == "spam" else asked_on
    for change in changes.order_by("at", "pk"):
        stage = STAGES.get(change.data.get("to"))
        if stage and getattr(line, stage) is None:
            setattr(line, stage, change.at.astimezone(zone).date())
    if lead.state != "won":
        line.won_on = None
    line.save()


def _zone(apps):
    settings = apps.get_model("config", "SiteSettings").objects.filter(pk=1).first()
    return ZoneInfo(settings.time_zone if settings else "Europe/Lisbon")


def backwards(apps, schema_editor):
    leads = apps.get_model("leads", "Lead").objects
    for consent in apps.get_model("leads", "Consent").objects.filter(purpose="request"):
        leads.filter(pk=consent.lead_id).update(
            consent_text=consent.text, consent_at=consent.at
        )
    for model in ("Consent", "Attribution", "RetentionRule"):
        apps.get_model("leads", model).objects.all().delete()
    # One without a row was merged, or entered while there was none.
    leads.filter(consent_text="").update(consent_text="-")
    for lead in leads.filter(consent_at=None):
        leads.filter(pk=lead.pk).update(consent_at=lead.created_at)


class Migration(migrations.Migration):
    dependencies = [("leads", "0009_lead_desk"), ("config", "0007_lead_desk")]
    operations = [migrations.RunPython(forwards, backwards)]
