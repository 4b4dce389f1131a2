"""What starts a pipeline, and the variables that GitLab sets then, or surely does not set.

Source: GitLab docs "Predefined CI/CD variables reference" (18.10), "Choose when jobs run: CI_PIPELINE_SOURCE";
gitlab `lib/gitlab/ci/variables/builder/pipeline.rb`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from ci_kit.errors import UsageError
from ci_kit.language.scope import Scope
from ci_kit.model.nearest import nearest
from ci_kit.model.tag_name import slug

# What one says on the command line, and what $CI_PIPELINE_SOURCE is then.
SOURCES = {
    "branch": "push",
    "push": "push",
    "tag": "push",
    "mr": "merge_request_event",
    "schedule": "schedule",
    "web": "web",
    "api": "api",
    "trigger": "trigger",
    "pipeline": "pipeline",
    "parent": "parent_pipeline",
    "chat": "chat",
    "webide": "webide",
    "external": "external",
}


def _names(text: str, prefix: str = "") -> tuple[str, ...]:
    return tuple(f"{prefix}{name}" for name in text.split())


_FOR_TAGS = ("CI_COMMIT_TAG", "CI_COMMIT_TAG_MESSAGE")
_FOR_MERGE_REQUESTS = _names(
    "APPROVED ASSIGNEES DIFF_BASE_SHA DIFF_ID DRAFT EVENT_TYPE DESCRIPTION DESCRIPTION_IS_TRUNCATED ID IID LABELS "
    "MILESTONE PROJECT_ID PROJECT_PATH PROJECT_URL REF_PATH SOURCE_BRANCH_NAME SOURCE_BRANCH_PROTECTED "
    "SOURCE_BRANCH_SHA SOURCE_PROJECT_ID SOURCE_PROJECT_PATH SOURCE_PROJECT_URL SQUASH_ON_MERGE TARGET_BRANCH_NAME "
    "TARGET_BRANCH_PROTECTED TARGET_BRANCH_SHA TITLE",
    "CI_MERGE_REQUEST_",
)
_FOR_PULL_REQUESTS = _names(
    "IID SOURCE_REPOSITORY TARGET_REPOSITORY SOURCE_BRANCH_NAME SOURCE_BRANCH_SHA TARGET_BRANCH_NAME TARGET_BRANCH_SHA",
    "CI_EXTERNAL_PULL_REQUEST_",
)
_FOR_CHAT = ("CHAT_CHANNEL", "CHAT_INPUT", "CHAT_USER_ID")
_FOR_TRIGGERS = ("CI_PIPELINE_TRIGGERED", "CI_TRIGGER_SHORT_TOKEN", "TRIGGER_PAYLOAD")
_FOR_SCHEDULES = ("CI_PIPELINE_SCHEDULE_DESCRIPTION",)
# Set only when a runner has the job: rules never see them.
_JOB_ONLY = _names(
    "CI_BUILDS_DIR CI_CONCURRENT_ID CI_CONCURRENT_PROJECT_ID CI_DEPLOY_PASSWORD CI_DEPLOY_USER CI_JOB_ID CI_JOB_STATUS "
    "CI_JOB_TIMEOUT CI_JOB_TOKEN CI_JOB_URL CI_JOB_STARTED_AT CI_PIPELINE_ID CI_PIPELINE_URL CI_PROJECT_DIR "
    "CI_REPOSITORY_URL CI_RUNNER_DESCRIPTION CI_RUNNER_EXECUTABLE_ARCH CI_RUNNER_ID CI_RUNNER_REVISION "
    "CI_RUNNER_SHORT_TOKEN CI_RUNNER_TAGS CI_RUNNER_VERSION CI_SERVER"
)
_NO_COMMIT = "0" * 40
_STAND_IN = "1"  # of a number that is set, whichever it is
_HEAD = "refs/merge-requests/1/head"


class Event(NamedTuple):
    """What starts a pipeline: `kind` is a key of SOURCES, `ref` the branch or tag, empty where it is not known.

    `target` is the branch that a merge request goes to.
    """

    kind: str
    ref: str
    default_branch: str = "main"
    target: str = ""

    @property
    def source(self) -> str:
        """Return what $CI_PIPELINE_SOURCE is."""
        return SOURCES[self.kind]

    @property
    def is_tag(self) -> bool:
        """Tell whether the pipeline is for a tag."""
        return self.kind == "tag"

    @property
    def is_merge_request(self) -> bool:
        """Tell whether the pipeline is for a merge request."""
        return self.kind == "mr"

    @property
    def is_branch(self) -> bool:
        """Tell whether the pipeline is for a branch."""
        return not self.is_tag and not self.is_merge_request

    @property
    def is_push(self) -> bool:
        """Tell whether GitLab compares with an earlier commit: a push to a branch, or a merge request."""
        return self.source in ("push", "merge_request_event") and not self.is_tag


def event_of(text: str, default_branch: str) -> Event:
    """Return the event that `branch=main`, `tag=v1`, `mr`, `mr=TARGET`, `schedule` … stand for.

    Raises:
        UsageError: there is no such event, or a branch or tag is named without its name.

    """
    kind, equals, ref = text.partition("=")
    if kind not in SOURCES:
        meant = nearest(kind, SOURCES)
        hint = f"did you mean {meant!r}?" if meant else f"one of: {', '.join(SOURCES)}"
        raise UsageError(f"{text!r} is no event", place="--for", hint=hint)
    if (equals and not ref) or (kind in ("branch", "tag") and not ref):
        raise UsageError(f"{text!r} has no name", place="--for", hint=f"say {kind}=NAME")
    if kind == "mr":
        return Event(kind, "", default_branch, ref or default_branch)
    return Event(kind, ref or default_branch, default_branch)


def scope_of(event: Event, given: Mapping[str, str]) -> Scope:
    """Return the variables of a pipeline for the event, under those that are `given`; others may be set too."""
    values: dict[str, str | None] = dict.fromkeys((*_JOB_ONLY, *_FOR_PULL_REQUESTS))
    values.update(_unset(event))
    values.update(
        CI="true",
        GITLAB_CI="true",
        CI_DEFAULT_BRANCH=event.default_branch,
        CI_PIPELINE_SOURCE=event.source,
        CI_PIPELINE_IID=_STAND_IN,
    )
    values.update(_of_ref(event))
    return Scope({**values, **given})


def _unset(event: Event) -> dict[str, None]:
    """Return the variables that are surely not set."""
    kinds = {"chat": _FOR_CHAT, "trigger": _FOR_TRIGGERS, "schedule": _FOR_SCHEDULES, "tag": _FOR_TAGS}
    names = [name for kind, every in kinds.items() if kind != event.kind for name in every]
    names += [] if event.is_merge_request else _FOR_MERGE_REQUESTS
    names += [] if event.is_branch else ["CI_COMMIT_BRANCH"]
    names += ["CI_OPEN_MERGE_REQUESTS"] if event.is_tag else []
    return dict.fromkeys(names)


def _of_ref(event: Event) -> dict[str, str]:
    found = {} if event.kind in ("branch", "push") else {"CI_COMMIT_BEFORE_SHA": _NO_COMMIT}
    if event.ref:
        found |= {"CI_COMMIT_REF_NAME": event.ref, "CI_COMMIT_REF_SLUG": slug(event.ref)}
    if event.is_merge_request:
        numbers = {
            name: _STAND_IN for name in ("CI_MERGE_REQUEST_ID", "CI_MERGE_REQUEST_IID", "CI_OPEN_MERGE_REQUESTS")
        }
        named = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": event.target, "CI_MERGE_REQUEST_REF_PATH": _HEAD}
        return found | numbers | named
    if event.is_tag:
        return found | {"CI_COMMIT_TAG": event.ref}
    return (
        found | {"CI_COMMIT_BRANCH": event.ref} | ({"CI_PIPELINE_TRIGGERED": "true"} if event.kind == "trigger" else {})
    )
