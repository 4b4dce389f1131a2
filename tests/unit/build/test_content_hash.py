"""The hash of what an image is made of: what changes it, what does not."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ci_kit.build.inputs import content as contents
from ci_kit.build.inputs.base_images import Bases, Unresolved
from ci_kit.build.inputs.content import CONTENT, INPUTS, Content, Surroundings, Unknown
from ci_kit.errors import BuildError, UsageError
from ci_kit.model.annotation import Annotation
from ci_kit.model.cache import Cache
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.secret import Secret, SshKey

AROUND = Surroundings("docker", os.environ)
COMMIT = {"org.opencontainers.image.revision": "1" * 40, "org.opencontainers.image.created": "2026-01-01T00:00:00Z"}


class Known(Bases):
    """Base images whose digests are said here; what is not said cannot be found out."""

    def __init__(self, **digests: str) -> None:
        self.digests = digests

    def digest(self, image: str) -> str:
        if image not in self.digests:
            raise Unresolved(f"{image} cannot be found out")
        return self.digests[image]


@pytest.fixture
def plan(tmp_path: Path) -> BuildPlan:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a").write_text("1")
    (tmp_path / "Dockerfile").write_text("FROM base\nCOPY src /src\n")
    image = ImageRef("host", "g/p", "1" * 40)
    dockerfile = str(tmp_path / "Dockerfile")
    return BuildPlan("app", image, (), str(tmp_path), dockerfile, "", {"A": "1"}, {**COMMIT, "team": "x"})


def of(plan: BuildPlan, around: Surroundings = AROUND, base: str = "sha256:1") -> Content:
    found = contents.of(plan, around, Known(base=base))
    assert isinstance(found, Content)
    return found


def write(plan: BuildPlan, name: str, text: str) -> None:
    (Path(plan.context) / name).write_text(text)


def changed(now: Content, before: Content) -> set[str]:
    assert (now.digest == before.digest) == (now.inputs == before.inputs)
    return {name for name in {*now.inputs, *before.inputs} if now.inputs.get(name) != before.inputs.get(name)}


@pytest.mark.parametrize(
    ("change", "inputs"),
    [
        (lambda plan: write(plan, "src/a", "2"), {"context"}),
        (lambda plan: write(plan, "src/b", ""), {"context"}),
        (lambda plan: (Path(plan.context) / "src" / "a").chmod(0o755), {"context"}),
        (lambda plan: (Path(plan.context) / "empty").mkdir(), {"context"}),
        (lambda plan: write(plan, ".dockerignore", "nothing"), {"context"}),
        (lambda plan: write(plan, ".dockerignore", ".dockerignore\nsrc/b"), set()),
        (lambda plan: write(plan, "Dockerfile", "FROM base\nCOPY src /\n"), {"dockerfile"}),
        (lambda plan: os.utime(Path(plan.context) / "src" / "a", (1, 1)), set()),
        (lambda plan: plan._replace(build_args={"A": "2"}), {"arg A"}),
        (lambda plan: plan._replace(build_args={"A": "1", "B": ""}), {"arg B"}),
        (lambda plan: plan._replace(target="base"), {"target"}),
        (lambda plan: plan._replace(labels={**COMMIT, "team": "y"}), {"label team"}),
        (lambda plan: plan._replace(labels={"org.opencontainers.image.revision": "2", "team": "x"}), set()),
        (lambda plan: plan._replace(image=plan.image.with_tag("2" * 40)), set()),
        (lambda plan: plan._replace(platforms=("linux/riscv64",)), {"platforms"}),
        (lambda plan: plan._replace(ssh=(SshKey("default"),)), {"ssh"}),
        (lambda plan: plan._replace(cache=Cache("registry", said_to=("type=inline",))), set()),
        (
            lambda plan: plan._replace(annotations=(Annotation("index", "team", "x"),)),
            {"annotation index:team"},
        ),
        (
            lambda plan: plan._replace(annotations=(Annotation("index", "org.opencontainers.image.revision", "2"),)),
            set(),
        ),
    ],
)
def test_what_changes_the_content(
    plan: BuildPlan, change: Callable[[BuildPlan], BuildPlan | None], inputs: set[str]
) -> None:
    before = of(plan)
    assert changed(of(change(plan) or plan), before) == inputs


def test_what_surrounds_a_build_counts(plan: BuildPlan) -> None:
    before = of(plan)
    assert changed(of(plan, base="sha256:2"), before) == {"base base"}
    assert changed(of(plan, AROUND._replace(builder="buildx")), before) == {"builder"}
    both = [of(plan._replace(platforms=order)) for order in (("a", "b"), ("b", "a", "b"))]
    assert both[0].digest == both[1].digest


def test_the_platform_is_that_of_this_machine_unless_docker_is_told_another(plan: BuildPlan) -> None:
    assert Surroundings("", {}).built_for(plan)[0].startswith("linux/")
    assert Surroundings("", {"DOCKER_DEFAULT_PLATFORM": "linux/riscv64"}).built_for(plan) == ("linux/riscv64",)


def test_names_of_secrets_count_and_nothing_else_of_them(plan: BuildPlan) -> None:
    secret = plan._replace(secrets=(Secret("npm", variable="NPM_TOKEN"),))
    assert changed(of(secret), of(plan)) == {"secrets"}
    assert of(plan._replace(secrets=(Secret("npm", file="/else/where"),))).digest == of(secret).digest


def test_the_digest_is_fixed_for_good() -> None:
    found = Content({"b": "2", "a": "1"})
    assert found.digest == "sha256:5a4f78cdf4bb013f30259af5de69393ccc5195f1f45406c444b9b9104f61bff0"
    assert found.tag == "content-5a4f78cdf4bb013f30259af5de69393ccc5195f1"
    assert str(found.of(ImageRef("host", "g/p", "x"))) == f"host/g/p:{found.tag}"


def test_an_image_tells_its_inputs_and_no_value_of_an_argument(plan: BuildPlan) -> None:
    found = of(plan._replace(build_args={"PASSWORD": "hunter2"}))
    labels = found.labels()
    assert labels[CONTENT] == found.digest
    said = json.loads(labels[INPUTS])
    assert said["inputs"]["base base"] == "sha256:1"
    assert len(said["inputs"]["arg PASSWORD"]) == 16
    assert sorted(said["context"]) == ["Dockerfile", "src/"]
    assert "hunter2" not in str(labels)


def test_a_root_with_many_files_makes_no_long_label(plan: BuildPlan) -> None:
    for number in range(100):
        write(plan, f"file{number}", "")
    assert of(plan).parts == {}


def test_files_of_our_own_do_not_count(plan: BuildPlan) -> None:
    around = AROUND._replace(apart=(Path(plan.context) / "result.json", Path("/elsewhere/x")))
    before = of(plan, around)
    write(plan, "result.json", "{}")
    assert of(plan, around).digest == before.digest
    assert of(plan).digest != before.digest


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("COPY . .", False),
        ("COPY .git .git", True),
        ('COPY [".git", "/x"]', True),
        ("RUN --mount=type=bind,source=.git,target=/g make", True),
        ("RUN git describe --tags", True),
        ("RUN git -C /x rev-parse HEAD", True),
        ("RUN git clone https://x/y.git", False),
        ("COPY .gitignore .", False),
    ],
)
def test_the_commit_counts_where_the_dockerfile_looks_at_it(plan: BuildPlan, line: str, counts: bool) -> None:
    write(plan, "Dockerfile", f"FROM base\n{line}\n")
    assert ("commit" in of(plan).inputs) == counts


def test_content_that_cannot_be_told_says_why(plan: BuildPlan) -> None:
    assert contents.of(plan, AROUND, Known()) == Unknown("base cannot be found out")
    for context in ("-", "https://host/g/p.git", "git@host:g/p.git"):
        found = contents.of(plan._replace(context=context), AROUND, Known())
        assert found == Unknown(f"the context {context} is no folder here")
    write(plan, "Dockerfile", "FROM $X")
    assert contents.of(plan, AROUND, Known()) == Unknown("a FROM names no image")


def test_what_docker_would_refuse_is_refused(plan: BuildPlan) -> None:
    write(plan, ".dockerignore", "[")
    with pytest.raises(UsageError, match=r"\.dockerignore:1: '\[' is no pattern"):
        of(plan)
    with pytest.raises(BuildError, match="nowhere cannot be read: No such file"):
        of(plan._replace(dockerfile="/nowhere"))


def test_a_dockerfile_elsewhere_has_its_own_rules(plan: BuildPlan, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    dockerfile = tmp_path / "other" / "Dockerfile"
    dockerfile.write_text("FROM base")
    plan = plan._replace(context=str(tmp_path / "src"), dockerfile=str(dockerfile))
    assert list(of(plan).parts) == ["a"]
    (tmp_path / "other" / "Dockerfile.dockerignore").write_text("*")
    assert list(of(plan).parts) == []


def test_two_checkouts_of_one_commit_have_one_content(plan: BuildPlan, tmp_path: Path) -> None:
    folder = Path(plan.context)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(folder)]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    clone = tmp_path.parent / f"{tmp_path.name}-clone"
    subprocess.run(["git", "clone", "-q", str(folder), str(clone)], check=True)
    other = plan._replace(context=str(clone), dockerfile=str(clone / "Dockerfile"))
    no_git = AROUND._replace(environ={"PATH": "/nowhere"})
    assert of(plan).digest == of(other).digest == of(other, no_git).digest
