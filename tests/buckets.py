"""A server that speaks as much of S3 as uploads need, on loopback: buckets of files in memory."""

from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.serving import serving

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MOMENT = "Mon, 02 Mar 2026 12:00:00 GMT"


class Bucket(BaseHTTPRequestHandler):
    """Answers for /bucket/key; `server.files` has (headers, content) by that path.

    `server.state` other than 200 is the answer to everything, and `server.refused` how often.
    """

    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.state == 200:
            self.server.files[self._path()] = dict(self.headers), content
        self._answer(self.server.state, headers={"ETag": '"0"'})

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "delimiter" in query:
            self._list(query["prefix"][0])
        else:
            self._tell()

    def do_HEAD(self):
        self._tell()

    def do_DELETE(self):
        if self.server.state == 200:
            self.server.files.pop(self._path(), None)
        self._answer(204 if self.server.state == 200 else self.server.state)

    def _tell(self):
        if self.server.state != 200:
            return self._answer(self.server.state)
        if self._path() not in self.server.files:
            code = b"<Error><Code>NoSuchKey</Code></Error>"
            return self._answer(404, b"" if self.command == "HEAD" else code)
        headers, content = self.server.files[self._path()]
        known = {"Content-Type": headers["Content-Type"], "Last-Modified": MOMENT, "ETag": '"0"'}
        return self._answer(200, content, known)

    def _list(self, prefix):
        if self.server.state != 200:
            return self._answer(self.server.state)
        start = f"{self._path().rstrip('/')}/"
        keys = [path.removeprefix(start) for path in self.server.files if path.startswith(start)]
        rest = sorted(key.removeprefix(prefix) for key in keys if key.startswith(prefix))
        folders = sorted({f"{prefix}{each.partition('/')[0]}/" for each in rest if "/" in each})
        files = [
            f"<Contents><Key>{escape(prefix + n)}</Key></Contents>" for n in rest if "/" not in n
        ]
        within = [
            f"<CommonPrefixes><Prefix>{escape(f)}</Prefix></CommonPrefixes>" for f in folders
        ]
        body = (
            f'<ListBucketResult xmlns="{NAMESPACE}">{"".join(files + within)}</ListBucketResult>'
        )
        return self._answer(200, body.encode())

    def _path(self):
        return unquote(urlsplit(self.path).path)

    def _answer(self, status, content=b"", headers=None):
        self.server.refused += self.server.state != 200
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def buckets():
    """Run the server while the block runs; its `files` and `refused` tell what happened."""
    return serving(Bucket, files={}, state=200, refused=0)
