"""One push of the daemon, watched: its events as they come, and a look at the registry when it says nothing.

dockerd waits for a registry without end, and names no cause while it tries again. Closing the connection ends its push.
Source: Docker Engine API, "ImagePush".
"""

import base64
import json
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import quote

from ci_kit.errors import UnavailableError
from ci_kit.model.causes import told
from ci_kit.model.image import ImageRef

Event = Mapping[str, Any]
_MOMENT = 1.0  # seconds; a reader whose connection was cut ends in less


class Silence(NamedTuple):
    """Seconds without an event: after each `quiet` somebody looks at the registry, after `longest` it is given up.

    A store that copies a layer when its upload is closed, and other images before this one, are reasons for minutes.
    """

    quiet: float = 30.0
    longest: float = 900.0


DEFAULT_SILENCE = Silence()


@contextmanager
def pushing(client: Any, image: ImageRef, login: Mapping[str, str]) -> Iterator[Any]:
    """Yield the answer to the request that starts a push with docker's `client`; the push ends with the block."""
    url = f"{client.base_url}/v{client.api_version}/images/{quote(image.name, safe='/:')}/push"
    headers = {"X-Registry-Auth": header(login)}
    answer = client.post(url, params={"tag": image.tag}, headers=headers, stream=True, timeout=(60, None))
    try:
        yield answer
    finally:
        _cut(answer)


def header(logins: Mapping[str, object]) -> str:
    """Return logins as the headers of the daemon's API hold them."""
    return base64.urlsafe_b64encode(json.dumps(dict(logins)).encode()).decode()


def events(answer: Any, silence: Silence, look: Callable[[], None]) -> Iterator[Event]:
    """Yield the events of a push that has begun; `look` is called in silence and may raise why.

    UnavailableError when the daemon says nothing for too long; what breaks the connection is raised as it is.
    """
    found: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(answer, found), daemon=True)
    reader.start()
    silent = 0.0
    try:
        while True:
            try:
                event = found.get(timeout=silence.quiet)
            except queue.Empty:
                silent += silence.quiet
                if silent >= silence.longest:
                    raise UnavailableError(
                        f"the daemon has pushed nothing for {silent:.0f} s",
                        **told("upload-timeout"),
                    ) from None
                look()
                continue
            silent = 0.0
            if event is None:
                return
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        _cut(answer)
        reader.join(_MOMENT)


def _read(answer: Any, found: "queue.SimpleQueue[Event | BaseException | None]") -> None:
    try:
        for line in answer.iter_lines():
            if line:
                event = json.loads(line)
                found.put(event if isinstance(event, dict) else {})
        found.put(None)
    except BaseException as error:  # raised again where the events are awaited
        found.put(error)


def _cut(answer: Any) -> None:
    """End the connection, also under a reader that waits for it; one that was read to its end is left to the pool."""
    sock = getattr(getattr(answer.raw, "connection", None), "sock", None)
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
    answer.close()
