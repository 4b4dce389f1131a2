"""Token services that fail, by the first part of the path: a clock ahead, another issuer, another key, and more.

Runs in a container of the rig as `python3 -m tests.rig.tokens SETTINGS PORT`.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.rig.gitlab import settings as told
from tests.rig.gitlab.answer import Answer
from tests.rig.gitlab.memory import Memory, Mode
from tests.rig.gitlab.token import Signer, authenticate

AHEAD = 600  # seconds that one of the clocks is ahead; the registry forgives 60
SHORT, USUAL = 20, 300  # seconds that a token lives
HANG_SECONDS = 30
PAST = "Wed, 15 Jan 2020 12:00:00 GMT"  # a moment at which the expired certificate was good
FIXED = {
    "off": Answer(404, {"errors": [{"code": "UNAVAILABLE", "message": "registry not enabled"}]}),
    "protected": Answer(
        403, {"errors": [{"code": "DENIED", "message": "Pushing to protected repository path forbidden"}]}
    ),
    "broken": Answer(500, b"<html><title>500</title></html>"),
}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    settings: told.Settings
    signers: dict[str, Signer]

    def do_GET(self) -> None:
        """Answer as the path says."""
        url = urlsplit(self.path)
        kind = url.path.strip("/").partition("/")[0]
        if kind == "hang":
            time.sleep(HANG_SECONDS)
            return
        if kind == "past":
            self.send(Answer(401, {}), PAST)
            return
        query, said = parse_qs(url.query), self.headers.get("Authorization", "")
        if kind in FIXED and (said or kind != "protected"):
            self.send(FIXED[kind])
            return
        signer = self.signers.get(kind, self.signers["usual"])
        memory = Memory(mode=Mode(token_seconds=SHORT if kind == "short" else USUAL))
        self.send(authenticate(self.settings, signer, query, said, memory))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Know no OAuth, as GitLab does not."""
        self.send(Answer(404, b""))

    def send(self, answer: Answer, date: str = "") -> None:
        """Send `answer`: bytes as a page, anything else as JSON; `date` is what the clock here says."""
        page = isinstance(answer.body, bytes)
        data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response_only(answer.status)
        self.send_header("Date", date or self.date_time_string())
        self.send_header("Content-Type", "text/html" if page else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *values: object) -> None:
        """Write nothing: request lines may carry secrets."""


def signers(settings: told.Settings) -> dict[str, Signer]:
    """The good signer and the bad ones; the foreign key is that of a certificate which the registry does not know."""
    key = Path(settings.signing_key)
    return {
        "usual": Signer(key, settings.issuer),
        "skewed": Signer(key, settings.issuer, ahead=AHEAD),
        "issuer": Signer(key, "somebody-else"),
        "foreign-key": Signer(key.with_name("foreign.key"), settings.issuer),
    }


if __name__ == "__main__":
    Handler.settings = told.load(Path(sys.argv[1]))
    Handler.signers = signers(Handler.settings)
    ThreadingHTTPServer(("0.0.0.0", int(sys.argv[2])), Handler).serve_forever()
