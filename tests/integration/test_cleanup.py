"""`ci-kit cleanup` on GitLab's registry and on a standalone one: what stays is never lost, what goes has gone."""

import base64
import json
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests

from ci_kit.cleanup import plan_file, removal, survey
from ci_kit.registry import trust
from ci_kit.registry.auth import Credentials
from ci_kit.registry.blob_cache import BlobCache
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.crew import Crew
from ci_kit.registry.patience import Patience
from ci_kit.registry.transport import Request, Response, Transport
from tests.integration.job import Job, assert_no_secret, make_job
from tests.pusher import INDEX, MANIFEST, Pusher
from tests.rig import Rig

pytestmark = pytest.mark.integration

OLD, YOUNG = "2020-01-02T03:04:05Z", "2999-01-02T03:04:05Z"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A repository of one of the rig's registries, who may do everything with it, and a job that is about it."""

    rig: Rig
    image: str
    user: str
    realm: str
    job: Job

    @property
    def url(self) -> str:
        host, _, path = self.image.partition("/")
        return f"https://{host}/v2/{path}"

    def pusher(self) -> Pusher:
        return Pusher(self.image, self.user, self.rig.password(self.user), self.rig.ca, self.realm)

    def run(self, *arguments: str, **variables: str) -> Any:
        return self.job.run("cleanup", *arguments, **variables)

    def json(self, *arguments: str, **variables: str) -> Any:
        done = self.run(*arguments, "--json", **variables)
        assert done.returncode == 0, done.stderr
        [repository] = json.loads(done.stdout)["repositories"]
        return repository

    def tags(self) -> dict[str, str]:
        """Every tag with its digest, as the registry itself says."""
        with self.pusher() as pusher:
            return pusher.tags()

    def has(self, digest: str) -> bool:
        with self.pusher() as pusher:
            return pusher.has(digest)


@pytest.fixture(params=["gitlab", "flat"])
def shelf(rig: Rig, daemon: str, tmp_path: Path, request: pytest.FixtureRequest) -> Shelf:
    job = make_job(rig, daemon, tmp_path / "project")
    name = f"clean-{tmp_path.name[-20:].strip('-_').lower().replace('_', '-')}"
    if request.param == "gitlab":
        image = f"{rig.registry}/{rig.registry_path}/{name}"
        return Shelf(rig, image, "ci-user", f"{rig.gitlab}/jwt/auth", job)
    login = base64.b64encode(f"flat:{rig.password('flat')}".encode()).decode()
    auths = {"DOCKER_AUTH_CONFIG": json.dumps({"auths": {rig.flat_registry: {"auth": login}}})}
    return Shelf(rig, f"{rig.flat_registry}/{name}", "flat", "", Job(job.project, job.environ | auths))


@pytest.fixture
def gitlab(rig: Rig) -> Iterator[requests.Session]:
    """GitLab's API as a Maintainer, empty before and after."""
    with requests.Session() as session:
        session.trust_env = False  # a bundle named there would take the place of the CA below
        session.verify = rig.ca
        session.headers["PRIVATE-TOKEN"] = rig.api_tokens["project"]
        session.post(f"{rig.gitlab}/__rig__/reset", timeout=30).raise_for_status()
        yield session
        session.post(f"{rig.gitlab}/__rig__/reset", timeout=30).raise_for_status()


def fill(shelf: Shelf) -> dict[str, str]:
    """An old image under two names and in an index, an old one alone and signed, a young one; their digests by tag."""
    with shelf.pusher() as pusher:
        shared = pusher.image("old", "twin", created=OLD, note="shared")
        size = 10
        part = {"mediaType": MANIFEST, "digest": shared, "size": size}
        index = pusher.tagged({"manifests": [part]}, "multi", media_type=INDEX)
        lonely = pusher.image("lonely", created=OLD, note="lonely")
        signature = lonely.replace(":", "-") + ".sig"
        pusher.image(signature, note="signature")
        pusher.image("young", created=YOUNG, note="young")
    return {"old": shared, "multi": index, "lonely": lonely, "signature": signature}


RULES = ("--older-than", "30d", "--live", "none", "--keep", "multi")


def test_nothing_is_deleted_without_being_told_to(shelf: Shelf) -> None:
    fill(shelf)
    before = shelf.tags()
    done = shelf.run(shelf.image, *RULES)
    assert done.returncode == 0, done.stderr
    assert "nothing was deleted" in done.stderr
    assert {line.split()[1].rpartition(":")[2] for line in done.stdout.splitlines()[1:]} == set(before) - {
        "multi",
        "young",
    }
    assert shelf.tags() == before


