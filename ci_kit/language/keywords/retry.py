"""retry."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, is_texts, is_whole, unknown_keys

_MOST = 2
_KEYS = frozenset({"max", "when", "exit_codes"})
# Source: gitlab `app/models/concerns/enums/ci/commit_status.rb`
_LISTED = """
    always unknown_failure script_failure api_failure stuck_or_timeout_failure runner_system_failure
    missing_dependency_failure runner_unsupported stale_schedule job_execution_timeout archived_failure
    unmet_prerequisites scheduler_failure data_integrity_failure forward_deployment_failure user_blocked
    project_deleted ci_quota_exceeded pipeline_loop_detected no_matching_runner trace_size_exceeded
    builds_disabled environment_creation_failure deployment_rejected failed_outdated_deployment_job
    job_execution_server_timeout protected_environment_failure insufficient_bridge_permissions
    downstream_bridge_project_not_found invalid_bridge_trigger upstream_bridge_project_not_found
    insufficient_upstream_permissions bridge_pipeline_is_child_pipeline downstream_pipeline_creation_failed
    secrets_provider_not_found reached_max_descendant_pipelines_depth ip_restriction_failure
    reached_max_pipeline_hierarchy_size reached_downstream_pipeline_trigger_rate_limit duo_workflow_not_allowed
    job_router_failure job_token_expired stuck_pending_with_matching_runners stuck_pending_no_matching_runners
    no_updates_running no_updates_canceling server_timeout_running server_timeout_canceling
    runner_configuration_error runner_external_dependency_failure runner_interrupted
    id_token_burned_project_path downstream_project_trigger_resolved_to_empty
"""
_REASONS = frozenset(_LISTED.split())


def retry(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `retry:`; GitLab does not name the job there."""
    if value is None:
        return
    if isinstance(value, dict):
        yield from _mapping(value)
    elif not is_whole(value):
        yield _fault("config has to be either an integer or a hash")
    else:
        yield from _number("config", value)


def _mapping(value: dict[Any, Any]) -> Iterator[Fault]:
    unknown = unknown_keys(value, _KEYS)
    if unknown:
        yield _fault(f"config contains unknown keys: {', '.join(unknown)}")
        return
    most = value.get("max")
    if most is not None:
        yield from _number("max", most)
    yield from _when(value.get("when"))
    codes = value.get("exit_codes")
    if codes is not None and not all(map(is_whole, codes if isinstance(codes, list) else [codes])):
        yield _fault("exit codes should be an array of integers or an integer", "exit_codes")


def _number(what: str, value: Any) -> Iterator[Fault]:
    key = () if what == "config" else (what,)
    text = str(value)
    if isinstance(value, bool) or not text.lstrip("-").replace(".", "", 1).isdigit():
        yield _fault(f"{what} is not a number", *key)
    elif not text.lstrip("-").isdigit():
        yield _fault(f"{what} must be an integer", *key)
    elif text.startswith("-"):
        yield _fault(f"{what} must be greater than or equal to 0", *key)
    elif len(text) > 3 or int(text) > _MOST:
        yield _fault(f"{what} must be less than or equal to {_MOST}", *key)


def _when(value: Any) -> Iterator[Fault]:
    if isinstance(value, str):
        if value not in _REASONS:
            yield _fault("when is not included in the list", "when")
    elif value is not None and not is_texts(value):
        yield _fault("when should be an array of strings or a string", "when")
    elif value is not None:
        wrong = [str(one) for one in value if str(one) not in _REASONS]
        if wrong:
            yield _fault(f"when contains unknown values: {', '.join(wrong)}", "when")


def _fault(text: str, *path: str) -> Fault:
    return Fault(f"retry {text}", ("retry", *path), named=False)
