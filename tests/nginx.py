"""nginx on a port of its own with deploy/nginx.conf, for tests and `make bench`.

The file that operators copy, with host, ports, folders and certificate put in
by replacement of text: a line that is no longer there is an error.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "deploy" / "nginx.conf"
HOST = "glossary.example"
"""What the shipped file calls the site."""
CERTIFICATE = ROOT / "tests" / "data" / "hook.pem"

AROUND = """
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    include {types};
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    access_log {folder}/access.log;
    keepalive_requests 1000000000;
    {site}
}}
"""
"""What Debian's nginx.conf says around a site; load tests must not wait for new connections."""


@dataclass(frozen=True)
class Places:
    """Where the shipped file finds everything on this machine."""

    folder: Path
    port: int
    redirecting_port: int
    application: int
    pages: Path
    static: Path
    media: Path


def shipped(places: Places, *, is_tls: bool) -> str:
    """Return deploy/nginx.conf for this machine; LookupError for what it no longer says."""
    text = SHIPPED.read_text()
    tls = " ssl http2" if is_tls else ""
    replaced = {
        "listen [::]:80;": "",
        "listen [::]:443 ssl http2;": "",
        "listen 80;": f"listen 127.0.0.1:{places.redirecting_port};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{places.port}{tls};",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{places.application};",
        "/etc/letsencrypt/live/glossary.example/fullchain.pem": str(CERTIFICATE),
        "/etc/letsencrypt/live/glossary.example/privkey.pem": str(CERTIFICATE),
        "/var/log/nginx/": f"{places.folder}/",
        "/var/www/html": str(places.folder),
        "/srv/headword/app/staticfiles/": f"{places.static}/",
        "/var/lib/headword/finished/pages": str(places.pages),
        "/var/lib/headword/media/": f"{places.media}/",
    }
    if not is_tls:
        # As if somebody else had taken TLS off before.
        replaced["$scheme"] = "https"
    for old, new in replaced.items():
        if old not in text:
            raise LookupError(f"deploy/nginx.conf no longer says {old}")
        text = text.replace(old, new)
    return text if is_tls else re.sub(r"(?m)^\s*ssl_\w+ .*$", "", text)


@contextmanager
def nginx(site: str, *, folder: Path, port: int) -> Iterator[int]:
    """Run nginx with the servers of `site`, which listen on `port`; yield its process."""
    # The workers of a nginx that root starts have to read what root's tests wrote.
    user = f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""
    path = folder / "nginx.conf"
    path.write_text(AROUND.format(folder=folder, user=user, types=types(), site=site))
    command = [binary(), "-e", folder / "error.log", "-p", folder, "-c", path]
    with subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.PIPE) as process:
        try:
            wait_for(port, process)
            yield process.pid
        finally:
            process.terminate()
            process.wait(10)


def binary() -> str:
    """Debian keeps it where only root looks; "" when there is none."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or ""


def types() -> str:
    said = subprocess.run([binary(), "-V"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"--conf-path=(\S+)", said)
    return str(Path(found[1] if found else "/etc/nginx/nginx.conf").with_name("mime.types"))


def wait_for(port: int, process: subprocess.Popen) -> None:
    """Return as soon as somebody listens; RuntimeError with what a dead `process` said."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError(process.stderr.read().decode() if process.stderr else "it ended")
        time.sleep(0.02)
    raise TimeoutError("the server did not start")