def test_what_goes_has_gone_and_what_stays_is_whole(shelf: Shelf) -> None:
    known = fill(shelf)
    before = shelf.tags()
    cleaned = shelf.json(shelf.image, *RULES, "--yes")
    assert {one["tag"]: one["result"] for one in cleaned["delete"]} == {
        "old": "deleted",
        "twin": "deleted",
        "lonely": "deleted",
        known["signature"]: "deleted",
    }
    assert shelf.tags() == {tag: before[tag] for tag in ("multi", "young")}
    assert shelf.has(known["old"])  # the index needs it
    again = shelf.json(shelf.image, *RULES, "--yes")
    assert again["delete"] == []


def test_a_plan_is_carried_out_later_but_not_where_the_registry_has_changed(shelf: Shelf) -> None:
    fill(shelf)
    plan = shelf.job.project / "plan.json"
    assert shelf.run(shelf.image, *RULES, "--plan", "plan.json").returncode == 0
    with shelf.pusher() as pusher:
        moved = pusher.image("lonely", created=OLD, note="moved")
    done = shelf.run("--apply", "plan.json", "--json")
    assert done.returncode == 5
    [repository] = json.loads(done.stdout)["repositories"]
    results = {one["tag"]: one["result"] for one in repository["delete"]}
    assert results.pop("lonely") == "refused"
    assert set(results.values()) == {"deleted"}
    assert "lonely was not deleted: it was at sha256:" in done.stderr
    assert shelf.tags()["lonely"] == moved
    assert_no_secret(shelf.rig, shelf.job.environ, plan.read_text(), done.stdout, done.stderr)


def test_killed_in_the_middle_and_run_again_nothing_is_lost(shelf: Shelf) -> None:
    with shelf.pusher() as pusher:
        for number in range(40):
            pusher.image(f"t{number}", f"k{number}", created=OLD, note=str(number))
            pusher.image(f"u{number}", created=OLD, note=f"alone {number}")
    before = shelf.tags()
    rules = ("--older-than", "30d", "--live", "none", "--keep", "k.*", "--plan", "plan.json")
    assert shelf.run(shelf.image, *rules).returncode == 0
    kept = {tag: digest for tag, digest in before.items() if tag.startswith("k")}
    for seconds in (0.3, 0.35, 0.4, 0.45, 0.5, 0.55):
        process = shelf.job.start("cleanup", "--apply", "plan.json")
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        now = shelf.tags()
        assert {tag: now.get(tag) for tag in kept} == kept
    done = shelf.run("--apply", "plan.json")
    assert done.returncode == 0, done.stderr
    assert shelf.tags() == kept


class Killed(BaseException):
    """The process is dead."""


class Cut(Transport):
    """A transport that sends so many requests and then nothing more."""

    left: ClassVar[list[int]] = [0]

    def send(self, request: Request) -> Response:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise Killed
        return super().send(request)

    def twin(self, patience: Patience | None = None) -> "Cut":
        return Cut(self._contexts, self._proxies, self._timeout, patience or self.patience)


@pytest.mark.parametrize("shelf", ["flat"], indirect=True)
def test_a_real_registry_loses_nothing_whichever_request_is_the_last(shelf: Shelf) -> None:
    known, plan = fill(shelf), shelf.job.project / "plan.json"
    before = shelf.tags()
    assert shelf.run(shelf.image, *RULES, "--plan", str(plan)).returncode == 0
    [made] = plan_file.read(plan)
    host, _, repository = shelf.image.partition("/")
    credentials = Credentials("flat", shelf.rig.password("flat"), "the test")
    for limit in range(8, 40):
        Cut.left[0] = limit
        crew = Crew(RegistryClient(host, Cut(lambda _: trust.context((Path(shelf.rig.ca),))), credentials))
        try:
            seen = survey.take(crew, repository, BlobCache(None))
            done = removal.carry_out(crew, made, seen.snapshot, seen.taken)
        except Killed:
            now = shelf.tags()
            assert {tag: now[tag] for tag in ("multi", "young")} == {tag: before[tag] for tag in ("multi", "young")}
            assert shelf.has(known["old"])
            continue
        finally:
            crew.close()
            crew.registry.close()
        assert done.is_complete
    assert shelf.tags() == {tag: before[tag] for tag in ("multi", "young")}


def test_what_gitlab_has_in_use_is_kept(shelf: Shelf, gitlab: requests.Session) -> None:
    api = f"{shelf.rig.gitlab}/api/v4/projects/{shelf.rig.project_id}"
    commits = {name: digit * 40 for name, digit in (("feature/x", "a"), ("v1.2.3", "b"), ("deployed", "c"))}
    for path, body in (
        ("repository/branches", {"branch": "feature/x", "ref": commits["feature/x"]}),
        ("repository/tags", {"tag_name": "v1.2.3", "ref": commits["v1.2.3"]}),
        (
            "deployments",
            {"environment": "production", "sha": commits["deployed"], "ref": "gone", "tag": False, "status": "success"},
        ),
    ):
        gitlab.post(f"{api}/{path}", json=body, timeout=30).raise_for_status()
    gitlab.put(f"{api}/merge_requests/3", json={"state_event": "close"}, timeout=30).raise_for_status()
    kept = ["feature-x", "1.2.3", "1.2", "mr-2", "production", "latest", *commits.values()]
    gone = ["other", "mr-3", "d" * 40, "9.9.9"]
    with shelf.pusher() as pusher:
        for tag in kept + gone:
            pusher.image(tag, created=OLD, note=tag)
    token = {"CI_JOB_TOKEN": shelf.rig.api_tokens["job"]}
    cleaned = shelf.json(shelf.image, "--older-than", "30d", "--yes", **token)
    assert {one["tag"] for one in cleaned["delete"]} == set(gone)
    assert set(shelf.tags()) == set(kept)


