"""CK116: a last rule that lets a job into a branch pipeline and into one of the merge request alike."""

from collections.abc import Iterator

from ci_kit.language.analyse import Pipeline, is_component
from ci_kit.language.items import flattened
from ci_kit.language.jobs import Text
from ci_kit.lint.rule import Hit, PipelineRule
from ci_kit.lint.tree import jobs_with
from ci_kit.source.value import Map

# GitLab's own warning, without the name of the job: jobs may share the rule.
_MESSAGE = "may allow multiple pipelines to run for a single action due to `rules:when` clause with no `workflow:rules`"


def check(pipeline: Pipeline) -> Iterator[Hit]:
    """Yield the last rule of each job if it has only `when:`; a component leaves the workflow to who includes it."""
    workflow = pipeline.content.get("workflow")
    said = isinstance(workflow, Map) and workflow.get("rules") is not None
    if said or pipeline.left or is_component(pipeline.path):
        return
    for job in jobs_with("rules", pipeline.content):
        rules = job["rules"]
        last = next(reversed(list(flattened(rules))), None) if isinstance(rules, list) else None
        if isinstance(last, Map) and set(last) == {"when"} and last["when"] not in ("never", None):
            yield Hit(Text("when", last.keys_at["when"]), "", _MESSAGE)


RULE = PipelineRule(
    id="CK116",
    name="duplicate-pipelines",
    severity="warning",
    summary="A job's last rule is only `when:`, and no `workflow: rules` keeps pipelines apart.",
    why=(
        "Such a rule matches in pipelines of every kind. A push to a branch with a merge request then starts two "
        "pipelines, one for the branch and one for the merge request, with the same job in both."
    ),
    source='GitLab docs "Job rules", avoid duplicate pipelines; gitlab lib/gitlab/ci/config/entry/processable.rb',
    bad="""\
build:
  script: make
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - when: on_success
""",
    good="""\
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
build:
  script: make
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - when: on_success
""",
    check=check,
)
