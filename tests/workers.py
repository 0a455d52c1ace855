"""Workers that a test lets die at the places it names: python -m tests.workers.

Loads Django once and forks a `manage.py work --once` for each that a line of
JSON asks for; see `crew` in tests/processes.py.
"""

import io
import json
import os
import signal
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from config import locks  # noqa: E402


def main() -> None:
    # A slow machine makes workers wait longer, it does not make them fail.
    locks.PATIENCE = 60_000
    for path in settings.OUTBOX_HANDLERS.values():
        import_string(path)
    waiting: list[int] = []
    for line in sys.stdin:
        command = json.loads(line)
        changed = command["settings"]
        pids = [start({**changed, "FAILPOINTS": each}) for each in command["failpoints"]]
        if not pids:
            pids, waiting = waiting, []
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        ends = {pid: end_of(pid) for pid in pids}
        waiting += [pid for pid, end in ends.items() if end == "stopped"]
        print(json.dumps(list(ends.values())), flush=True)  # noqa: T201


def start(changed: dict[str, object]) -> int:
    """Fork a worker with these settings; return its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for name, value in changed.items():
            setattr(settings, name, value)
        call_command("work", "--once", stdout=io.StringIO())
        code = 0
    finally:
        # Neither the parent's loop nor what it would do at its end is ours.
        sys.stderr.flush()
        os._exit(code)


def end_of(pid: int) -> str:
    """Wait until a worker ended or stands still."""
    status = os.waitpid(pid, os.WUNTRACED)[1]
    if os.WIFSTOPPED(status):
        return "stopped"
    return {0: "done", -signal.SIGKILL: "killed"}.get(os.waitstatus_to_exitcode(status), "broken")


if __name__ == "__main__":
    main()
