"""GitLab's API down, slow and refusing: the image is pushed and recorded in the files, and the exit code says the rest.

docs/record.md says which.
"""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from subprocess import CompletedProcess

import pytest

from tests.faults.proxy import Door
from tests.faults.rule import EVER, Rule
from tests.integration.job import Job, assert_no_secret, make_job
from tests.rig import Rig

pytestmark = pytest.mark.integration
REFUSED = ("401", "403", "404")
AWAY = ("stall", "409", "429", "500", "502", "503", "504", "reset", "truncated", "html", "redirect")
Done = tuple[Job, "CompletedProcess[str]"]


@pytest.fixture(scope="module")
def runs(rig: Rig, daemon: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, "Future[Done]"]]:
    """A run of build-push with each fault on the commit status; all of one image, which is built once."""
    folder = tmp_path_factory.mktemp("gitlab")
    door = Door(rig, folder)

    def run(fault: str) -> Done:
        job = make_job(rig, daemon, folder / (fault or "none") / "project")
        with door.open(*([Rule("POST api", fault, EVER)] if fault else [])) as proxy:
            url = f"https://{proxy.host}"
            known = {"CI_SERVER_URL": url, "CI_API_V4_URL": f"{url}/api/v4"}
            token = {"CI_KIT_GITLAB_TOKEN": rig.api_tokens["project"]}
            return job, job.run("build-push", "--image", f"gitlab-faults-{folder.name}", **known, **token)

    run("")
    with ThreadPoolExecutor(4) as pool:
        yield {fault: pool.submit(run, fault) for fault in (*AWAY, *REFUSED)}


@pytest.mark.parametrize("fault", [*REFUSED, *AWAY])
def test_the_image_is_there_and_recorded_whatever_gitlab_does(
    rig: Rig, runs: dict[str, "Future[Done]"], fault: str
) -> None:
    job, done = runs[fault].result(timeout=120)
    (image,) = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"]
    assert done.returncode == (0 if fault in REFUSED else 6), done.stderr
    assert image["recorded"]["commit_status"] == ("refused" if fault in REFUSED else "unsent")
    assert done.stdout.endswith(f"@{image['digest']}\n")
    assert job.run("images", f"{done.stdout.strip()}", "--format", "json").returncode == 0
    assert f"{image['digest']}" in (job.project / "ci-kit.env").read_text(encoding="utf-8")
    assert "Traceback" not in done.stderr
    assert_no_secret(rig, job.environ, done.stdout, done.stderr)
    if fault in AWAY:
        last = done.stderr.splitlines()[-1]
        assert "the image is pushed, but GitLab was not told -> later: ci-kit record ci-kit-result.json" in last
