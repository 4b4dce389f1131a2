"""The Docker daemon: build, push, and no failure lost in a stream.

A build does not wait for the docker package: it is imported while the daemon builds, for pushes.

Source: Docker Engine API, "ImageBuild" and "ImagePush" (both answer 200 and report failures in the stream).
"""

import importlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property, partial
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from ci_kit.build import causes
from ci_kit.build.daemon_push import DEFAULT_SILENCE, Event, Silence, events, header, pushing
from ci_kit.build.inputs.archive import Archive, packed
from ci_kit.build.progress.push_meter import PushMeter
from ci_kit.daemon import api
from ci_kit.daemon.endpoint import Endpoint
from ci_kit.daemon.readiness import Ready
from ci_kit.errors import BuildError, CiKitError, DaemonError, NotPushedError, UnavailableError
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.registry.auth import Credentials
from ci_kit.registry.credentials import docker_key

_SECONDS = 3600
_PUSHED = re.compile(r"\S+: digest: (sha256:[0-9a-f]{64}) size: \d+")

_CONTAINERD = ["driver-type", "io.containerd.snapshotter.v1"]

_Start = Callable[[], Iterable[Mapping[str, Any]]]
_Cause = Callable[[str, str], CiKitError]


class Engine:
    """One daemon that has answered; `close` ends the connections."""

    def __init__(
        self, endpoint: Endpoint, ready: Ready, config_folder: str, silence: Silence = DEFAULT_SILENCE
    ) -> None:
        """Connect nothing yet; `config_folder` holds the config.json with which base images are pulled."""
        self._silence = silence
        self._endpoint = endpoint
        self._ready = ready
        self._config = f"{config_folder}/config.json"
        self._made: Any = None
        self._lock = threading.Lock()

    @property
    def _client(self) -> Any:
        """Return docker's client, made at its first use: importing the package takes longer than many a build."""
        with self._lock:
            self._made = self._made or self._make_client()
        return self._made

    def _make_client(self) -> Any:
        import docker

        endpoint, address = self._endpoint, self._endpoint.address
        if endpoint.certificates:
            address = f"https://{endpoint.host}:{endpoint.port}"
        client = docker.APIClient(base_url=address, version=self._ready.api_version, timeout=_SECONDS)
        # The environment's proxies and CA bundles are for the world outside, never for the daemon.
        client.trust_env = False
        client.reload_config(self._config)
        if endpoint.certificates:
            client.mount("https://", _adapter(endpoint))
        return client

    @cached_property
    def has_containerd_store(self) -> bool:
        """Whether the daemon keeps images in containerd: one may have several platforms, annotations, a cache then.

        Source: Docker Engine API, "SystemInfo"; docker docs "containerd image store". A daemon that does not say has
        the classic store.
        """
        try:
            said = api.ask(self._endpoint, "/info").get("DriverStatus")
        except DaemonError:
            return False
        return isinstance(said, list) and _CONTAINERD in said

    def has(self, image: ImageRef) -> bool:
        """Tell whether the daemon has an image; one that does not say has nothing.

        Source: Docker Engine API, "ImageInspect".
        """
        try:
            return bool(api.ask(self._endpoint, f"/images/{quote(str(image), safe='/:@')}/json"))
        except DaemonError:
            return False

    def pull(self, image: ImageRef, credentials: Credentials, output: Output) -> bool:
        """Bring an earlier image into the daemon; tell whether it is there now, for a cache is never a failure."""
        login = credentials.daemon_login() or None
        start = partial(
            self._client.pull, image.name, tag=image.digest or image.tag, stream=True, decode=True, auth_config=login
        )
        try:
            wrong = [event["error"] for event in self._events(start, str(image), causes.of_build) if "error" in event]
        except BuildError as error:
            wrong = [error.message]
        if wrong:
            output(f"no cache from {image}: {wrong[0]}")
        return not wrong

    def build(
        self,
        plan: BuildPlan,
        output: Output,
        dockerfile: bytes,
        logins: Mapping[str, Credentials],
        earlier: Sequence[ImageRef] = (),
    ) -> None:
        """Build `plan.image` with the classic builder; BuildError with the step's text, DaemonError when it goes.

        The text `dockerfile` is sent in the place of the one in the context. Images to begin with are pulled with
        `logins`. Steps of the images `earlier`, which the daemon has, are taken from there.
        """
        archive = packed(Path(plan.context), Path(plan.dockerfile), dockerfile)
        path = f"/v{self._ready.api_version}/build?{urlencode(_asked(plan, archive.dockerfile, earlier))}"
        kept = {docker_key(name): login.daemon_login() for name, login in logins.items() if login.user}
        headers = {"Content-Type": "application/x-tar", "X-Registry-Config": header(kept)}
        built = ""
        with ExitStack() as work:
            for event in self._built(work, path, archive, headers, plan.name):
                built = _read(event, plan, output) or built
        if not built:
            raise BuildError(
                f"{plan.name}: the daemon ended the build without an image", hint="look at the daemon's log"
            )

    def _built(
        self, work: ExitStack, path: str, archive: Archive, headers: Mapping[str, str], what: str
    ) -> Iterator[Event]:
        """Yield the events of a build, which ends with `work`; DaemonError when the daemon goes away."""
        try:
            found = work.enter_context(api.working(self._endpoint, path, archive.pieces, headers))
            self.expect_push()
            yield from found
        except (OSError, HTTPException, ValueError) as error:
            raise _gone(what) from error

    def expect_push(self) -> None:
        """Import docker's package in another thread, while the daemon builds: no push waits for it then."""
        threading.Thread(target=importlib.import_module, args=("docker",), daemon=True).start()

    def push(self, image: ImageRef, credentials: Credentials, output: Output, stuck: Callable[[], None]) -> str:
        """Push `image` and return the digest that the daemon reports.

        `stuck` is called when the daemon starts to try again, and when it says nothing for half a minute: it may raise
        a better cause than docker's. What may pass is then left to the daemon, unless it is silent.
        """
        digest, asked, meter = "", False, PushMeter(output)
        for event in self._events(partial(self._pushed, image, credentials, stuck), str(image), causes.of_push):
            if "error" in event:
                raise causes.of_push(str(event["error"]), str(image))
            if "Retrying" in str(event.get("status", "")) and not asked:
                asked = True
                output(f"{image}: the daemon tries again")
                with suppress(UnavailableError):
                    stuck()
            meter.read(event)
            digest = _digest(event) or digest
        if not digest:
            raise NotPushedError(
                f"{image}: the daemon ended the push without a digest", hint="look at the daemon's log"
            )
        return digest

    def _pushed(self, image: ImageRef, credentials: Credentials, stuck: Callable[[], None]) -> Iterator[Event]:
        with pushing(self._client, image, credentials.daemon_login()) as answer:
            if answer.status_code >= 400:
                raise causes.of_push(_message(answer), str(image))
            yield from events(answer, self._silence, stuck)

    def close(self) -> None:
        """Close the connections."""
        if self._made:
            self._made.close()

    def _events(self, start: _Start, what: str, cause: _Cause) -> Iterator[Mapping[str, Any]]:
        """Yield the events of what `start` begins; a stream that breaks off means that the daemon went away."""
        import docker.errors
        import requests.exceptions
        import urllib3.exceptions

        broken = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
        try:
            yield from start()
        except docker.errors.APIError as error:
            raise cause(str(error.explanation or error), what) from error
        except broken as error:
            raise _gone(what) from error


