"""A pipeline as text, with comments that say why each line is there."""

from collections.abc import Mapping, Sequence

from ci_kit.pipeline import seal
from ci_kit.pipeline.model import Input, Job, Pipeline
from ci_kit.source.emitter import Commented, emit

_SOURCE = ".ci-kit.yml"
_COMPONENT_SOURCE = "ci_kit/pipeline"

_COMMENTS = {
    "stages": "GitLab's own stages do not have this one.",
    "image": "The job needs the docker command line; the daemon is the service.",
    "services": "A fresh Docker daemon for this job. The runner needs privileged = true and the volume /certs/client.",
    "services.alias": "The daemon's certificate is made for this name.",
    "services.variables": "The port that opens: waiting for the other one would cost 30 seconds.",
    "variables": "Said in full: the client would choose the port before the daemon has made its keys.",
    "variables.CI_KIT_BUILDER": "Settings of ci-kit; a pipeline variable of the same name wins.",
    "needs": "The jobs of its platforms, each on runners of its own.",
    "rules": "One pipeline a push: the merge request's where there is one, else the branch's.",
    "retry": "A failed build fails again; a lost runner does not.",
    "allow_failure": "6: the image is pushed, only GitLab's API did not take the record. ci-kit record sends it later.",
    "artifacts": "Kept when the job fails, too: the result tells how far it came.",
    "artifacts.reports": "For later jobs image and digest, for the job's page a link, for people what was verified.",
}
_WITHOUT_DAEMON = {
    **{key: why for key, why in _COMMENTS.items() if key != "variables"},
    "image": "No daemon builds, so there is no service; docs/builders.md of ci-kit says what is needed instead.",
}
_MERGING = {
    **_WITHOUT_DAEMON,
    "image": "Nothing is built here: one index is made of what the jobs of the platforms have pushed.",
}
_SHARED = "What all jobs below share."


def text(pipeline: Pipeline) -> str:
    """Return the file for `pipeline`; the same pipeline always gives the same bytes."""
    return seal.sealed("\n" + body(pipeline), _SOURCE)


def component_text(inputs: Sequence[Input], pipeline: Pipeline) -> str:
    """Return the template of a component: its inputs, and the job that takes them."""
    spec = {"spec": {"inputs": {each.name: each.as_data() for each in inputs}}}
    return seal.sealed(f"\n{emit(spec)}---\n{body(pipeline)}", _COMPONENT_SOURCE)


def body(pipeline: Pipeline) -> str:
    """Return the YAML without header, a blank line between jobs."""
    parts = [emit({"stages": Commented(list(pipeline.stages), _COMMENTS["stages"])})] if pipeline.stages else []
    parts += [emit(_job(job)) for job in pipeline.jobs]
    return "\n".join(parts)


def _job(job: Job) -> dict[str, object]:
    """Return the job with its comments; a job that extends another is explained there."""
    if job.extends:
        return {job.name: job.as_data()}
    data = job.as_data() | {"rules": [_rule(rule.as_data(), rule.why) for rule in job.rules]}
    explained = _explained(data, "", _comments(job))
    return {job.name: Commented(explained, _SHARED) if job.name.startswith(".") else explained}


def _comments(job: Job) -> Mapping[str, str]:
    """Return what is said of the keys of a job, which depends on who builds there."""
    return _MERGING if not job.builds else _COMMENTS if job.services else _WITHOUT_DAEMON


def _rule(data: Mapping[str, object], why: str) -> object:
    return Commented(data, why) if why else data


def _explained(value: object, path: str, comments: Mapping[str, str]) -> object:
    """Return `value` with a comment on each key that has one."""
    if isinstance(value, list):
        return [_explained(item, path, comments) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _explained(item, f"{path}{key}.", comments) for key, item in value.items()}
    return {key: _commented(item, comments.get(f"{path}{key}", "")) for key, item in inner.items()}


def _commented(value: object, why: str) -> object:
    return Commented(value, why) if why else value
