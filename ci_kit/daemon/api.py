"""What is asked of a daemon before and while it builds, without the docker package: importing that takes 50 ms.

Source: Docker docs "Docker Engine API".
"""

import http.client
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from ci_kit.daemon import readiness
from ci_kit.daemon.endpoint import Endpoint
from ci_kit.errors import DaemonError
from ci_kit.model.causes import told

_SECONDS = 10.0
_LONGEST = 4 * 1024 * 1024  # bytes of an answer
_PIECE = 64 * 1024  # bytes of an answer that are looked at together
_WORK_SECONDS = 3600.0  # without a word from a daemon at work


def ask(endpoint: Endpoint, path: str) -> Mapping[str, object]:
    """Return the object at `path`, empty for other answers; DaemonError when the daemon does not answer."""
    status, body = _exchange(endpoint, "GET", path)
    return _object(body) if status == 200 else {}


def post(endpoint: Endpoint, path: str, what: Mapping[str, object]) -> tuple[int, str]:
    """Return the status and what the daemon says in one bounded line; DaemonError as for `ask`."""
    status, body = _exchange(endpoint, "POST", path, json.dumps(what).encode())
    said = _object(body).get("message") or body.decode(errors="replace")
    return status, " ".join(str(said).split())[:300] if status >= 400 else ""


@contextmanager
def working(
    endpoint: Endpoint, path: str, pieces: Iterable[bytes], headers: Mapping[str, str]
) -> Iterator[Iterator[Mapping[str, object]]]:
    """Yield the events of a POST whose body is in `pieces`, after all was sent; the work ends with the block.

    A refusal is an event with `error`, as is any later failure. Where the daemon goes away, what breaks the connection
    is raised as it is: OSError, HTTPException, or ValueError for what is no event.
    """
    connection = readiness.connect(endpoint, _SECONDS)
    try:
        if connection.sock is not None:
            connection.sock.settimeout(_WORK_SECONDS)
        with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before it has all
            connection.request("POST", path, body=pieces, headers={"Host": "docker", **headers})
        yield _events(connection)
    finally:
        connection.close()


def _events(connection: http.client.HTTPConnection) -> Iterator[Mapping[str, object]]:
    with connection.getresponse() as answer:
        if answer.status >= 400:
            body = answer.read(_LONGEST)
            said = _object(body).get("message") or body.decode(errors="replace") or f"it answers {answer.status}"
            yield {"error": said}
            return
        for line in _lines(answer):
            if line.strip():
                event = json.loads(line)
                yield event if isinstance(event, dict) else {}


def _lines(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """Yield the lines of an answer; reading lines by itself http.client takes a connection that was cut for its end."""
    held = b""
    while piece := answer.read1(_PIECE):
        *lines, held = (held + piece).split(b"\n")
        yield from lines
    yield held


def _exchange(endpoint: Endpoint, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    try:
        connection = readiness.connect(endpoint, _SECONDS)
        try:
            headers = {"Host": "docker", "Content-Type": "application/json"}
            connection.request(method, path, body=body, headers=headers)
            with connection.getresponse() as answer:
                return answer.status, answer.read(_LONGEST)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise DaemonError(f"{endpoint.address}: {error}", **told("daemon-gone")) from error


def _object(body: bytes) -> Mapping[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
