"""A few questions to a daemon that answers, without the docker package, which takes long to import.

Source: Docker docs "Docker Engine API".
"""

import http.client
import json
from collections.abc import Mapping

from ci_kit.daemon import readiness
from ci_kit.daemon.endpoint import Endpoint
from ci_kit.errors import DaemonError
from ci_kit.model.causes import told

_SECONDS = 10.0
_LONGEST = 4 * 1024 * 1024  # bytes of an answer


def ask(endpoint: Endpoint, path: str) -> Mapping[str, object]:
    """Return the object at `path`, empty for other answers; DaemonError when the daemon does not answer."""
    status, body = _exchange(endpoint, "GET", path)
    return _object(body) if status == 200 else {}


def post(endpoint: Endpoint, path: str, what: Mapping[str, object]) -> tuple[int, str]:
    """Return the status and what the daemon says in one bounded line; DaemonError as for `ask`."""
    status, body = _exchange(endpoint, "POST", path, json.dumps(what).encode())
    said = _object(body).get("message") or body.decode(errors="replace")
    return status, " ".join(str(said).split())[:300] if status >= 400 else ""


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
