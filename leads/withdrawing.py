"""Taking an agreement back, which is as easy as giving it (GDPR, article 7.3)."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from leads import erasing, ledger, pipeline, traces
from leads.models import Attribution, Consent, Lead

WITHDRAWN = "consent.withdrawn"
WHAT_IS_LEFT = "Asked to be erased: erase what no law has us keep, and tell them."


class IsClient(Exception):
    """Work came of it, and papers that the law has kept: a person decides what can go."""


def withdraw(
    lead: Lead,
    purpose: str,
    *,
    by: AbstractBaseUser | None = None,
    now: datetime | None = None,
) -> bool:
    """Take back what whoever sent `lead` agreed to for `purpose`; return whether they had.

    It holds for all requests of the person: nobody means one of two ticks.
    What they shared of their reading is forgotten with it.
    """
    now = now or timezone.now()
    with transaction.atomic():
        traces.one_at_a_time()
        held = traces.of_address(lead.email)
        list(held.requests.select_for_update(no_key=True).order_by("pk"))
        given = list(held.consents.valid().filter(purpose=purpose).select_related("lead"))
        Consent.objects.filter(pk__in=[each.pk for each in given]).update(withdrawn_at=now)
        for consent in given:
            if purpose == Consent.Purpose.READING:
                lines = Attribution.objects.filter(lead=consent.lead)
                lines.update(read=[], searched=[])
            pipeline.note(consent.lead, WITHDRAWN, by=by, data={"purpose": purpose}, now=now)
    return bool(given)


def withdraw_request(lead: Lead, *, now: datetime | None = None) -> None:
    """Take back that we may hold the request, by whoever sent it: all that we hold is erased.

    Raises erasing.TalkAhead, after which nothing was changed; and IsClient,
    after which it is noted that they took it back, and staff have to do the rest.
    """
    found = traces.of_address(lead.email).requests.select_related("merged_into")
    won = list(found.filter(state=Lead.State.WON))
    if not won:
        erasing.erase_address(lead.email, now=now)
        return
    with transaction.atomic():
        for purpose in Consent.Purpose:
            withdraw(lead, purpose, now=now)
        # Staff see what was merged by the request that goes on.
        for each in {lead.kept for lead in won}:
            pipeline.plan(each, WHAT_IS_LEFT, on=ledger.day_of(now), now=now)
    raise IsClient