def test_what_gitlab_does_not_tell_is_kept_and_said(shelf: Shelf, gitlab: requests.Session) -> None:
    fill(shelf)
    before = shelf.tags()
    done = shelf.run(
        shelf.image, "--older-than", "30d", "--yes", CI_KIT_GITLAB_TOKEN=shelf.rig.api_tokens["none"], CI_JOB_TOKEN=""
    )
    assert done.returncode == 0, done.stderr
    assert "GitLab's branches were not read, so tags that may be theirs are kept" in done.stderr
    assert shelf.tags() == before


@pytest.mark.parametrize("shelf", ["gitlab"], indirect=True)
def test_a_protected_tag_is_kept_and_the_registry_refuses_it_too(shelf: Shelf, gitlab: requests.Session) -> None:
    fill(shelf)
    assert shelf.run(shelf.image, *RULES, "--plan", "plan.json").returncode == 0
    rules = f"{shelf.rig.gitlab}/api/v4/projects/{shelf.rig.project_id}/registry/protection/tag/rules"
    said = {"tag_name_pattern": "^lone", "minimum_access_level_for_delete": "admin"}
    gitlab.post(rules, json=said, timeout=30).raise_for_status()
    kept = {one["tag"]: one["why"] for one in shelf.json(shelf.image, *RULES)["keep"]}
    assert kept["lonely"] == "protected by ^lone"
    done = shelf.run("--apply", "plan.json")
    assert done.returncode == 5
    assert "lonely was not deleted" in done.stderr
    assert "lonely" in shelf.tags()
    assert "old" not in shelf.tags()


@pytest.mark.parametrize("shelf", ["gitlab"], indirect=True)
def test_who_may_not_delete_is_told_before_anything_is(shelf: Shelf) -> None:
    fill(shelf)
    before = shelf.tags()
    reader = {"CI_REGISTRY_USER": "reader", "CI_REGISTRY_PASSWORD": shelf.rig.password("reader")}
    done = shelf.run(shelf.image, *RULES, "--yes", **reader)
    assert done.returncode == 5
    assert "may pull, but not delete" in done.stderr
    assert shelf.tags() == before


@pytest.mark.parametrize("shelf", ["gitlab"], indirect=True)
def test_gitlabs_own_policy_is_written(rig: Rig, shelf: Shelf, gitlab: requests.Session) -> None:
    rules = ("--policy", "--keep-n", "10", "--older-than", "2w", "--keep", "v.*", "--live", "none")
    done = shelf.run(*rules)
    assert done.returncode == 0, done.stderr
    assert "nothing was set" in done.stderr
    state = f"{rig.gitlab}/__rig__/state"
    assert gitlab.get(state, timeout=30).json()["cleanup_policies"] == {}
    done = shelf.run(*rules, "--yes", CI_KIT_GITLAB_TOKEN=rig.api_tokens["project"])
    assert done.returncode == 0, done.stderr
    [policy] = gitlab.get(state, timeout=30).json()["cleanup_policies"].values()
    assert policy == json.loads(done.stdout)["container_expiration_policy_attributes"]
    assert policy["older_than"] == "14d"
    assert shelf.run(*rules, "--yes", CI_JOB_TOKEN=rig.api_tokens["job"]).returncode == 2
    denied = shelf.run(*rules, "--yes", CI_KIT_GITLAB_TOKEN=rig.api_tokens["reader"])
    assert denied.returncode == 5
    assert "does not reach the settings of 42 -> scope api, role Maintainer" in denied.stderr


@pytest.mark.parametrize("shelf", ["gitlab"], indirect=True)
def test_several_repositories_of_the_project_are_cleaned_up_by_the_file(rig: Rig, shelf: Shelf) -> None:
    fill(shelf)
    rules = "version: 1\ncleanup:\n  match: [lonely, old]\n  older_than: 2w\n  live: []\n"
    (shelf.job.project / ".ci-kit.yml").write_text(rules)
    done = shelf.run("--json", CI_JOB_TOKEN=rig.api_tokens["job"])
    assert done.returncode in (0, 5), done.stderr
    found = {one["repository"]: one for one in json.loads(done.stdout)["repositories"]}
    assert {one["tag"] for one in found[shelf.image]["delete"]} >= {"lonely", "old"}
