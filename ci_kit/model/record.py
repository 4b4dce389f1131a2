"""What became of a plan: the contract of the result file (`build-push --result`)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from ci_kit.model.check import Check
from ci_kit.model.image import ImageRef
from ci_kit.model.layer import Base, Layer
from ci_kit.model.step import CacheHits, Step, cache_hits

RESULT_VERSION = 1

MoveState = Literal["set", "moved", "same", "kept", "refused"]


class TagMove(NamedTuple):
    """What became of a tag: `set` where there was none, `moved` from the digest `was`, the `same` as before.

    Another image has it still where it was `kept` (it is newer) or `refused` (a version is there once for all); then
    `reason` says why and `was` what it has.
    """

    tag: str
    state: MoveState
    was: str = ""
    reason: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether the tag leads to our image now."""
        return self.state not in ("kept", "refused")


class BuildRecord(NamedTuple):
    """One published image; `digest` is the registry's answer, `size` compressed bytes, `seconds` wall time.

    `tags` are those that lead to it now, `moves` tell of each planned one what became of it.
    `content` is the hash of the inputs where one was computed; `skipped` tells that nothing had to be built, `reason`
    why. `base` is the image of the branch that a merge request goes to, where there is one.
    """

    name: str
    image: ImageRef
    digest: str
    tags: tuple[str, ...]
    builder: str
    seconds: float
    size: int
    platforms: tuple[str, ...]
    content: str = ""
    skipped: bool = False
    moves: tuple[TagMove, ...] = ()
    reason: str = ""
    base: Base | None = None
    steps: tuple[Step, ...] = ()
    layers: tuple[Layer, ...] = ()
    checks: tuple[Check, ...] = ()
    recorded: Mapping[str, str] = MappingProxyType({})

    @property
    def pinned(self) -> str:
        """`host/path@sha256:…`, the one value to pipe."""
        return str(self.image.with_digest(self.digest))

    @property
    def cache_hits(self) -> CacheHits:
        """How many instructions of the Dockerfile came out of a cache."""
        return cache_hits(self.steps)

    @property
    def growth(self) -> int | None:
        """Compressed bytes more than the image of the target branch has, None where there is none to compare with."""
        return self.size - self.base.size if self.base and self.size else None

    @property
    def failed_check(self) -> Check | None:
        """The check for which no tag but the commit's was set, None when all passed."""
        return next((check for check in self.checks if check.state == "failed"), None)

    def as_json(self) -> dict[str, object]:
        """Return the record as the result file holds it."""
        return {
            "name": self.name,
            "image": str(self.image),
            "digest": self.digest,
            "tags": list(self.tags),
            "skipped": self.skipped,
            "content": self.content or None,
            "builder": self.builder,
            "seconds": round(self.seconds, 3),
            "size": self.size,
            "platforms": list(self.platforms),
            "recorded": dict(self.recorded),
        } | {name: value for name, value in self._more().items() if value}

    def _more(self) -> dict[str, object]:
        """Return what stands in the file only where there is something to say."""
        cached, of = self.cache_hits
        return {
            "moves": [move._asdict() for move in self.moves],
            "reason": self.reason,
            "base": self.base._asdict() if self.base else None,
            "cache": {"cached": cached, "of": of} if of else None,
            "steps": [step.as_json() for step in self.steps],
            "layers": [layer._asdict() for layer in self.layers],
            "checks": [check._asdict() for check in self.checks],
        }


class Failure(NamedTuple):
    """An image that is not published: `message` says why in one line, `steps` how far its build came."""

    name: str
    image: ImageRef
    message: str
    exit_code: int
    steps: tuple[Step, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the failure as the result file holds it."""
        said: dict[str, object] = {"name": self.name, "image": str(self.image), "message": self.message}
        steps = [step.as_json() for step in self.steps]
        return said | {"exit_code": self.exit_code} | ({"steps": steps} if steps else {})


class JobFacts(NamedTuple):
    """What GitLab (or git, on a laptop) says of the work at hand; an empty string means: does not apply."""

    sha: str = ""
    ref: str = ""
    ref_slug: str = ""
    branch: str = ""
    tag: str = ""
    default_branch: str = ""
    merge_request: str = ""
    target_branch: str = ""
    target_sha: str = ""
    timestamp: str = ""
    project_id: str = ""
    project_url: str = ""
    job_url: str = ""
    pipeline_id: str = ""
    api_url: str = ""

    @property
    def on_default_branch(self) -> bool:
        """Whether this is a branch pipeline of the default branch."""
        return bool(self.branch) and self.branch == self.default_branch and not self.merge_request

    def as_json(self) -> dict[str, str]:
        """Return what `ci-kit record` needs later; no secret is among it."""
        return {name: value for name, value in self._asdict().items() if value}
