"""What the desk does with one lead, and what it says of it."""

from decimal import Decimal

from django.contrib.auth.models import User
from django.utils.formats import date_format

from leads import money, pipeline
from leads.models import Lead
from leads.requesting import accept, put_aside

State = Lead.State


def bring(
    lead: Lead,
    state: Lead.State,
    *,
    by: User,
    reason: str = "",
    value: Decimal | None = None,
) -> bool:
    """Bring the locked `lead` to `state` by the verb for it; return whether anything changed.

    Out of the suspects means: the mails that were held back are sent. Not so
    for one that is lost at once: nobody wants to hear from us then.
    """
    was_suspected = lead.state == State.SPAM
    if was_suspected and state not in (State.SPAM, State.LOST):
        accept(lead, by=by)
    if state == State.LOST:
        return pipeline.lose(lead, reason, by=by)
    if state == State.WON:
        return pipeline.win(lead, value, by=by)
    if state == State.SPAM:
        return put_aside(lead, by=by)
    moved = pipeline.advance(lead, state, out_of=State, by=by)
    return moved or was_suspected


def step_in_words(lead: Lead) -> str:
    """Return the next step with its day, as “Call, by 5 Dec 2026”; "" for none."""
    day = f", by {date_format(lead.next_step_on, 'j M Y')}" if lead.next_step_on else ""
    return f"{lead.next_step}{day}" if lead.next_step else ""


def state_in_words(lead: Lead) -> str:
    """Return the state with what belongs to it, as “Lost: too expensive”."""
    words = str(lead.get_state_display())
    if lead.state == State.LOST and lead.lost_reason:
        return f"{words}: {lead.lost_reason}"
    if lead.state == State.WON and lead.value is not None:
        return f"{words}, {money.written(lead.value)}"
    return words
