"""What a user of `ci-kit login` should know although nothing failed."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ci_kit.commands.login_report import Outcome
from ci_kit.registry.grant import PASSWORD


def notes(outcomes: Sequence[Outcome], folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield one line each: addresses that were read generously, rights not proved, a file that others may see."""
    for one in outcomes:
        yield from filter(None, (one.target.note, one.grant.note if one.grant else ""))
        if one.grant and one.grant.proved == PASSWORD:
            named = f"ci-kit login {one.target.registry}/group/project"
            yield f"the password is good; whether a push works was not asked, as no repository is named -> {named}"
    file = str(folder / "config.json")
    if any(one.kept_in == file for one in outcomes):
        yield from _of_file(folder, environ)


def _of_file(folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    checkout = environ.get("CI_PROJECT_DIR", "")
    if checkout and folder.resolve().is_relative_to(Path(checkout).resolve()):
        yield f"{folder} lies in the checkout: artifacts, caches and builds may take it along -> set DOCKER_CONFIG"
    # GitLab docs, "Predefined CI/CD variables": absent with the executors shell and ssh.
    if environ.get("GITLAB_CI") and not environ.get("CI_DISPOSABLE_ENVIRONMENT"):
        yield "this runner may keep the file after the job -> run ci-kit logout in after_script"
