"""From settings to jobs to text: valid for GitLab, the same everywhere, and equal to the component."""

import re
import subprocess
from copy import deepcopy
from fnmatch import fnmatch
from typing import Any

import hypothesis.strategies as some
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from ci_kit.config import images
from ci_kit.config.options import of_section
from ci_kit.config.settings import (
    ImageSettings,
    PipelineSettings,
    Placed,
    RecordSettings,
    Settings,
    SupplyChainSettings,
)
from ci_kit.errors import UsageError
from ci_kit.pipeline import check, components, jobs, render, seal
from ci_kit.source.reader import read

ONE = Settings(images=(ImageSettings("image"),))
TWO = Settings(images=(ImageSettings("api", context="api", dockerfile="api/Dockerfile"), ImageSettings("web")))

RECORD = [option.variable for option in of_section("record")]


def generated(settings: Settings) -> dict[str, Any]:
    """The pipeline as GitLab reads it, through text and all checks; extends are merged."""
    check.settings(settings)
    pipeline = jobs.pipeline(settings)
    text = render.text(pipeline)
    check.pipeline(text, pipeline)
    data = read(text, "generated.yml").data
    return {name: merged(data, job) for name, job in data.items() if isinstance(job, dict) and name[0] != "."}


def merged(data: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    base = data.get(job.get("extends", ""), {})
    own = {key: value for key, value in job.items() if key != "extends"}
    both = {key: {**base[key], **own[key]} for key in own if key in base and isinstance(own[key], dict)}
    return {**base, **own, **both}


def test_one_image_is_one_job() -> None:
    assert list(generated(ONE)) == ["build-push"]


def test_several_images_are_several_jobs_with_their_own_variables() -> None:
    found = generated(TWO)
    assert list(found) == ["build-push:api", "build-push:web"]
    assert found["build-push:api"]["variables"]["CI_KIT_NAME"] == "api"
    assert found["build-push:api"]["variables"]["CI_KIT_CONTEXT"] == "api"
    assert found["build-push:web"]["variables"]["CI_KIT_DOCKERFILE"] == "Dockerfile"


def test_the_daemon_is_said_in_full() -> None:
    job = generated(ONE)["build-push"]
    assert job["services"] == [
        {"name": "docker:28.5.2-dind", "alias": "docker", "variables": {"HEALTHCHECK_TCP_PORT": "2376"}}
    ]
    assert (
        job["variables"].items()
        >= {
            "DOCKER_HOST": "tcp://docker:2376",
            "DOCKER_TLS_CERTDIR": "/certs",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": "/certs/client",
        }.items()
    )


def test_settings_of_the_pipeline_arrive() -> None:
    how = PipelineSettings("buildx", "image", "r.example/ci-kit:1", ("big", "x"), "27.5", "images")
    settings = ONE._replace(pipeline=how)
    job = generated(settings)["build-push"]
    assert (job["image"], job["services"][0]["name"]) == ("r.example/ci-kit:1", "docker:27.5-dind")
    assert (job["tags"], job["stage"], job["script"]) == (["big", "x"], "images", ["ci-kit build-push"])
    assert job["variables"]["CI_KIT_BUILDER"] == "buildx"
    assert jobs.pipeline(settings).stages == ("images",)


def test_what_is_made_from_another_image_waits_for_its_job() -> None:
    _, api, web = jobs.pipeline(TWO, {"web": {"api": ["$CI_REGISTRY_IMAGE/api"]}}).jobs
    assert (api.needs, web.needs) == ((), ("build-push:api",))
    assert "needs" not in api.as_data()
    plain = TWO._replace(pipeline=PipelineSettings(helper="none"))
    _, api, web = jobs.pipeline(plain, {"web": {"api": ["$CI_REGISTRY_IMAGE/api"]}}).jobs
    assert (api.variables.get("CI_KIT_PINS"), web.variables["CI_KIT_PINS"]) == (None, "API=$CI_REGISTRY_IMAGE/api")


def test_results_of_several_jobs_do_not_overwrite_each_other() -> None:
    found = generated(TWO._replace(record=RecordSettings(result="out/result.json")))
    for job in found.values():
        assert job["artifacts"]["paths"] == ["out/result-$CI_KIT_NAME.json", "ci-kit-report-$CI_KIT_NAME.html"]
        assert job["variables"]["CI_KIT_RESULT"] == "out/result-$CI_KIT_NAME.json"


def test_files_that_are_not_written_are_not_kept() -> None:
    nothing = RecordSettings(result="", dotenv="", annotations="", report="", junit="")
    assert "artifacts" not in generated(ONE._replace(record=nothing))["build-push"]
    reports = generated(TWO._replace(record=RecordSettings(dotenv="")))["build-push:api"]["artifacts"]["reports"]
    assert reports == {"annotations": "ci-kit-annotations.json", "junit": "ci-kit-junit.xml"}


def test_settings_of_the_record_arrive_where_they_are_not_usual() -> None:
    record = RecordSettings("r.json", "Image.env", "", commit_status=False)
    variables = generated(ONE._replace(record=record))["build-push"]["variables"]
    said = {name: value for name, value in variables.items() if name in RECORD}
    assert said == {"CI_KIT_RESULT": "r.json", "CI_KIT_DOTENV": "Image.env", "CI_KIT_COMMIT_STATUS": "false"}


def test_the_plain_script_knows_no_default_paths() -> None:
    variables = generated(ONE._replace(pipeline=PipelineSettings(helper="none")))["build-push"]["variables"]
    said = {name: value for name, value in variables.items() if name in RECORD}
    assert said == {"CI_KIT_DOTENV": "ci-kit.env", "CI_KIT_ANNOTATIONS": "ci-kit-annotations.json"}


def test_the_helper_image_must_be_named() -> None:
    with pytest.raises(UsageError, match=r"pipeline\.helper_image names none"):
        check.settings(ONE._replace(pipeline=PipelineSettings(helper="image")))


def test_a_path_outside_the_project_has_no_job() -> None:
    with pytest.raises(UsageError, match=r"result '/tmp/x\.json' is outside the project"):
        check.settings(ONE._replace(record=RecordSettings(result="/tmp/x.json")))


def test_a_job_name_has_gitlabs_length() -> None:
    check.settings(ONE._replace(images=(ImageSettings("a" * 244),)))
    with pytest.raises(UsageError, match="GitLab allows 255"):
        check.settings(ONE._replace(images=(ImageSettings("a" * 245),)))


@pytest.mark.parametrize("helper", ["pip", "none"])
def test_scripts_are_posix_shell(helper: str) -> None:
    for script in jobs.script_of(helper):
        done = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "[[" not in script


# What GitLab says of a pipeline, and what the job does: run to the end, run until a newer one comes, or not run.
BRANCH = {"CI_PROJECT_ID": "7", "CI_DEFAULT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push"}
REQUEST = {
    "CI_PROJECT_ID": "7",
    "CI_DEFAULT_BRANCH": "main",
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_IID": "3",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature",
    "CI_OPEN_MERGE_REQUESTS": "group/project!3",
}
SITUATIONS: dict[str, tuple[dict[str, str], str]] = {
    "push to the default branch": (BRANCH | {"CI_COMMIT_BRANCH": "main"}, "to the end"),
    "the same, and a request from it": (
        BRANCH | {"CI_COMMIT_BRANCH": "main", "CI_OPEN_MERGE_REQUESTS": "group/project!3"},
        "to the end",
    ),
    "push to a branch": (BRANCH | {"CI_COMMIT_BRANCH": "feature"}, "interruptible"),
    "push to a branch with a request": (
        BRANCH | {"CI_COMMIT_BRANCH": "feature", "CI_OPEN_MERGE_REQUESTS": "group/project!3"},
        "not",
    ),
    "schedule on a branch with a request": (
        BRANCH
        | {
            "CI_PIPELINE_SOURCE": "schedule",
            "CI_COMMIT_BRANCH": "feature",
            "CI_OPEN_MERGE_REQUESTS": "g/p!3",
        },
        "interruptible",
    ),
    "merge request": (REQUEST, "interruptible"),
    "merge request, in a child pipeline": (
        REQUEST | {"CI_PIPELINE_SOURCE": "parent_pipeline"},
        "interruptible",
    ),
    "merge request of a fork, run here": (REQUEST | {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "9"}, "not"),
    "merge request from the default branch": (
        REQUEST | {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "main"},
        "not",
    ),
    "tag": (BRANCH | {"CI_COMMIT_TAG": "v1"}, "to the end"),
}


def outcome(rules: list[dict[str, Any]], variables: dict[str, str]) -> str:
    for rule in rules:
        if all(holds(part, variables) for part in rule["if"].split(" && ")):
            if rule.get("when") == "never":
                return "not"
            return "interruptible" if rule.get("interruptible") else "to the end"
    return "not"


def holds(part: str, variables: dict[str, str]) -> bool:
    words = [variables.get(word[1:]) if word[0] == "$" else word.strip('"') for word in part.split()]
    if len(words) == 1:
        return bool(words[0])
    return (words[0] == words[2]) == (words[1] == "==")


@pytest.mark.parametrize("case", SITUATIONS)
def test_one_pipeline_a_push(case: str) -> None:
    variables, expected = SITUATIONS[case]
    assert outcome(generated(ONE)["build-push"]["rules"], variables) == expected


def without_nothing(job: dict[str, Any]) -> dict[str, Any]:
    """An empty variable and an empty list say the same as none."""
    variables = {name: value for name, value in job["variables"].items() if value != ""}
    return {key: value for key, value in job.items() if value != []} | {"variables": variables}


COMPONENT_CASES = (
    ImageSettings("image"),
    ImageSettings("web", "web", "docker/web.Dockerfile", "web", {"A": "1", "B": "two words"}, "final"),
)


@pytest.mark.parametrize("image", COMPONENT_CASES, ids=lambda image: str(image.name))
@pytest.mark.parametrize("how", [PipelineSettings(), PipelineSettings("buildx", "pip", "", ("x",), "28.5.2", "test")])
def test_the_component_is_the_generated_job(image: ImageSettings, how: PipelineSettings) -> None:
    job = generated(Settings(images=(image,), pipeline=how))["build-push"]
    assert job_of_component(components.NAME, image, how, job) == without_nothing(job)


@pytest.mark.parametrize("image", COMPONENT_CASES, ids=lambda image: str(image.name))
@pytest.mark.parametrize(
    "how",
    [
        PipelineSettings("buildah"),
        PipelineSettings("buildah", runner_tags=("x",), stage="test", registry_mirror="https://mirror.example"),
    ],
)
def test_the_component_without_daemon_is_the_generated_job(image: ImageSettings, how: PipelineSettings) -> None:
    job = generated(Settings(images=(image,), pipeline=how))["build-push"]
    found = job_of_component(components.NAME_WITHOUT_DAEMON, image, how, job)
    assert found == without_nothing(job)
    assert "services" not in found
    assert not any(name.startswith("DOCKER_") for name in found["variables"])


def test_the_component_without_daemon_leads_buildx_to_a_buildkit_elsewhere() -> None:
    how = PipelineSettings("buildx", "image", "r.example/job:1", buildkit="tcp://buildkit.example:1234")
    image = COMPONENT_CASES[0]
    job = generated(Settings(images=(image,), pipeline=how))["build-push"]
    found = job_of_component(components.NAME_WITHOUT_DAEMON, image, how, job)
    assert found["variables"].pop("CI_KIT_VERSION")
    assert "if ! command -v ci-kit" in found.pop("script")[0]
    assert found == without_nothing({key: value for key, value in job.items() if key != "script"})


def test_the_component_of_platforms_has_the_generated_jobs() -> None:
    tags = {"linux/amd64": ("x",), "linux/arm64": ("arm",)}
    job = generated(
        Settings(images=(ImageSettings("web", "web", "web/Dockerfile"),), pipeline=PipelineSettings(native=tags))
    )
    made = components.component(components.NAME_BY_PLATFORM)
    values = {each.name: each.default for each in made.inputs} | {
        "name": "web",
        "context": "web",
        "dockerfile": "web/Dockerfile",
        "amd64_runner_tags": ["x"],
        "arm64_runner_tags": ["arm"],
    }
    text = render.component_text(made.inputs, made.pipeline)
    check.template(text, made.inputs, made.pipeline)
    data: Any = check.expanded(read(text, "template.yml").documents[1], values)
    found = {name: merged(data, each) for name, each in data.items() if name[0] != "."}
    assert found.keys() == job.keys()
    for name in job:
        each, meant = deepcopy(found[name]), deepcopy(job[name])  # the two children share their lists
        kept, kept_by_job = (one["artifacts"].pop("paths") for one in (each, meant))
        assert all(any(fnmatch(path, pattern) for pattern in kept) for path in kept_by_job)
        assert without_nothing(each) == without_nothing(meant)


def job_of_component(name: str, image: ImageSettings, how: PipelineSettings, job: dict[str, Any]) -> dict[str, Any]:
    """Return the job of the component with the inputs that say the same; the paths are compared, and taken out."""
    made = components.component(name)
    values = {each.name: each.default for each in made.inputs} | {
        "stage": how.stage,
        "name": image.name,
        "context": image.context,
        "dockerfile": image.dockerfile,
        "image": image.image,
        "target": image.target,
        "build_args": "\n".join(f"{key}={value}" for key, value in image.build_args.items()),
        "builder": how.builder,
        "buildkit": how.buildkit,
        "registry_mirror": how.registry_mirror,
        "runner_tags": list(how.runner_tags),
    }
    values |= {"helper_image": how.helper_image} if how.helper_image else {}
    text = render.component_text(made.inputs, made.pipeline)
    check.template(text, made.inputs, made.pipeline)
    expanded: Any = check.expanded(read(text, "template.yml").documents[1], values)
    kept, kept_by_job = (each["artifacts"].pop("paths") for each in (expanded["build-push"], job))
    assert all(any(fnmatch(path, pattern) for pattern in kept) for path in kept_by_job)
    return without_nothing(expanded["build-push"])


@pytest.mark.parametrize("name", components.NAMES)
def test_defaults_of_inputs_pass_their_own_rules(name: str) -> None:
    for each in components.component(name).inputs:
        assert not each.options or each.default in each.options
        assert not each.pattern or re.search(each.pattern, str(each.default))


NAMES = some.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,4})?", fullmatch=True)
TEXTS = some.text(some.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029\ufeff"))
# Where a tuple with names is given itself, also what has a default would be drawn.
IMAGES = some.builds(
    lambda **said: ImageSettings(**said),
    name=NAMES,
    context=some.sampled_from([".", "a", "a/b c", "yes", "012", "- x", "#x"]),
    dockerfile=some.sampled_from(["Dockerfile", "a: b", "'x'"]),
    image=some.sampled_from(["", "app", "$CI_REGISTRY_IMAGE/app", "r.example:5050/g/app"]),
    build_args=some.dictionaries(some.sampled_from(["A", "B_1", "on"]), TEXTS, max_size=3),
    target=some.sampled_from(["", "final", "1e3", "null"]),
)
PIPELINES = some.builds(
    lambda **said: PipelineSettings(**said),
    builder=some.sampled_from(["auto", "docker", "buildx"]),
    helper=some.sampled_from(["pip", "none", "image"]),
    helper_image=some.just("r.example/ci-kit:1"),
    runner_tags=some.lists(some.sampled_from(["a", "yes", "1", "a: b", "$X"]), max_size=3, unique=True).map(tuple),
    docker_version=some.sampled_from(["", "28", "27.5"]),
    stage=some.sampled_from(["build", "test", "images", "no", "two words"]),
)


@given(
    settings=some.builds(
        lambda **said: Settings(**said),
        images=some.lists(
            IMAGES, min_size=1, max_size=4, unique_by=lambda image: images.variable_suffix(image.name)
        ).map(tuple),
        pipeline=PIPELINES,
    )
)
@hypothesis_settings(max_examples=100, deadline=None)
def test_any_settings_give_text_that_passes_all_checks(settings: Settings) -> None:
    found = generated(settings)
    assert len(found) == len(settings.images)
    for image, job in zip(settings.images, found.values(), strict=True):
        assert job["variables"]["CI_KIT_CONTEXT"] == image.context
        lines = "\n".join(f"{key}={value}" for key, value in image.build_args.items())
        assert job["variables"].get("CI_KIT_BUILD_ARGS", "") == lines


def test_a_seal_knows_its_own_text() -> None:
    text = render.text(jobs.pipeline(ONE))
    assert (seal.is_ours(text), seal.is_untouched(text)) == (True, True)
    assert seal.is_untouched(text.replace("\n", "\r\n"))
    changed = text.replace("stage: build", "stage: test")
    assert (seal.is_ours(changed), seal.is_untouched(changed)) == (True, False)
    assert (seal.is_ours("build:\n  script: x\n"), seal.is_untouched("")) == (False, False)


def test_rules_for_tags_reach_the_job_as_they_are_written() -> None:
    tags = (Placed("type=raw,x,enable=$CI_COMMIT_TAG"), Placed("type=sha"))
    image = ImageSettings("image", tags=tags, labels={"a": "$b"}, overwrite_tags=True)
    variables = generated(Settings(images=(image,)))["build-push"]["variables"]
    assert variables["CI_KIT_TAGS"] == "type=raw,x,enable=$$CI_COMMIT_TAG\ntype=sha"
    assert (variables["CI_KIT_LABELS"], variables["CI_KIT_OVERWRITE_TAGS"]) == ("a=$$b", "true")


def test_plain_docker_commands_take_neither_rules_nor_labels() -> None:
    plain = PipelineSettings(helper="none")
    for name, image in (
        ("tags", ImageSettings("image", tags=(Placed("type=sha"),))),
        ("labels", ImageSettings("image", labels={"a": "b"})),
    ):
        with pytest.raises(UsageError, match=f"{name} needs ci-kit in the job, but pipeline.helper is none -> write"):
            check.settings(Settings(images=(image,), pipeline=plain))


def test_what_a_build_is_told_arrives_as_it_was_said() -> None:
    image = ImageSettings(
        "app",
        platforms=("linux/amd64", "linux/arm64"),
        cache="none",
        secrets=(Placed("id=npm,env=NPM_TOKEN"), Placed("id=ca,src=$CA_FILE")),
        ssh=(Placed("default"),),
        oci_annotations={"index:team": "x"},
    )
    variables = generated(Settings(images=(image,)))["build-push"]["variables"]
    assert variables["CI_KIT_PLATFORMS"] == "linux/amd64,linux/arm64"
    assert variables["CI_KIT_CACHE"] == "none"
    assert variables["CI_KIT_SECRETS"] == "id=npm,env=NPM_TOKEN\nid=ca,src=$$CA_FILE"
    assert (variables["CI_KIT_SSH"], variables["CI_KIT_OCI_ANNOTATIONS"]) == ("default", "index:team=x")


def test_a_mirror_is_told_to_the_daemon() -> None:
    how = PipelineSettings(registry_mirror="https://mirror.example.com")
    service = generated(ONE._replace(pipeline=how))["build-push"]["services"][0]
    assert service["command"] == ["--registry-mirror=https://mirror.example.com"]


@pytest.mark.parametrize(
    "image", [ImageSettings("a", platforms=("linux/arm64",)), ImageSettings("a", ssh=(Placed("x"),))]
)
def test_plain_docker_commands_do_not_do_everything(image: ImageSettings) -> None:
    with pytest.raises(UsageError, match="needs ci-kit in the job"):
        check.settings(Settings(images=(image,), pipeline=PipelineSettings(helper="none")))


@pytest.mark.parametrize(
    ("how", "alone"),
    [
        (PipelineSettings(), False),
        (PipelineSettings("buildah"), True),
        (PipelineSettings("buildkit", "image", "r.example/kit:1"), True),
        (PipelineSettings(buildkit="tcp://kit:1234"), True),
        (PipelineSettings("buildx", buildkit="kubernetes://ci"), True),
        (PipelineSettings("buildx", buildkit="docker-container"), False),
        (PipelineSettings("docker", buildkit="tcp://kit:1234"), False),
    ],
)
def test_a_job_has_a_daemon_beside_it_where_the_builder_needs_one(how: PipelineSettings, alone: bool) -> None:
    job = generated(ONE._replace(pipeline=how))["build-push"]
    assert ("services" in job) is not alone
    assert any(name.startswith("DOCKER_") for name in job["variables"]) is not alone
    assert job["variables"].get("CI_KIT_BUILDKIT", "") == how.buildkit
    assert job["image"] == (how.helper_image or ("debian:13-slim" if how.builder == "buildah" else "docker:28.5.2-cli"))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (PipelineSettings("buildah", "none"), "pipeline.builder: buildah needs ci-kit in the job"),
        (PipelineSettings("buildx", "none", buildkit="docker-container"), "pipeline.buildkit needs ci-kit in the job"),
        (PipelineSettings("buildkit"), "lets no job install anything -> write helper: image"),
        (PipelineSettings(buildkit="tcp://kit:1", registry_mirror="https://m.example"), "that runs elsewhere"),
    ],
)
def test_a_builder_that_cannot_come_into_the_job_is_refused(how: PipelineSettings, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check.settings(ONE._replace(pipeline=how))


def test_the_list_of_what_is_in_an_image_is_kept() -> None:
    wanted = ONE._replace(supply_chain=SupplyChainSettings(sbom="file"))
    assert generated(wanted)["build-push"]["artifacts"]["paths"] == [
        "ci-kit-result.json",
        "ci-kit-report.html",
        "ci-kit-sbom-$CI_KIT_NAME.json",
    ]


def test_plain_docker_commands_prove_nothing() -> None:
    plain = ONE._replace(pipeline=PipelineSettings(helper="none"), supply_chain=SupplyChainSettings(scan="trivy"))
    with pytest.raises(UsageError, match="supply_chain needs ci-kit in the job"):
        check.settings(plain)


NATIVE = PipelineSettings(runner_tags=("big",), native={"linux/amd64": (), "linux/arm64": ("arm",)})


def test_each_platform_has_a_job_on_its_own_runners_and_one_job_merges_them() -> None:
    found = generated(ONE._replace(pipeline=NATIVE))
    assert list(found) == ["build-push:linux-amd64", "build-push:linux-arm64", "build-push"]
    assert [found[name]["tags"] for name in found] == [["big"], ["arm"], ["big"]]
    assert found["build-push"]["needs"] == ["build-push:linux-amd64", "build-push:linux-arm64"]
    assert "services" not in found["build-push"]
    assert "DOCKER_HOST" not in found["build-push"]["variables"]
    assert found["build-push"]["script"][-1] == 'ci-kit merge "ci-kit-result-$CI_KIT_NAME"-*.json'
    assert found["build-push"]["variables"]["CI_KIT_PLATFORMS"] == "linux/amd64,linux/arm64"
    for name in list(found)[:2]:
        assert found[name]["script"][-1] == "ci-kit build-push --child"
        assert "dotenv" not in found[name]["artifacts"]["reports"]


def test_images_are_merged_from_their_own_platforms() -> None:
    api = ImageSettings("api", secrets=(Placed("id=a,env=A"),))
    web = ImageSettings("web", platforms=("linux/arm64",))
    found = generated(Settings(images=(api, web), pipeline=NATIVE))
    assert found["build-push:web"]["needs"] == ["build-push:web:linux-arm64"]
    assert "CI_KIT_SECRETS" in found["build-push:api:linux-amd64"]["variables"]
    assert "CI_KIT_SECRETS" not in found["build-push:api"]["variables"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (ONE._replace(pipeline=NATIVE._replace(helper="none")), "native needs ci-kit in the job"),
        (ONE._replace(pipeline=NATIVE, record=RecordSettings(result="")), "native needs record.result"),
        (
            Settings(images=(ImageSettings("a", platforms=("linux/s390x",)),), pipeline=NATIVE),
            "there is no runner for linux/s390x -> add it to pipeline.native",
        ),
        (Settings(images=(ImageSettings("a" * 240),), pipeline=NATIVE), "GitLab allows 255"),
    ],
)
def test_what_no_native_runner_can_do_is_refused(settings: Settings, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        check.settings(settings)
    assert words in str(caught.value)


def test_platforms_of_an_image_wait_for_the_whole_image_they_are_made_from() -> None:
    settings = Settings(images=(ImageSettings("base"), ImageSettings("app")), pipeline=NATIVE)
    check.settings(settings)
    found = {job.name: job for job in jobs.pipeline(settings, {"app": {"base": ("base",)}}).jobs}
    assert found["build-push:app:linux-arm64"].needs == ("build-push:base",)
    assert found["build-push:app"].needs == ("build-push:app:linux-amd64", "build-push:app:linux-arm64")
    assert found["build-push:base:linux-arm64"].needs == ()


BOTH = ImageSettings("app", platforms=("linux/amd64", "linux/arm64"))


def test_a_daemon_that_shall_hold_several_platforms_is_told() -> None:
    def flags(how: PipelineSettings, image: ImageSettings = BOTH) -> object:
        return generated(Settings(images=(image,), pipeline=how))["build-push"]["services"][0].get("command")

    store = "--feature=containerd-snapshotter=true"
    assert flags(PipelineSettings()) == [store]
    mirror = PipelineSettings(registry_mirror="https://m.example")
    assert flags(mirror) == ["--registry-mirror=https://m.example", store]
    assert flags(PipelineSettings(buildkit="docker-container")) is None
    assert flags(PipelineSettings(), BOTH._replace(platforms=("linux/arm64",))) is None


def test_an_old_daemon_that_cannot_hold_several_platforms_is_refused() -> None:
    old = PipelineSettings(docker_version="27.5")
    with pytest.raises(
        UsageError, match=r"Docker 27\.5 beside the job keeps one platform of an image -> use docker_ve"
    ):
        check.settings(Settings(images=(BOTH,), pipeline=old))
    check.settings(Settings(images=(BOTH._replace(platforms=("linux/arm64",)),), pipeline=old))
