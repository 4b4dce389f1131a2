"""An asset link `image@digest` in the release of the git tag; one an image, updated in place.

Source: GitLab docs "Releases API", "Release links API".
"""

from typing import Any
from urllib.parse import quote

from ci_kit.gitlab_api.rung import ONCE, NotYetError, Rung, Told
from ci_kit.model.record import BuildRecord


def _applies(told: Told) -> bool:
    return bool(told.facts.tag and told.facts.project_url)


def _send(api: Any, told: Told) -> None:
    links = _release(api, told).links
    known = {str(link.name): link for link in links.list(iterator=True, per_page=100, **ONCE)}
    for record in told.records:
        wanted = {"name": record.pinned, "url": _url(record, told), "link_type": "image"}
        same = next((link for name, link in known.items() if name.startswith(f"{record.image.name}@")), None)
        if same is None:
            links.create(wanted, **ONCE)
        elif any(getattr(same, key, None) != value for key, value in wanted.items()):
            links.update(same.id, wanted, **ONCE)


def _release(api: Any, told: Told) -> Any:
    """Return the release of the tag; NotYetError when there is none and none is to be made."""
    import gitlab.exceptions

    releases, tag = told.project(api).releases, told.facts.tag
    try:
        return releases.get(tag, **ONCE)
    except gitlab.exceptions.GitlabGetError as error:
        if error.response_code != 404:
            raise
    if told.create_release:
        return _made(releases, tag)
    raise NotYetError(f"there is no release of {tag} yet; after the job that makes it: ci-kit record FILE")


def _made(releases: Any, tag: str) -> Any:
    """Return the release of `tag`, made now, or by another job a moment ago."""
    import gitlab.exceptions

    try:
        return releases.create({"tag_name": tag}, **ONCE)
    except gitlab.exceptions.GitlabCreateError as error:
        if error.response_code != 409:
            raise
    return releases.get(tag, **ONCE)


def _url(record: BuildRecord, told: Told) -> str:
    """Return the page of the image; GitLab wants another address for every link of a release."""
    return f"{told.facts.project_url}/container_registry#{quote(f'{record.image.repository}@{record.digest}')}"


RUNG = Rung(_applies, _send, of_job=True)
