"""The buildx builder of a run: the daemon's own, one that is there, or one that is made for the run and removed.

Sources: docker docs "docker buildx create", "docker context create"; docker/buildx#413 (with TLS in the environment no
builder can be made, from a context it can).
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ci_kit.build.machine.command import run
from ci_kit.build.options.buildkit import BuildKit
from ci_kit.build.programs import buildkitd
from ci_kit.build.workshop import Workshop
from ci_kit.daemon import endpoint
from ci_kit.errors import BuildError


class Instance(NamedTuple):
    """A builder of buildx: `options` name it, `environ` is where it is known, `loads`: the daemon has its images."""

    options: tuple[str, ...]
    environ: Mapping[str, str]
    loads: bool


@contextmanager
def opened(shop: Workshop) -> Iterator[Instance]:
    """Yield the builder; one that was made is removed again. DaemonError or BuildError when there is none."""
    meant = shop.buildkit
    if meant.needs_daemon:
        shop.engine()  # docker itself does not wait for a daemon that starts
    if meant.is_the_daemons or meant.driver == "named":
        yield Instance((f"--builder={meant.name}",) if meant.name else (), shop.environ, meant.is_the_daemons)
        return
    environ = _environ(shop)
    name = meant.name or f"ci-kit-{secrets.token_hex(4)}"
    try:
        _docker(_create(meant, name, shop, environ), environ, shop)
        yield Instance((f"--builder={name}",), environ, False)
    finally:
        # A deployment that was named belongs to its fleet: buildx forgets it, and it goes on.
        kept = ("--keep-daemon",) if meant.name else ()
        run(["docker", "buildx", "rm", "--force", *kept, name], environ, lambda line: None)


def _environ(shop: Workshop) -> dict[str, str]:
    """Return variables with which a new builder and its context are known to nobody else."""
    own = shop.folder / "buildx-own"
    own.mkdir(mode=0o700)
    return {**shop.environ, "BUILDX_CONFIG": str(own)}


def _create(meant: BuildKit, name: str, shop: Workshop, environ: dict[str, str]) -> list[str]:
    words = ["docker", "buildx", "create", f"--name={name}", f"--driver={meant.driver}"]
    for key, value in meant.options.items():
        words.append(f"--driver-opt={key}={value}")
    if meant.driver == "remote":
        return [*words, meant.address]
    words += [f"--config={file}" for file in buildkitd.written(shop)]
    if meant.driver == "docker-container":
        words += _context(shop, name, environ)
    return words


def _context(shop: Workshop, name: str, environ: dict[str, str]) -> Sequence[str]:
    """Return the context of the daemon where its certificates stand in variables; from then on the context has them."""
    found = endpoint.find(environ)
    if found.certificates is None:
        return ()
    folder = Path(environ["DOCKER_CONFIG"]) / "contexts"
    folder.unlink(missing_ok=True)  # the link to the user's own
    files = zip(("ca", "cert", "key"), ("ca.pem", "cert.pem", "key.pem"), strict=True)
    pairs = ",".join(f"{key}={found.certificates / file}" for key, file in files)
    words = ["docker", "context", "create", name, f"--docker=host={found.address},{pairs}"]
    _docker(words, environ, shop)
    for variable in ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_TLS", "DOCKER_CONTEXT"):
        environ.pop(variable, None)
    return (name,)


def _docker(words: Sequence[str], environ: Mapping[str, str], shop: Workshop) -> None:
    ended = run(words, environ, shop.output)
    if ended.code != 0:
        raise BuildError(
            f"buildx has no BuildKit {shop.buildkit.driver}: {ended.reason}", hint="look at pipeline.buildkit"
        )
