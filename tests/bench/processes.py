"""What processes and their children have used so far, as Linux counts it."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

TICK = 1_000_000 // os.sysconf("SC_CLK_TCK")
"""Microseconds."""


def tree(root: int) -> list[int]:
    """`root` and all below it; those that end meanwhile are left out."""
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except OSError:
        return []
    return [root, *(pid for child in children for pid in tree(int(child)))]


def cpu_us(roots: Iterable[int]) -> int:
    """Microseconds, user and system, of the trees below `roots` and of their dead."""
    total = 0
    for pid in (pid for root in roots for pid in tree(root)):
        try:
            fields = _stat(pid)
        except OSError:
            continue
        # utime, stime and those of children that have ended: proc(5), from the third field on.
        total += sum(map(int, fields[11:15])) * TICK
    return total


def cpu_us_at_rest(roots: Iterable[int]) -> int:
    """As `cpu_us`, as soon as they have done what they have in hand; after 20 seconds at last."""
    end = time.monotonic() + 20
    before, used = -1, cpu_us(roots)
    while used != before and time.monotonic() < end:
        time.sleep(0.03)
        before, used = used, cpu_us(roots)
    return used


def parent(pid: int) -> int:
    return int(_stat(pid)[1])


def largest_mb(root: int) -> float:
    """Resident megabytes of the largest process below `root`."""
    return max((_resident_mb(pid) for pid in tree(root)), default=0.0)


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _resident_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)
