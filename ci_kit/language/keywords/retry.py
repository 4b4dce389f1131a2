"""retry."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import Fault, Path, is_whole, of_keys, of_texts, of_values, of_whole_numbers, suggestion

_MOST = 2
_KEYS = ("max", "when", "exit_codes")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:_\d+)*)?(?:(?<=\d)|(?=\.))(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?", re.A)
_INTEGER = re.compile(r"[+-]?\d+", re.A)
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
        yield Fault("retry config has to be either an integer or a hash", ("retry",), raw=True)
    else:
        yield from _number("config", value, ("retry",))


def _mapping(value: dict[Any, Any]) -> Iterator[Fault]:
    yield from of_keys("retry", value, _KEYS, ("retry",))
    if value.get("max") is not None:
        yield from _number("max", value["max"], ("retry", "max"))
    yield from of_texts("retry", value, ("when",), ("retry",))
    when = value.get("when")
    if isinstance(when, list):
        yield from of_values("retry when", when, _REASONS, ("retry", "when"))
    elif isinstance(when, str) and when not in _REASONS:
        near = suggestion(when, _REASONS)
        yield Fault("retry when is not included in the list", ("retry", "when"), suggestion=near)
    yield from of_whole_numbers("retry", value, "exit_codes", ("retry",))


def _number(what: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with a number of repetitions; a string of digits is a number to GitLab."""
    text = value.strip() if isinstance(value, str) else ruby.text(value)
    if isinstance(value, bool | list | dict) or not (isinstance(value, float) or _NUMBER.fullmatch(text)):
        yield Fault(f"retry {what} is not a number", path)
    elif not _INTEGER.fullmatch(ruby.text(value)):
        yield Fault(f"retry {what} must be an integer", path)
    elif text.startswith("-") and text.strip("-0"):
        yield Fault(f"retry {what} must be greater than or equal to 0", path)
    elif len(text.lstrip("+-0")) > 1 or int(text) > _MOST:
        yield Fault(f"retry {what} must be less than or equal to {_MOST}", path)
