"""What importing a folder costs: python -m tests.bench_import FOLDER [--publish].

Imports into the site that the environment names and prints JSON: entries per
second of wall clock and of CPU, megabytes of memory before, and at the peak.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from glossary.importing import import_markdown  # noqa: E402


def main() -> None:
    folder, is_publishing = Path(sys.argv[1]), "--publish" in sys.argv
    before, started, cpu = peak_mb(), time.perf_counter(), time.process_time()
    report = import_markdown(folder, publish=is_publishing)
    figures = {
        "entries": len(report.created),
        "per_second": len(report.created) / (time.perf_counter() - started),
        "per_cpu_second": len(report.created) / (time.process_time() - cpu),
        "before_mb": before,
        "peak_mb": peak_mb(),
    }
    sys.stdout.write(json.dumps(figures))


def peak_mb() -> float:
    """The most memory that this process has held so far; Linux counts in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
