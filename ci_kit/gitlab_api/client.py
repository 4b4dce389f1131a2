"""A python-gitlab client for this job, with the best token there is.

Source: python-gitlab docs "Using the API"; GitLab docs "GitLab CI/CD job token".
"""

import re
from collections.abc import Mapping
from typing import Any

from ci_kit.errors import UsageError

_SECONDS = 15
_PROJECT_TOKENS = ("CI_KIT_GITLAB_TOKEN", "GITLAB_TOKEN")
_JOB_TOKEN = "CI_JOB_TOKEN"
_VISIBLE = re.compile(r"[!-~]+\Z", re.ASCII)


class ApiToken:
    """A token for GitLab's API, the variable it comes from, and whether it is the job's."""

    def __init__(self, value: str, source: str, of_job: bool) -> None:
        self.value = value
        self.source = source
        self.of_job = of_job


def find_token(environ: Mapping[str, str]) -> ApiToken | None:
    """Return a project or personal token if a variable holds one, else the job's, else None.

    UsageError when it holds what no token does: it could not travel in a header, and libraries quote it in complaints.
    """
    for name in (*_PROJECT_TOKENS, _JOB_TOKEN):
        value = environ.get(name, "").strip()  # a line end is easily pasted along
        if value and not _VISIBLE.match(value):
            hint = "paste it again, without quotes and blanks"
            raise UsageError("holds a character that no token has", place=name, hint=hint)
        if value:
            return ApiToken(value, name, of_job=name == _JOB_TOKEN)
    return None


def connect(url: str, token: ApiToken | None, environ: Mapping[str, str]) -> Any:
    """Return a `gitlab.Gitlab` for `url`; nothing is sent. Requests end after 15 s and are not repeated.

    Without a token it sees what is public.
    """
    import gitlab

    authority = environ.get("CI_KIT_CA") or environ.get("CI_SERVER_TLS_CA_FILE") or True
    return gitlab.Gitlab(
        url,
        private_token=token.value if token and not token.of_job else None,
        job_token=token.value if token and token.of_job else None,
        timeout=_SECONDS,
        ssl_verify=authority,
        keep_base_url=True,
    )
