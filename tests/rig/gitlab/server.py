"""The HTTP side of the stand-in: finds the route, checks the caller, logs the request, sends the answer."""

from __future__ import annotations

import html
import json
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.rig.gitlab import identity, in_use, single_tag
from tests.rig.gitlab.answer import Answer, Refused
from tests.rig.gitlab.memory import MODES, Memory, Mode
from tests.rig.gitlab.registry import Registry
from tests.rig.gitlab.request import Request
from tests.rig.gitlab.routes import Route
from tests.rig.gitlab.settings import Settings
from tests.rig.gitlab.token import Signer, authenticate


@dataclass(frozen=True, slots=True)
class World:
    """All that requests share."""

    settings: Settings
    memory: Memory
    signer: Signer
    registry: Registry


class Server(ThreadingHTTPServer):
    """Answers each request in a thread of its own."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, settings: Settings) -> None:
        signer = Signer(Path(settings.signing_key), settings.issuer)
        self.world = World(settings, Memory(), signer, Registry(settings, signer))
        super().__init__(("0.0.0.0", settings.port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def handle_request(self) -> None:
        """Read the request, answer it and remember what was answered."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        log: dict[str, Any] = {"method": self.command, "path": path, "as": identity.ANONYMOUS}
        try:
            answer = self.answer(path, body, log)
        except Refused as refused:
            answer = refused.answer
        if not path.startswith("/__rig__/"):
            self.server.world.memory.remember(log | {"status": answer.status})
        self.send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = handle_request

    def answer(self, path: str, body: bytes, log: dict[str, Any]) -> Answer:
        """The answer to one request; the caller is added to `log` as soon as it is known."""
        world = self.server.world
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if path == "/jwt/auth":
            return self.token(query)
        if self.command == "DELETE" and single_tag.PATH.fullmatch(path):
            said = self.headers.get("Authorization", "")
            with world.memory.lock:
                return single_tag.delete(world.settings, world.signer, world.registry, path, said)
        if path.startswith("/__rig__/"):
            return control(world.memory, self.command, path, body)
        if path.startswith("/wheels/"):
            return wheel(Path(world.settings.wheels), unquote(path.removeprefix("/wheels/")))
        if not path.startswith("/api/"):
            return Answer(302, b"", {"Location": "/users/sign_in"})
        self.misbehave(world.memory.mode)
        log["as"] = caller = identity.identify(world.settings, self.headers, query)
        route, parts = find(self.command, path)
        identity.check(caller, self.command, job_may=route.job_may, of_project=route.of_project)
        number = identity.project_id(world.settings, caller, parts["project"]) if route.of_project else 0
        kind = self.headers.get("Content-Type", "")
        shared = (world.settings, world.memory, world.registry)
        request = Request(*shared, self.command, path, caller, number, parts, query, body, kind)
        if route.method == "GET":
            return route.answer(request)
        with world.memory.lock:
            return route.answer(request)

    def token(self, query: dict[str, list[str]]) -> Answer:
        """The answer of the token service; POST (OAuth 2) is not known to GitLab, clients then try GET."""
        if self.command != "GET":
            return Answer(404, b"")
        world, authorization = self.server.world, self.headers.get("Authorization", "")
        return authenticate(world.settings, world.signer, query, authorization, world.memory)

    def misbehave(self, mode: Mode) -> None:
        """Do what the mode says instead of, or before, answering."""
        if mode.api == "slow":
            time.sleep(mode.seconds)
        elif mode.api == "500":
            raise Refused(500, {"message": "500 Internal Server Error"})
        elif mode.api == "down":
            raise Refused(502, b"<html><head><title>502</title></head><body>GitLab is not responding</body></html>")

    def send(self, answer: Answer) -> None:
        """Send `answer`: bytes as HTML, anything else as JSON."""
        raw = isinstance(answer.body, bytes)
        data = answer.body if raw else b"" if answer.status == 204 else json.dumps(answer.body).encode()
        headers = {
            "Content-Type": "text/html" if raw else "application/json",
            "Content-Length": str(len(data)),
        }
        self.send_response(answer.status)
        for name, value in (headers | dict(answer.headers)).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *values: object) -> None:
        """Write nothing: request lines may carry tokens in their query."""


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route for a request and the pieces of its path.

    Raises:
        Refused: 404 or 405, GitLab's answers to a path or method that does not exist.
    """
    matches = [(route, found) for route in in_use.ROUTES if (found := route.path.fullmatch(path))]
    for route, found in matches:
        if route.method == method or (method == "HEAD" and route.method == "GET"):
            return route, {name: unquote(piece) for name, piece in found.groupdict().items()}
    raise Refused(405, {"error": "405 Not Allowed"}) if matches else Refused(404, {"error": "404 Not Found"})


def control(memory: Memory, method: str, path: str, body: bytes) -> Answer:
    """Answer the rig's own requests: look at what was written, choose a mode, start afresh."""
    if path == "/__rig__/state":
        return Answer(200, memory.snapshot())
    if method == "POST" and path == "/__rig__/reset":
        memory.reset()
        return Answer(200, {})
    if method == "POST" and path == "/__rig__/mode":
        mode = Mode(**json.loads(body))
        if mode.api not in MODES:
            return Answer(400, {"error": f"api is one of {', '.join(MODES)}"})
        memory.mode = mode
        return Answer(200, {"api": mode.api})
    return Answer(404, {"error": "404 Not Found"})


def wheel(folder: Path, name: str) -> Answer:
    """A file of `folder`, or the page that links to all of them, for pip's --find-links."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    if not name:
        links = "".join(f'<a href="{quote(file)}">{html.escape(file)}</a><br>' for file in names)
        return Answer(200, f"<!DOCTYPE html><html><body>{links}</body></html>".encode())
    if name not in names:
        return Answer(404, b"")
    return Answer(200, (folder / name).read_bytes(), {"Content-Type": "application/octet-stream"})
