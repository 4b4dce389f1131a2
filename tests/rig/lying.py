"""A registry that accepts every write and keeps nothing: what a push through a broken proxy or cache can meet.

Runs in a container of the rig as `python3 -m tests.rig.lying PORT REALM`.
"""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

UNAUTHORIZED = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required", "detail": None}]}
UNKNOWN = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}


class Handler(BaseHTTPRequestHandler):
    """One connection; `realm` is where clients get tokens, of which any is good."""

    protocol_version = "HTTP/1.1"
    realm = ""

    def do_GET(self) -> None:
        """Know nothing, to anyone who has a token."""
        if not self.authorized():
            return
        if self.path == "/v2/":
            self.send(200, b"{}")
        else:
            self.send(404, json.dumps(UNKNOWN).encode())

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Open an upload."""
        self.content()
        if self.authorized():
            name = self.path.partition("/v2/")[2].partition("/blobs/")[0]
            self.send(202, b"", Location=f"/v2/{name}/blobs/uploads/{uuid.uuid4()}", Range="0-0")

    def do_PATCH(self) -> None:
        """Accept a part of an upload."""
        size = len(self.content())
        if self.authorized():
            self.send(202, b"", Location=self.path, Range=f"0-{max(size - 1, 0)}")

    def do_PUT(self) -> None:
        """Claim that a blob or manifest is stored."""
        data = self.content()
        if self.authorized():
            named = parse_qs(urlsplit(self.path).query).get("digest")
            digest = named[0] if named else f"sha256:{hashlib.sha256(data).hexdigest()}"
            place = urlsplit(self.path).path
            self.send(201, b"", **{"Docker-Content-Digest": digest, "Location": place})

    def authorized(self) -> bool:
        """Whether a token came along; if not, the challenge is sent."""
        if self.headers.get("Authorization"):
            return True
        challenge = f'Bearer realm="{self.realm}",service="container_registry"'
        self.send(401, json.dumps(UNAUTHORIZED).encode(), **{"WWW-Authenticate": challenge})
        return False

    def content(self) -> bytes:
        """The request's body, whole or in chunks."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def send(self, status: int, data: bytes, **headers: str) -> None:
        """Send a response as a registry does."""
        self.send_response(status)
        fixed = {"Docker-Distribution-Api-Version": "registry/2.0", "Content-Type": "application/json"}
        for name, value in (fixed | {"Content-Length": str(len(data))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *values: object) -> None:
        """Write nothing."""


if __name__ == "__main__":
    Handler.realm = sys.argv[2]
    ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
