"""A blob on its way: read in pieces, hashed, taken up again where a connection was lost.

Source: OCI "Distribution Specification" 1.1, "Pulling blobs"; RFC 9110, "Range Requests".
"""

import re
import threading
from collections.abc import Iterator

from ci_kit.errors import RegistryError, TransportError, UnavailableError
from ci_kit.registry.blob import Blob
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.patience import is_transient
from ci_kit.registry.refusal import is_html
from ci_kit.registry.transport import Stream

_PIECE = 256 * 1024
_START = re.compile(r"bytes (\d+)-")


class Download:
    """One blob of a repository, from `position` on; `back_to` goes back without a byte kept in memory."""

    def __init__(self, client: RegistryClient, repository: str, blob: Blob, stop: threading.Event) -> None:
        """Keep what to read; nothing is asked yet. When `stop` is set, the next piece is a RegistryError."""
        self.blob = blob
        self.position = 0
        self._client = client
        self._repository = repository
        self._stop = stop
        self._hash = blob.new_hash()
        self._marks = [(0, self._hash.copy())]
        self._stream: Stream | None = None

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes; RegistryError when the blob has fewer, or cannot be read."""
        self._marks.append((self.position, self._hash.copy()))
        end = self.position + size
        while self.position < end:
            if self._stop.is_set():
                raise RegistryError(f"{self._what}: stopped, as another part of the image has failed")
            data = self._read(min(_PIECE, end - self.position))
            self._hash.update(data)
            self.position += len(data)
            yield data

    def back_to(self, offset: int) -> None:
        """Let the next piece begin at `offset`; what lies between a mark and it is read again, for the hash."""
        if offset == self.position:
            return
        self._marks = [mark for mark in self._marks if mark[0] <= offset]
        self.position, known = self._marks[-1]
        self._hash = known.copy()
        self.close()
        for _ in self.pieces(offset - self.position):
            pass

    def require_digest(self) -> None:
        """Return when all that was read is what the digest says; else RegistryError."""
        kind = self.blob.digest.partition(":")[0]
        if f"{kind}:{self._hash.hexdigest()}" != self.blob.digest:
            raise TransportError(
                f"{self._what}: the blob's bytes are not its digest",
                hint="a proxy or the disk of the source changes them",
                cause="bytes-changed",
            )

    def close(self) -> None:
        """End the connection; the next piece opens another."""
        if self._stream:
            self._stream.close()
            self._stream = None

    @property
    def _what(self) -> str:
        return f"{self._client.registry}/{self._repository}@{self.blob.digest}"

    def _read(self, size: int) -> bytes:
        tries = self._client.patience.tries()
        while True:
            try:
                return self._piece(size)
            except UnavailableError:
                self.close()
                if not tries.again():
                    raise
            except TransportError:
                self.close()
                raise

    def _piece(self, size: int) -> bytes:
        if self._stream is None:
            self._stream = self._open()
        data = self._stream.read(size)
        if not data:
            raise RegistryError(
                f"{self._what} ends after {self.position} of {self.blob.size} bytes", hint="push the image again"
            )
        return data

    def _open(self) -> Stream:
        """Return the blob from `position` on, whether the server knows ranges or not."""
        stream = self._answered()
        found = _START.match(stream.headers.get("content-range", ""))
        begin = int(found[1]) if found and stream.status == 206 else 0
        if begin > self.position:
            stream.close()
            raise TransportError(f"{self._what}: asked from byte {self.position}, answered from {begin}")
        while begin < self.position:
            skipped = len(stream.read(min(_PIECE, self.position - begin)))
            if not skipped:
                break  # too short: the next read says so
            begin += skipped
        return stream

    def _answered(self) -> Stream:
        headers = {"Range": f"bytes={self.position}-"} if self.position else {}
        tries = self._client.patience.tries()
        while True:
            stream = self._client.stream(self._repository, self.blob.digest, headers)
            if stream.status in (200, 206) and not is_html(stream):
                return stream
            stream.close()
            if not is_transient(stream.status) or not tries.again(stream.headers):
                raise self._client.failure(stream, self._what)
