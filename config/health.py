"""Whether the process lives, and whether it can work."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from config import replica, search_server
from config.models import OutboxMessage, Worker

NOT_KEPT = {"Cache-Control": "no-store"}
WORKER_IS_LATE_AFTER = timedelta(minutes=2)


class HealthMiddleware:
    """Answer /healthz and /readyz before anything that they are asked to judge could break."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/healthz":
            return HttpResponse("ok\n", content_type="text/plain", headers=NOT_KEPT)
        if request.path_info == "/readyz":
            is_ready, checks = readiness()
            return JsonResponse(checks, status=200 if is_ready else 503, headers=NOT_KEPT)
        return self.get_response(request)


def readiness(now: datetime | None = None) -> tuple[bool, dict[str, str]]:
    """Return whether requests can be served, and one word of state for each part.

    A missing worker is reported but does not make the process unready: pages
    and requests go on, and what is due waits in the outbox. Neither does a search
    server, cache or replica that is away: all processes would leave at once for
    want of what none needs.
    """
    now = now or timezone.now()
    checks = {"database": _database()}
    checks["migrations"] = _migrations() if checks["database"] == "ok" else "unknown"
    is_ready = all(state == "ok" for state in checks.values())
    checks["cache"] = _cache()
    checks["worker"] = worker_state(now) if checks["migrations"] == "ok" else "unknown"
    if settings.SEARCH_SERVER:
        checks["search"] = search_server.state()
    if replica.is_configured():
        checks["replica"] = replica.state() if checks["database"] == "ok" else "unknown"
    return is_ready, checks


def worker_state(now: datetime) -> str:
    """Return "ok", or what staff should know: no worker, or one that fell silent."""
    last = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    if last is None:
        return "never seen"
    if last < now - WORKER_IS_LATE_AFTER:
        return f"last seen {last:%Y-%m-%d %H:%M} UTC"
    overdue = OutboxMessage.objects.overdue(now).count()
    return f"{overdue} messages overdue" if overdue else "ok"


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return "pending" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


def _cache() -> str:
    # A name of its own each time: what another process stored says nothing of this one.
    name = f"readyz.{secrets.token_hex(8)}"
    try:
        cache.set(name, "ok", 10)
        return cache.get(name, "unreachable")
    # Each cache client raises its own family of errors, and all of them mean the same here.
    except Exception:
        return "unreachable"
