"""What the desk's first page says of the glossary: what to read again, what readers miss."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Case, Q, When
from django.urls import reverse

from config.desk_home import Panel
from glossary import freshness
from glossary.models import Demand

MOST_LISTED = 5


def reviews(user: User, now: datetime | None = None) -> Panel | None:
    """Entries whose review is due, one's own first; two queries."""
    if not user.has_perm("glossary.view_entry"):
        return None
    due = freshness.due(freshness.today(now))
    first = Case(When(owner=user.pk, then=0), default=1)
    mine = due.order_by(first, "review_due_on", "sort_key", "pk")
    return Panel(
        "reviews",
        "Due for review",
        "admin/glossary/home/_reviews.html",
        {"listed": list(mine.for_lists().select_related("owner")[:MOST_LISTED])},
        count=due.count(),
        url=reverse("reviews_due"),
    )


def demanded(user: User, now: datetime | None = None) -> Panel | None:
    """Terms that readers miss most and nobody has begun; one query."""
    if not user.has_perm("glossary.view_demand"):
        return None
    waiting = Demand.objects.waiting(now).filter(Q(work=None))
    return Panel(
        "demand",
        "What readers miss",
        "admin/glossary/home/_demand.html",
        {"listed": list(waiting[:MOST_LISTED])},
        url=reverse("admin:glossary_demand_changelist"),
    )
