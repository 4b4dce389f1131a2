"""A proxy that an environment names, and that cuts the tunnels it opens."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Cutting:
    """Tunnels that end after so many bytes: `limits` holds one limit for each that is to be cut, in turn."""

    def __init__(self, *limits: int) -> None:
        self.limits = list(limits)
        self.cut = 0
        self._lock = threading.Lock()
        self._opened: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator["Cutting"]:
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            for each in (self._listener, *self._opened):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._tunnel, args=(near,), daemon=True).start()

    def _tunnel(self, near: socket.socket) -> None:
        self._opened.append(near)
        with contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += near.recv(4096)
            host, _, port = head.split()[1].decode().rpartition(":")
            far = socket.create_connection((host, int(port)))
            self._opened.append(far)
            near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            passed = [0]
            pairs = ((near, far), (far, near))
            for pair in pairs:
                threading.Thread(target=self._carry, args=(*pair, passed), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, passed: list[int]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
                passed[0] += len(data)
                if self._is_over(passed[0]):
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _is_over(self, passed: int) -> bool:
        with self._lock:
            if not self.limits or passed < self.limits[0]:
                return False
            self.limits.pop(0)
            self.cut += 1
            return True
