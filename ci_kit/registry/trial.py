"""The trial of a push: an upload that is begun, gets 1.2 MB and is given back, each step for itself.

Source: OCI "Distribution Specification" 1.1, "Pushing a blob in chunks".
"""

from contextlib import suppress

from ci_kit.errors import RegistryError
from ci_kit.registry.caller import Call
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.transport import Response

SIZE = 1_200_000  # bytes, above nginx's default body limit of 1 MiB
ACTIONS = "pull,push,delete"  # an upload is cancelled with the right to delete


def run(client: RegistryClient, repository: str) -> None:
    """Do all of it: raise the RegistryError that a push would meet, nothing is kept."""
    address = client.upload_address(repository, begin(client, repository))
    try:
        address = send(client, repository, address)
    finally:
        cancel(client, repository, address)


def begin(client: RegistryClient, repository: str) -> Response:
    """Return the answer that says where the upload goes on; RegistryError when the registry begins none."""
    started = client.send(Call("POST", repository, "blobs/uploads/", body=b"", actions=ACTIONS))
    client.require(started, (202,), f"{client.registry}/{repository}")
    return started


def send(client: RegistryClient, repository: str, address: str) -> str:
    """Send 1.2 MB of zeros and return where the upload goes on; RegistryError when they do not get through."""
    headers = {"Content-Type": "application/octet-stream", "Content-Range": f"0-{SIZE - 1}"}
    sent = client.send(Call("PATCH", repository, address, headers, bytes(SIZE), ACTIONS))
    client.require(sent, (202, 204), f"{client.registry}/{repository}")
    with suppress(RegistryError):  # the next address of what was taken is not what is tried here
        return client.upload_address(repository, sent, address) if "location" in sent.headers else address
    return address


def is_kept(client: RegistryClient, repository: str, address: str) -> bool | None:
    """Tell whether the registry knows the upload it has just taken a piece of, None when it does not say."""
    with suppress(RegistryError):
        status = client.send(Call("GET", repository, address, actions=ACTIONS)).status
        return {200: True, 204: True, 404: False}.get(status)
    return None


def cancel(client: RegistryClient, repository: str, address: str) -> None:
    """Give the upload back; that it cannot be is no failure, registries forget them by themselves."""
    with suppress(RegistryError):
        client.send(Call("DELETE", repository, address, actions=ACTIONS))
