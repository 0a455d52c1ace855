"""deploy/serve: one way to start the web server, and nobody is turned away by a reload."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import nginx
from tests.serving import free_port

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
SERVE = DEPLOY / "serve"
STARTERS = ("Containerfile", "develop", "headword-web.service")


@pytest.mark.parametrize("name", STARTERS)
def test_whoever_starts_the_web_server_starts_it_by_the_same_script(name):
    text = (DEPLOY / name).read_text()
    [started] = re.findall(r'(?m)^(?:CMD \["|ExecStart=\S*|PATH=.* )(?:\S*/)?serve\b.*$', text)
    options = re.findall(r"--[a-z-]+", started)
    assert set(options) <= {"--host", "--port", "--workers", "--workers-kill-timeout"}


def test_nobody_else_names_the_server():
    naming = {
        path.name
        for path in DEPLOY.iterdir()
        if re.search(r"(?m)^[^#\n]*\bgranian\b", path.read_text())
    }
    assert naming == {"serve"}


def test_the_script_comes_into_the_image_and_can_be_run():
    assert "COPY deploy/serve deploy/serve\n" in (DEPLOY / "Containerfile").read_text()
    assert os.access(SERVE, os.X_OK)


@contextmanager
def served(application: str, *options: str, port: int):
    """Run deploy/serve with an application of the tests; yield the process."""
    text = SERVE.read_text().replace("config.wsgi:application", application)
    folder = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command = ["sh", "-c", text, SERVE, "--port", str(port), "--log-level", "error", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PATH": folder, "DEBUG": "true"}
    ) as process:
        try:
            nginx.wait_for(port, process)
            yield process
        finally:
            process.terminate()
            process.wait(20)


def test_wrong_settings_end_it_at_once_saying_which():
    folder = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        [SERVE, "--port", str(free_port())],
        env={"PATH": folder, "DEBUG": "flase"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "ImproperlyConfigured: DEBUG" in ended.stderr


@pytest.mark.parametrize(("debug", "is_reloaded"), [("false", True), ("flase", False)])
def test_systemd_reloads_only_what_works(tmp_path, debug, is_reloaded):
    """Of several commands, systemd runs the next only after one that succeeded."""
    unit = (DEPLOY / "headword-web.service").read_text()
    check, tell = re.findall(r"(?m)^ExecReload=(.+)$", unit)
    assert tell == "/bin/kill -HUP $MAINPID"
    environment = {
        "DEBUG": debug,
        "SECRET_KEY": "long" * 20,
        "SITE_URL": "https://glossary.example",
        "EMAIL_URL": "memory:",
        "DATABASE_URL": f"sqlite:///{tmp_path}/x",
    }
    ended = subprocess.run(
        [sys.executable, *check.split()[1:]],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode == 0) == is_reloaded
    assert ("DEBUG" in ended.stderr) != is_reloaded


def test_systemd_stops_the_server_by_one_signal():
    assert "\nKillMode=mixed\n" in (DEPLOY / "headword-web.service").read_text()


def test_the_server_of_make_run_is_stopped_by_one_signal(tmp_path):
    """The terminal sends Ctrl-C to the whole group, in which the server is not."""
    os.mkfifo(said := tmp_path / "said")
    own = f'[ "$1" = -c ] && exec {sys.executable} "$@"'
    python = f'#!/bin/sh\n{own}\n[ "$2" != work ] || exec sleep 60\n'
    granian = f"#!/bin/sh\nps -o pid=,pgid= -p $$ >{said}\nexec sleep 60\n"
    for name, text in (("python", python), ("granian", granian)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    command = [DEPLOY / "develop", tmp_path, "127.0.0.1:8000"]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:
        server, group = map(int, said.read_text().split())
        assert group != process.pid
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(20) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def ask(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    said = connection.getresponse().read().decode()
    connection.close()
    return said


def test_a_reload_lets_what_is_in_hand_be_answered(tmp_path):
    port = free_port()
    options = ("--workers", "1", "--respawn-interval", "0.1")
    os.mkfifo(gate := tmp_path / "gate")
    with served("tests.patient:application", *options, port=port) as process:
        old = ask(port, "/")
        slow = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        slow.request("GET", str(gate))
        # Opened as soon as the application waits there, and read when it is closed.
        with gate.open("w"):
            process.send_signal(signal.SIGHUP)
            new = next_process(port, old)
        assert slow.getresponse().read().decode() == old
        slow.close()
    assert new != old


def next_process(port: int, old: str) -> str:
    """Return the number of the process that takes over, as soon as it answers."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if (said := ask(port, "/")) != old:
                return said
        except (ConnectionError, http.client.HTTPException):
            # The system may hand a connection to a process that is about to stop listening.
            continue
    raise TimeoutError("nobody took over")
