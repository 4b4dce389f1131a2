"""Where `ci-kit lint` looks for includes that lie elsewhere: checkouts, the cache, and, when asked to, the network."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ci_kit.commands.checkouts import Checkouts, folders
from ci_kit.commands.instance import instance
from ci_kit.errors import UsageError
from ci_kit.gitlab_api import client
from ci_kit.model.fetch import Fetched, Fetcher, NotFound, Request, Unreachable


class Sources:
    """A fetcher that asks others in turn, until one knows; `texts` gets what was found, by the names in findings."""

    def __init__(self, fetchers: Sequence[Fetcher], texts: dict[str, str]) -> None:
        """Keep whom to ask, the nearest first."""
        self.fetchers = fetchers
        self.texts = texts

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        """Return the first answer that is one, else why the last had none, and every hint."""
        failed = []
        for fetcher in self.fetchers:
            found = fetcher.fetch(request)
            if isinstance(found, Fetched):
                self.texts[found.name] = found.text
            if not isinstance(found, Unreachable):
                return found
            failed.append(found)
        hints = dict.fromkeys(one.hint for one in failed if one.hint)
        return Unreachable(failed[-1].reason, " or ".join(hints))

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        """Return the first answer that is one, else why the last had none."""
        found: tuple[str, ...] | Unreachable = Unreachable("its files are not known")
        for fetcher in self.fetchers:
            found = fetcher.paths(project, commit)
            if not isinstance(found, Unreachable):
                break
        return found


class Network:
    """A fetcher that asks GitLab for its own files, and the web for the others."""

    def __init__(self, gitlab: Fetcher, web: Fetcher) -> None:
        """Keep both."""
        self.gitlab = gitlab
        self.web = web

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        """Return the answer of the one whose file it is."""
        return (self.web if request.kind == "remote" else self.gitlab).fetch(request)

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        """Return the answer of GitLab."""
        return self.gitlab.paths(project, commit)


class _Offline:
    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        return Unreachable("it is not fetched", "give --fetch")

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        return Unreachable("it is not fetched", "give --fetch")


class _NoInstance:
    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        return Unreachable("no instance of GitLab is named", "set CI_SERVER_URL")

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        return Unreachable("no instance of GitLab is named", "set CI_SERVER_URL")


def sources(arguments: argparse.Namespace, environ: Mapping[str, str], texts: dict[str, str]) -> Fetcher:
    """Return the fetcher that the flags ask for; UsageError when one is wrong. Nothing is asked or read yet."""
    network: Fetcher | None = _network(arguments, environ) if arguments.fetch else None
    behind: Fetcher = network or _Offline()
    if arguments.cache is not None:
        from ci_kit.commands.include_cache import Cached, default_folder

        if Path(arguments.cache or ".").is_file():
            hint = "write --cache=DIR, or the FILE before --cache"
            raise UsageError(f"{arguments.cache!r} is a file", place="--cache", hint=hint)
        folder = Path(arguments.cache) if arguments.cache else default_folder(environ)
        behind = Cached(folder, instance(environ), network)
    return Sources([Checkouts(folders(arguments.include_path or ()), environ), behind], texts)


def gitlab_of(environ: Mapping[str, str]) -> tuple[Any, client.ApiToken | None]:
    """Return a `gitlab.Gitlab` for the instance, and its token; UsageError when nothing names one."""
    url = instance(environ)
    if not url.startswith(("http://", "https://")):
        raise UsageError("is not set to an address", place="CI_SERVER_URL", hint="as CI_SERVER_URL=https://gitlab.com")
    token = client.find_token(environ)
    return client.connect(url, token, environ), token


def _network(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Fetcher:
    from ci_kit.commands.web_file import WebFiles

    authority = environ.get("CI_KIT_CA") or environ.get("CI_SERVER_TLS_CA_FILE") or ""
    web = WebFiles(private=arguments.allow_private, authority=authority)
    if not instance(environ):
        return Network(_NoInstance(), web)
    from ci_kit.gitlab_api.includes import GitLabFiles

    return Network(GitLabFiles(*gitlab_of(environ)), web)
