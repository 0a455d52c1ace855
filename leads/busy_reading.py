"""Reading a calendar in a process of its own, with limits that nothing in the file can exceed.

A rule of thirty characters can keep a program busy for hours, and a file of
5 MB can name more than a machine remembers. The worker has mails to send:
it gives the file away and waits for some seconds.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from leads import busy_times
from leads.availability import Interval
from leads.busy_lines import Unreadable

PATIENCE = 20
"""Seconds by the clock, which pass as well where a machine has other things to do."""
MOST_WORK = 10
"""Seconds of a processor; ordinary files take less than one."""
MOST_MEMORY = 1024**3


def read_apart(
    data: bytes,
    *,
    zone: ZoneInfo,
    first: datetime,
    last: datetime,
    without: Collection[str] = (),
    patience: float = PATIENCE,
) -> list[Interval]:
    """Return what `busy_times.read` does, within `patience` seconds. Raises Unreadable."""
    head = {
        "zone": zone.key,
        "first": int(first.timestamp()),
        "last": int(last.timestamp()),
        "without": list(without),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "leads.busy_reading"],
            input=json.dumps(head).encode() + b"\n" + data,
            capture_output=True,
            cwd=settings.BASE_DIR,
            timeout=patience,
            check=False,
        )
        answer = json.loads(done.stdout) if done.returncode == 0 else {}
    except subprocess.TimeoutExpired:
        answer = {}
    if "busy" not in answer:
        raise Unreadable(answer.get("error") or "Reading it takes too long, or too much memory.")
    return [(begin, end) for begin, end in answer["busy"]]


def main() -> None:
    """Read a line of JSON and a file from the standard input; answer a line of JSON."""
    # Its parent may be killed while it waits: this process ends by itself.
    _limit(resource.RLIMIT_CPU, MOST_WORK)
    _limit(resource.RLIMIT_AS, MOST_MEMORY)
    head = json.loads(sys.stdin.buffer.readline())
    answer: dict[str, object]
    try:
        answer = {
            "busy": busy_times.read(
                sys.stdin.buffer.read(),
                zone=ZoneInfo(head["zone"]),
                first=datetime.fromtimestamp(head["first"], tz=UTC),
                last=datetime.fromtimestamp(head["last"], tz=UTC),
                without=head["without"],
            )
        }
    except Unreadable as error:
        answer = {"error": str(error)}
    sys.stdout.write(json.dumps(answer))


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main()
