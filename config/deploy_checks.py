"""What `manage.py check --deploy` says besides Django's own."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.db import DatabaseError, connection
from django.utils import timezone

from config import health
from config.models import Worker


@register(deploy=True)
def check_worker(**_: Any) -> list[CheckMessage]:
    """Mails, reminders and links wait for ever where no worker runs, and nobody notices."""
    try:
        if Worker._meta.db_table not in connection.introspection.table_names():
            return []  # before the first migration there is nothing to do yet
        state = health.worker_state(timezone.now())
    except DatabaseError:
        return []  # said by what needs the database
    if state == "ok":
        return []
    hint = "Start `manage.py work` as a service; docs/operators.md says how."
    return [Error(f"The worker: {state}.", hint=hint, id="headword.E001")]


@register(deploy=True)
def check_proxies(**_: Any) -> list[CheckMessage]:
    """Behind a proxy that nobody named, one visitor who sends much is the whole world."""
    if settings.TRUSTED_PROXIES:
        return []
    hint = (
        "Name its address, such as 127.0.0.1; docs/operators.md says how under Proxies. Where "
        "visitors reach the application itself, leave it empty: all is well."
    )
    words = (
        "TRUSTED_PROXIES is empty. Behind a reverse proxy, all visitors then count as one "
        "network: some dozens of requests within an hour make others suspects, and views of "
        "more than 300 a minute are not counted."
    )
    return [checks.Warning(words, hint=hint, id="headword.W001")]
