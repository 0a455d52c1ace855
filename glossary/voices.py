"""What readers tell the editors; bounded, so that no program can fill the database."""

from datetime import datetime, timedelta

from django.core import signing
from django.db.models import F
from django.utils import timezone

from config.alphabet import fold
from glossary import askers
from glossary.models import Entry, Feedback, Suggestion

MOST_VOTES_A_DAY = 300
"""Votes on one entry that are kept in 24 hours; readers of one page are never so many."""
MOST_SUGGESTIONS_A_DAY = 200
LONGEST_SENTENCE = 500
LONGEST_NOTE = 1000
MAY_ADD_FOR = timedelta(hours=2)
SALT = "glossary.voices"


def vote(entry: Entry, *, is_helpful: bool, now: datetime | None = None) -> str:
    """Keep a reader's answer; return a token with which a sentence may be added.

    The token is "" when the entry has had its votes for the day.
    """
    now = now or timezone.now()
    recent = Feedback.objects.filter(entry=entry, created_at__gt=now - timedelta(days=1))
    if recent.count() >= MOST_VOTES_A_DAY:
        return ""
    feedback = Feedback.objects.create(entry=entry, is_helpful=is_helpful, created_at=now)
    return signing.TimestampSigner(salt=SALT).sign_object(feedback.pk)


def add_sentence(token: str, sentence: str) -> bool:
    """Add a sentence to the answer that `token` stands for; return whether it was one."""
    try:
        pk = signing.TimestampSigner(salt=SALT).unsign_object(token, max_age=MAY_ADD_FOR)
    except (signing.BadSignature, ValueError):
        return False
    return bool(Feedback.objects.filter(pk=pk).update(sentence=sentence[:LONGEST_SENTENCE]))


def suggest(
    term: str, *, note: str, language: str, email: str = "", now: datetime | None = None
) -> None:
    """Keep a term that a reader misses; one that others missed before counts once more.

    With `email`, who asked hears of it when it is published; the same person
    who asks again for the same term counts once.
    """
    now = now or timezone.now()
    if email and askers.is_waiting(email, term=term, language=language):
        return
    _keep_suggestion(term, note=note, language=language, now=now)
    if email:
        kept = Suggestion.objects.filter(language=language, term_key=fold(term)[:200]).first()
        if kept:
            askers.wait_for(kept, email, now=now)


def _keep_suggestion(term: str, *, note: str, language: str, now: datetime) -> None:
    same = Suggestion.objects.filter(language=language, term_key=fold(term)[:200])
    if same.update(times=F("times") + 1, last_at=now, is_done=False):
        if note:
            same.filter(note="").update(note=note)
        return
    recent = Suggestion.objects.filter(created_at__gt=now - timedelta(days=1))
    if recent.count() < MOST_SUGGESTIONS_A_DAY:
        fresh = Suggestion(term=term, note=note, language=language, created_at=now, last_at=now)
        # Two readers at once may miss the same term.
        fresh.term_key = fold(term)[:200]
        Suggestion.objects.bulk_create([fresh], ignore_conflicts=True)
