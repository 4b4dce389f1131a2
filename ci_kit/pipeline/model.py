"""A pipeline as frozen values: what `generate` writes, before it is text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Service:
    """A container beside the job; the job reaches it by `alias`."""

    name: str
    alias: str
    variables: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    command: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Return the entry of `services:`."""
        said: dict[str, object] = {"name": self.name, "alias": self.alias}
        if self.command:
            said["command"] = list(self.command)
        return said | {"variables": dict(self.variables)}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of `rules:`; `why` becomes the comment above it."""

    condition: str
    why: str
    never: bool = False
    interruptible: bool = False

    def as_data(self) -> dict[str, object]:
        """Return the entry of `rules:`."""
        said: dict[str, object] = {"if": self.condition}
        if self.never:
            said["when"] = "never"
        if self.interruptible:
            said["interruptible"] = True
        return said


@dataclass(frozen=True, slots=True)
class Artifacts:
    """Files that outlive the job; an empty path means: there is none. `paths` are kept as they are."""

    paths: tuple[str, ...] = ()
    dotenv: str = ""
    annotations: str = ""
    junit: str = ""
    expire_in: str = ""

    def as_data(self) -> dict[str, object]:
        """Return `artifacts:`, empty when no file is kept."""
        reports = {"dotenv": self.dotenv, "annotations": self.annotations, "junit": self.junit}
        said: dict[str, object] = {
            "when": "always" if self.expire_in else "",
            "expire_in": self.expire_in,
            "paths": list(self.paths),
            "reports": {name: path for name, path in reports.items() if path},
        }
        return {key: value for key, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Job:
    """One job, or with a dot before its name what several jobs share; empty fields are left out."""

    name: str
    extends: str = ""
    stage: str = ""
    image: str = ""
    services: tuple[Service, ...] = ()
    tags: tuple[str, ...] | str = ()
    needs: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    script: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    artifacts: Artifacts = Artifacts()
    retry: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    forgiven: int = 0  # the exit code that is a warning
    timeout: str = ""
    builds: bool = True  # whether it makes an image, or names what others have made

    def as_data(self) -> dict[str, object]:
        """Return the job as GitLab reads it, keys in the order in which people read them."""
        said: dict[str, object] = {
            "extends": self.extends,
            "stage": self.stage,
            "image": self.image,
            "services": [service.as_data() for service in self.services],
            "tags": self.tags if isinstance(self.tags, str) else list(self.tags),
            "needs": list(self.needs),
            "variables": dict(self.variables),
            "rules": [rule.as_data() for rule in self.rules],
            "timeout": self.timeout,
            "retry": dict(self.retry),
            "allow_failure": {"exit_codes": [self.forgiven]} if self.forgiven else {},
            "script": list(self.script),
            "artifacts": self.artifacts.as_data(),
        }
        return {key: value for key, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What goes into one file; `stages` is empty when GitLab's own list of stages will do."""

    jobs: tuple[Job, ...]
    stages: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Return the whole pipeline as GitLab reads it."""
        said: dict[str, object] = {"stages": list(self.stages)} if self.stages else {}
        return said | {job.name: job.as_data() for job in self.jobs}


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a component; an input without `default` must be given."""

    name: str
    description: str
    default: object
    kind: str = "string"
    options: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def reference(self) -> str:
        """The text that GitLab replaces by the value."""
        return f"$[[ inputs.{self.name} ]]"

    def as_data(self) -> dict[str, object]:
        """Return the entry of `spec: inputs:`."""
        said: dict[str, object] = {"description": self.description, "default": self.default}
        if self.kind != "string":
            said["type"] = self.kind
        if self.options:
            said["options"] = list(self.options)
        if self.pattern:
            said["regex"] = self.pattern
        return said
