"""Asking for one address over many connections: with wrk where it is found."""

import http.client
import re
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass

WRK = shutil.which("wrk")
CLIENT = "wrk" if WRK else "threads of Python, which themselves are slow"
HEADERS = {
    "Host": "glossary.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.9",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip",
}
"""Of a browser, through a proxy with TLS; gzip, which every server here has ready."""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Load:
    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    slowest_ms: float


def load(port: int, path: str, *, connections: int, seconds: float, is_good: bool = True) -> Load:
    """Ask for `path` until time is up; AssertionError where an error is no good answer."""
    ask = _with_wrk if WRK else _with_threads
    return ask(port, path, connections, seconds, is_good)


def once(port: int, path: str) -> tuple[int, bytes]:
    """Return status and body, as it came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=HEADERS)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def _with_wrk(port: int, path: str, connections: int, seconds: float, is_good: bool) -> Load:
    # It counts in whole seconds.
    command = [WRK, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency"]
    for name, value in HEADERS.items():
        command += ["-H", f"{name}: {value}"]
    said = subprocess.run(
        [*command, "--timeout", "60s", f"http://127.0.0.1:{port}{path}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert not (is_good and "Non-2xx" in said), said
    assert "Socket errors" not in said, said
    requests = int(_found(r"(\d+) requests in", said))
    if not requests:
        # So busy that nobody was answered in time.
        return _with_wrk(port, path, connections, 3 * seconds, is_good)
    return Load(
        requests=requests,
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", said)),
        p50_ms=_ms(_found(r"(?m)^ +50%\s+(\S+)", said)),
        p99_ms=_ms(_found(r"(?m)^ +99%\s+(\S+)", said)),
        slowest_ms=_ms(_found(r"Latency\s+\S+\s+\S+\s+(\S+)", said)),
    )


def _found(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    assert match, said
    return match[1]


def _ms(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", text).groups()
    return float(number) * _UNITS[unit]


def _with_threads(port: int, path: str, connections: int, seconds: float, is_good: bool) -> Load:
    taken: list[float] = []
    wrong: list[int] = []
    end = time.perf_counter() + seconds

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while (started := time.perf_counter()) < end:
            connection.request("GET", path, headers=HEADERS)
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - started)
            if is_good and answer.status >= 400:
                wrong.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, f"{path} answered {wrong[0]}"
    cuts = statistics.quantiles(taken, n=100) if len(taken) > 1 else taken * 99
    return Load(
        requests=len(taken),
        per_second=len(taken) / seconds,
        p50_ms=cuts[49] * 1000,
        p99_ms=cuts[98] * 1000,
        slowest_ms=max(taken) * 1000,
    )
