"""What GitLab reads from a job without any token: the dotenv and the annotations report.

Source: GitLab docs "CI/CD artifacts reports types", "Limits of dotenv".
"""

import json
import re
from collections.abc import Sequence

from ci_kit.model.record import BuildRecord, JobFacts

_DOTENV_VARIABLES = 20  # the default of a self-managed instance
_DOTENV_BYTES = 5 * 1024
REFERENCE = "CI_KIT_IMAGE_REF"  # `host/path@sha256:…`; in a project of several images the image's name follows
_KEYS = (REFERENCE, "CI_KIT_IMAGE_TAG", "CI_KIT_IMAGE_DIGEST")


def dotenv(records: Sequence[BuildRecord], several: bool) -> str:
    """Return `KEY=value` lines for later jobs: `CI_KIT_IMAGE_REF`, `_TAG`, `_DIGEST`.

    In a project with `several` images the keys end with the image's name, so that the reports of several jobs can be
    read together; when all keys would pass GitLab's limits only REF is kept, and images
    beyond the limit are left out.
    """
    lines = [_lines(record, several) for record in records]
    flat = [line for of_image in lines for line in of_image]
    if len(flat) > _DOTENV_VARIABLES or _bytes(flat) > _DOTENV_BYTES:
        flat = [of_image[0] for of_image in lines][:_DOTENV_VARIABLES]
    while _bytes(flat) > _DOTENV_BYTES:
        flat.pop()
    return "".join(f"{line}\n" for line in flat)


def annotations(records: Sequence[BuildRecord], facts: JobFacts) -> str:
    """Return the report that puts a link to each image on the job's page; without a project URL an empty list."""
    links = [
        {"external_link": {"label": record.pinned, "url": f"{facts.project_url}/container_registry"}}
        for record in records
        if facts.project_url
    ]
    return json.dumps({"Images": links}, indent=2) + "\n"


def _lines(record: BuildRecord, several: bool) -> list[str]:
    suffix = "_" + re.sub(r"[^A-Z0-9]", "_", record.name.upper()) if several else ""
    values = (record.pinned, str(record.image), record.digest)
    return [f"{key}{suffix}={value}" for key, value in zip(_KEYS, values, strict=True)]


def _bytes(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
