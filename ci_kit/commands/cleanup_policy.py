"""`ci-kit cleanup --policy`: the rules as the cleanup policy that GitLab itself carries out."""

import argparse
import json
import sys
from collections.abc import Mapping

from ci_kit.cleanup import gitlab_policy
from ci_kit.cleanup.policy import Policy
from ci_kit.config.settings import CleanupSettings
from ci_kit.errors import EXIT_OK, UsageError
from ci_kit.gitlab_api import client, repositories

_EVERY_WEEK = "7d"


def run(policy: Policy, settings: CleanupSettings, arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print GitLab's policy that says the same, and set it with --yes; UsageError for what it cannot say."""
    live = () if "none" in settings.live else settings.live
    attributes = gitlab_policy.attributes(policy, live, arguments.cadence or _EVERY_WEEK)
    print(json.dumps({"container_expiration_policy_attributes": attributes}, indent=2))
    if not arguments.yes:
        print("nothing was set: --yes does", file=sys.stderr)
        return EXIT_OK
    token, url = client.find_token(environ), environ.get("CI_SERVER_URL", "")
    project = environ.get("CI_PROJECT_ID", "")
    if not token or token.of_job or not url or not project:
        raise UsageError(
            "needs GitLab and a token of a Maintainer, which a job's own is not",
            place="--policy",
            hint="set CI_SERVER_URL, CI_PROJECT_ID and CI_KIT_GITLAB_TOKEN (scope api)",
        )
    repositories.set_cleanup_policy(client.connect(url, token, environ), project, attributes)
    print(f"GitLab cleans up project {project} by this policy now", file=sys.stderr)
    return EXIT_OK
