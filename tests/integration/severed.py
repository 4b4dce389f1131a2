"""A daemon's socket that goes away in the middle of the work."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def severed_after(seconds: float, behind: str, path: Path) -> Iterator[None]:
    """Carry the bytes of the daemon `behind` through the socket `path`, and cut every connection after `seconds`."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    opened: list[socket.socket] = []
    threading.Thread(target=_accept, args=(listener, behind, opened), daemon=True).start()
    timer = threading.Timer(seconds, _cut, (listener, path, opened))
    timer.start()
    try:
        yield
    finally:
        timer.join()


def _accept(listener: socket.socket, behind: str, opened: list[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        while True:
            near, _ = listener.accept()
            far = _connect(behind)
            opened.extend((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=pair, daemon=True).start()


def _connect(address: str) -> socket.socket:
    """Return a connection to a DOCKER_HOST."""
    if address.startswith("tcp://"):
        host, _, port = address.removeprefix("tcp://").partition(":")
        return socket.create_connection((host, int(port)))
    far = socket.socket(socket.AF_UNIX)
    far.connect(address.removeprefix("unix://"))
    return far


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _cut(listener: socket.socket, path: Path, opened: list[socket.socket]) -> None:
    for each in (listener, *opened):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
    path.unlink()
