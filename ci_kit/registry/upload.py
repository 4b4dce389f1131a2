"""A blob into a repository: mounted where it may be, else streamed, and taken up again where the registry has it.

Source: OCI "Distribution Specification" 1.1, "Pushing a blob in chunks", "Mounting a blob from another repository".
"""

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote

from ci_kit.errors import RegistryError, UnavailableError
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.download import Download
from ci_kit.registry.patience import is_transient
from ci_kit.registry.refusal import is_html
from ci_kit.registry.transport import Request, Response

_AT_ONCE = 1024 * 1024  # what is smaller is kept in memory and sent in one request
_CHUNK = 64 * 1024 * 1024  # below the 100 MB that Cloudflare takes; between two, a token can be renewed
_SMALLEST_CHUNK = 1024 * 1024  # nginx's own limit
_OCTETS = {"Content-Type": "application/octet-stream"}
_HAS = re.compile(r"(?:bytes=)?0-(\d+)\Z")


def has_blob(client: RegistryClient, repository: str, digest: str) -> bool:
    """Tell whether the repository has the blob."""
    response = client.ask("HEAD", repository, f"blobs/{digest}")
    if response.status not in (200, 307, 404) or is_html(response):
        raise client.failure(response, f"{client.registry}/{repository}@{digest}")
    return response.status != 404


def mount(client: RegistryClient, repository: str, digest: str, source: str) -> str | None:
    """Return None when the blob is there now, else the address of the upload that the registry offers, or nothing."""
    path = f"blobs/uploads/?mount={quote(digest)}&from={quote(source, safe='')}"
    response = client.ask("POST", repository, path, body=b"")
    if response.status == 201:
        return None
    return client.upload_address(repository, response) if response.status == 202 else ""


def cancel(client: RegistryClient, repository: str, address: str) -> None:
    """Give an upload back; that it cannot be is no failure, registries forget them by themselves."""
    with suppress(RegistryError):
        client.ask("DELETE", repository, address)


def put_blob(client: RegistryClient, repository: str, content: bytes) -> str:
    """Put a few bytes into the repository and return their digest; RegistryError when the registry does not take it."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    what = f"{client.registry}/{repository}@{digest}"
    begun = client.ask("POST", repository, "blobs/uploads/", body=b"")
    client.require(begun, (202,), what)
    address = _closing(client.upload_address(repository, begun), digest)
    client.require(client.ask("PUT", repository, address, _OCTETS, body=content), (201,), what)
    return digest


class Upload:
    """One blob, sent from a download. What is left after a failure is an upload that the registry forgets."""

    def __init__(self, client: RegistryClient, repository: str, download: Download, address: str = "") -> None:
        """Keep what to send; `address` is that of an upload that was begun already."""
        self._client = client
        self._repository = repository
        self._download = download
        self._blob = download.blob
        self._address = address
        self._offset = 0
        self._chunk = _CHUNK
        self._begun_again = False
        self._token_ended = False

    def run(self) -> None:
        """Return when the registry has the blob under its digest; RegistryError when it does not get on any more."""
        tries, furthest = self._client.patience.tries(), 0
        while (failed := self._try()) is not None:
            if self._offset > furthest:
                furthest = self._offset
                tries.progress()
            if not tries.again(failed.headers):
                raise failed.failure
            if self._is_there():
                return

    def _try(self) -> "_Failed | None":
        """Send all that is left; return the failure that another try may not meet, None when all is there."""
        try:
            response = self._send()
        except UnavailableError as error:
            return _Failed(error, {})
        if response.status == 201 or (response.status == 204 and self._offset == self._blob.size):
            return None
        failure = self._client.failure(response, self._what)
        if not self._is_curable(response):
            cancel(self._client, self._repository, self._address)
            raise failure
        return _Failed(failure, response.headers)

    def _send(self) -> Response:
        """Return the answer to the request that failed, or to the one that closes the upload."""
        if not self._address:
            begun = self._client.ask("POST", self._repository, "blobs/uploads/", body=b"")
            if begun.status != 202:
                return begun
            self._address, self._offset = self._client.upload_address(self._repository, begun), 0
        self._download.back_to(self._offset)
        if self._blob.size <= _AT_ONCE:
            return self._close(b"".join(self._download.pieces(self._blob.size)))
        while self._offset < self._blob.size:
            response = self._send_chunk(min(self._chunk, self._blob.size - self._offset))
            if response.status not in (202, 204):
                return response
        return self._close(b"")

    def _send_chunk(self, count: int) -> Response:
        where = {"Content-Range": f"{self._offset}-{self._offset + count - 1}", "Content-Length": str(count)}
        request = Request("PATCH", self._address, _OCTETS | where, self._download.pieces(count))
        response, self._token_ended = self._client.send_pieces(self._repository, request)
        if response.status in (202, 204):
            self._address = self._client.upload_address(self._repository, response, self._address)
            self._offset = _end(response, self._offset + count)
            self._download.back_to(self._offset)
        return response

    def _close(self, content: bytes) -> Response:
        try:
            self._download.require_digest()
        except RegistryError:
            cancel(self._client, self._repository, self._address)
            raise
        address = _closing(self._address, self._blob.digest)
        return self._client.ask("PUT", self._repository, address, _OCTETS, body=content)

    def _is_curable(self, response: Response) -> bool:
        """Tell whether another try may help, and prepare it."""
        if response.status == 401:
            return self._token_ended
        if response.status == 413 and self._chunk > _SMALLEST_CHUNK:
            self._chunk //= 8
            return True
        if response.status in (400, 404, 416) and self._address and not self._begun_again:
            self._address, self._begun_again = "", True
            return True
        return is_transient(response.status, response.body)

    def _is_there(self) -> bool:
        """Ask how far the upload is, and whether the blob is there in spite of the failure."""
        if self._address:
            said = self._client.ask("GET", self._repository, self._address)
            if said.status in (202, 204) and _end(said, 0) <= self._blob.size:
                self._offset = _end(said, 0)
                if "location" in said.headers:
                    self._address = self._client.upload_address(self._repository, said, self._address)
                return False
        self._address, self._offset = "", 0
        return has_blob(self._client, self._repository, self._blob.digest)

    @property
    def _what(self) -> str:
        return f"{self._client.registry}/{self._repository}@{self._blob.digest}"


class _Failed(NamedTuple):
    """A try that failed, and what the server said with it."""

    failure: RegistryError
    headers: Mapping[str, str]


def _closing(address: str, digest: str) -> str:
    """Return the address that ends an upload."""
    return f"{address}{'&' if '?' in address else '?'}digest={quote(digest, safe='')}"


def _end(response: Response, otherwise: int) -> int:
    """Return how many bytes the registry has; `0-0` is how Distribution says none."""
    found = _HAS.match(response.headers.get("range", ""))
    last = int(found[1]) if found else otherwise - 1
    return min(last + 1, otherwise or last + 1) if last > 0 else 0
