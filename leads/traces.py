"""Where somebody has left traces: which rows of which tables are about them.

The export shows what is found here, and erasing takes it away; what one of
them knows, the other knows as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from urllib.parse import quote, quote_plus

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from config import locks
from config.models import OutboxMessage, WebhookDelivery, WebhookEvent
from glossary.models import Asker
from leads.models import Attribution, Booking, Consent, Lead, LeadEvent, Reply, SavedView
from leads.models.consents import ConsentQuerySet
from leads.models.leads import LeadQuerySet, email_key
from leads.webhooks import subject_of

SHORTEST_NAME = 5
"""A shorter name, or phone, is a word that searches use for other things as well."""


@dataclass(frozen=True)
class Traces:
    """The rows about some people, by what is known of them; each property is one query."""

    leads: tuple[Lead, ...]
    addresses: frozenset[str]
    """E-mail addresses in small letters."""
    counts_askers: bool = True
    """Whether waiting for a term, which was asked for apart, is about them as well."""

    @property
    def keys(self) -> list[int]:
        return [lead.pk for lead in self.leads]

    @property
    def requests(self) -> LeadQuerySet:
        return Lead.objects.filter(pk__in=self.keys)

    @property
    def consents(self) -> ConsentQuerySet:
        return Consent.objects.filter(lead__in=self.keys)

    @property
    def bookings(self) -> QuerySet[Booking]:
        return Booking.objects.filter(lead__in=self.keys)

    @property
    def events(self) -> QuerySet[LeadEvent]:
        return LeadEvent.objects.filter(lead__in=self.keys)

    @property
    def replies(self) -> QuerySet[Reply]:
        return Reply.objects.filter(lead__in=self.keys)

    @property
    def lines(self) -> QuerySet[Attribution]:
        return Attribution.objects.filter(lead__in=self.keys)

    @property
    def askers(self) -> QuerySet[Asker]:
        addresses = self.addresses if self.counts_askers else ()
        return Asker.objects.filter(any_of("email__iexact", addresses))

    @property
    def webhook_events(self) -> QuerySet[WebhookEvent]:
        return WebhookEvent.objects.filter(subject__in=map(subject_of, self.leads))

    @property
    def deliveries(self) -> QuerySet[WebhookDelivery]:
        return WebhookDelivery.objects.filter(event__in=self.webhook_events)

    @property
    def messages(self) -> QuerySet[OutboxMessage]:
        """Those that tell them, or tell others of them: done, failed or waiting."""
        of_leads = (
            Q(payload__lead__in=self.keys)
            | Q(payload__booking__in=_keys(self.bookings))
            | Q(payload__reply__in=_keys(self.replies))
            | Q(payload__event__in=_keys(self.events))
        )
        of_askers = Q(payload__asker__in=_keys(self.askers))
        of_webhooks = Q(webhook__event__in=_keys(self.webhook_events))
        return OutboxMessage.objects.filter(
            (Q(kind__startswith="leads.") & of_leads)
            | (Q(kind="glossary.tell_asker") & of_askers)
            | of_webhooks
        )

    @property
    def desk_log(self) -> QuerySet[LogEntry]:
        """What the admin noted of their rows, by the names that they had."""
        found = [
            Q(content_type=ContentType.objects.get_for_model(rows.model))
            & Q(object_id__in=map(str, _keys(rows)))
            for rows in (self.requests, self.bookings, self.replies, self.askers)
        ]
        return LogEntry.objects.filter(reduce(or_, found))

    @property
    def saved_views(self) -> QuerySet[SavedView]:
        """Lists that are kept by a search for them, or under their name."""
        said = {word for lead in self.leads for word in (lead.name, lead.phone)}
        words = self.addresses | {word for word in said if len(word) >= SHORTEST_NAME}
        spelt = {way(word) for word in words for way in (str, quote, quote_plus)}
        searched, named = any_of("query__icontains", spelt), any_of("name__icontains", words)
        return SavedView.objects.filter(searched | named)


def of(leads: Iterable[Lead]) -> Traces:
    """Return what is held of `leads` and of those that were merged with them."""
    found = tuple(Lead.objects.filter(pk__in=together([lead.pk for lead in leads])))
    return Traces(found, frozenset(email_key(lead.email) for lead in found))


def of_address(email: str) -> Traces:
    """Return what is held of whoever has this address, however they spelt it."""
    key = email_key(email)
    found = of(Lead.objects.filter(email_key=key))
    return Traces(found.leads, found.addresses | {key})


def one_at_a_time() -> None:
    """Let nobody else merge people, erase them or take back for them until this transaction ends.

    Each of these locks several leads: who waits here has locked none yet.
    """
    locks.take("people")


def together(keys: Iterable[int]) -> set[int]:
    """Return the keys of leads with those of all that were merged with them: one person's."""
    known: set[int] = set()
    fresh = set(keys)
    while fresh:
        known |= fresh
        near = Lead.objects.filter(Q(pk__in=fresh) | Q(merged_into__in=fresh)).order_by()
        pairs = near.values_list("pk", "merged_into")
        fresh = {key for pair in pairs for key in pair if key} - known
    return known


def _keys(rows: QuerySet) -> list[int]:
    return list(rows.values_list("pk", flat=True))


def any_of(lookup: str, values: Iterable[str]) -> Q:
    """Rows for which `lookup` holds of one of `values`; none where there are none."""
    return reduce(or_, (Q(**{lookup: value}) for value in sorted(values)), Q(pk__in=[]))
