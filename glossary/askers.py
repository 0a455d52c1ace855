"""Readers who want to hear when a suggested term is published: told once, then forgotten.

Nothing that they typed goes into the mail, and nothing is sent before an
editor published an entry about the term: the form is no way to write to
somebody else.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from config import mail, outbox, site
from config.alphabet import fold
from config.models import OutboxMessage
from config.retries import GiveUp
from glossary.models import Alias, Asker, Demand, Entry, Suggestion, TermName
from glossary.models.entries import is_public

KEPT = timedelta(days=400)
"""After this, an address is deleted though its term was never published."""
MOST_A_DAY = 100
"""Addresses that are taken in 24 hours."""
MOST_TERMS = 5
"""Terms that one address can wait for."""


def wait_for(suggestion: Suggestion, email: str, *, now: datetime | None = None) -> bool:
    """Remember that `email` wants to hear of the term; return whether it is remembered now.

    Not beyond the limits, and not for a term that editors said no to.
    """
    now = now or timezone.now()
    email = _plain(email)
    same = {"language": suggestion.language, "term_key": suggestion.term_key}
    taken = Asker.objects.filter(created_at__gt=now - timedelta(days=1)).count()
    terms = Asker.objects.filter(email=email).count()
    is_refused = Demand.objects.filter(**same, is_dismissed=True).exists()
    if is_refused or taken >= MOST_A_DAY or terms >= MOST_TERMS:
        return False
    fresh = Asker(suggestion=suggestion, email=email, language=suggestion.language, created_at=now)
    # Two clicks at once may send the same.
    Asker.objects.bulk_create([fresh], ignore_conflicts=True)
    return True


def is_waiting(email: str, *, term: str, language: str) -> bool:
    """Whether `email` waits for `term` already."""
    waiting = Asker.objects.filter(email=_plain(email), suggestion__language=language)
    return waiting.filter(suggestion__term_key=fold(term)[:200]).exists()


def answered(entry: Entry, *, due_at: datetime | None = None) -> None:
    """Promise a mail to everybody who waits for `entry`, for `due_at`, its publication.

    For the transaction that publishes it. One query when nobody waits.
    """
    if _askers_of(entry).exists():
        outbox.enqueue("glossary.tell_askers", due_at=due_at, entry=entry.pk)


def tell_askers(message: OutboxMessage) -> None:
    """Promise each asker of the entry in `message` a mail of their own, so that each is tried
    for itself; an entry that readers do not see tells nobody."""
    entry = Entry.objects.published().filter(pk=message.payload["entry"]).first()
    if entry is None:
        return
    told: set[str] = set()
    for pk, email in _askers_of(entry).order_by("pk").values_list("pk", "email"):
        if email not in told:
            outbox.enqueue("glossary.tell_asker", entry=entry.pk, asker=pk)
        told.add(email)


def tell_asker(message: OutboxMessage) -> None:
    """Tell one asker that the entry is there, and delete the address.

    An address that the mail server refuses for good is deleted as well.
    """
    entry = Entry.objects.published().filter(pk=message.payload["entry"]).first()
    asker = Asker.objects.filter(pk=message.payload["asker"]).first()
    if entry is None or asker is None:
        return
    with translation.override(asker.language):
        settings = site.current()
        context = {
            "entry": entry,
            "url": site.absolute(entry.get_absolute_url()),
            "site": settings,
            "site_url": site.absolute(""),
            "language": asker.language,
        }
        with suppress(GiveUp):  # nobody lives there any more
            mail.send(message, "glossary/mail/published", context, to=[asker.email])
    # The same person may have asked under two names of the entry.
    _askers_of(entry).filter(email=asker.email).delete()
    asker.delete()


def catch_up(now: datetime | None = None) -> None:
    """Promise the mails of entries that are public while somebody waits for them.

    For what was asked between the publishing and its date, or published
    without telling, as imports do. Three queries when nobody waits.
    """
    now = now or timezone.now()
    under_way = OutboxMessage.objects.filter(
        kind__in=["glossary.tell_askers", "glossary.tell_asker"], done_at=None
    )
    busy = set(under_way.values_list("payload__entry", flat=True))
    for pk in sorted(_answers(now) - busy):
        outbox.enqueue("glossary.tell_askers", entry=pk)


def tidy(now: datetime | None = None) -> int:
    """Delete addresses that waited more than 400 days; return how many."""
    return Asker.objects.filter(created_at__lt=(now or timezone.now()) - KEPT).delete()[0]


def _askers_of(entry: Entry) -> QuerySet[Asker]:
    """Who waits for a term that `entry` is about, is called too, or was begun for."""
    aliases = Alias.objects.filter(entry=entry).values("name_key")
    begun_for = Demand.objects.filter(entry=entry).values("term_key")
    return Asker.objects.filter(
        Q(suggestion__term_key=entry.term_key)
        | Q(suggestion__term_key__in=aliases)
        | Q(suggestion__term_key__in=begun_for),
        suggestion__language=entry.language,
    )


def _answers(now: datetime) -> set[int]:
    """Keys of the public entries that somebody waits for."""
    same = {"language": OuterRef("language")}
    names = TermName.objects.filter(
        is_public("entry__", now), **same, search_key=OuterRef("term_key")
    )
    begun = Demand.objects.filter(is_public("entry__", now), **same, term_key=OuterRef("term_key"))
    first = Coalesce(
        Subquery(begun.values("entry")[:1]),
        Subquery(names.order_by("-is_term", "pk").values("entry")[:1]),
        output_field=BigIntegerField(),
    )
    waited_for = Suggestion.objects.filter(askers__isnull=False).annotate(answer=first)
    return set(
        waited_for.filter(answer__isnull=False).order_by().values_list(F("answer"), flat=True)
    )


def _plain(email: str) -> str:
    return email.strip().lower()