def _asked(plan: BuildPlan, dockerfile: str, earlier: Sequence[ImageRef]) -> dict[str, str]:
    """Return the parameters of a build."""
    said = {
        "t": str(plan.image),
        "dockerfile": dockerfile,
        "buildargs": json.dumps(dict(plan.build_args)),
        "labels": json.dumps(dict(plan.labels)),
        "target": plan.target,
        "platform": next(iter(plan.platforms), ""),
        "cachefrom": json.dumps([str(image) for image in earlier]) if earlier else "",
        "rm": "1",
        "forcerm": "1",
    }
    return {name: value for name, value in said.items() if value}


def _read(event: Event, plan: BuildPlan, output: Output) -> str:
    """Print what an event of a build says; return the image that it tells, BuildError for a failure."""
    if "error" in event:
        raise causes.of_build(str(event["error"]), plan.name)
    _print_lines(str(event.get("stream", "")), output)
    return str((event.get("aux") or {}).get("ID") or "")


def _gone(what: str) -> DaemonError:
    return DaemonError(
        f"{what}: the Docker daemon went away in the middle of the work",
        hint="look at the service's log (CI_DEBUG_SERVICES: true): out of memory or disk?",
    )


def _digest(event: Mapping[str, Any]) -> str:
    """Return the digest that an event of a push tells; with the image store of containerd only its text has it."""
    told = (event.get("aux") or {}).get("Digest")
    found = _PUSHED.fullmatch(str(event.get("status", "")))
    return str(told or (found[1] if found else ""))


def _adapter(endpoint: Endpoint) -> Any:
    import requests.adapters

    class _OwnContext(requests.adapters.HTTPAdapter):
        """Connections with the context of the endpoint, which also trusts the CA of old dind images."""

        def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
            host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
            kept = {key: value for key, value in pool.items() if key not in ("ca_certs", "ca_cert_dir", "cert_reqs")}
            return host, {**kept, "ssl_context": endpoint.tls()}

    return _OwnContext()


def _message(answer: Any) -> str:
    """Return what the daemon says when it does not even begin."""
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"the daemon answers {answer.status_code}"


def _print_lines(text: str, output: Output) -> None:
    for line in text.splitlines():
        if line.strip():
            output(line)
