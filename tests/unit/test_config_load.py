"""Settings out of flags, variables and file: order, places, and one clear line for each mistake."""

from contextlib import suppress
from pathlib import Path

import hypothesis.strategies as some
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from ci_kit.config import load
from ci_kit.config.settings import ImageSettings, Settings
from ci_kit.errors import SettingsError, UsageError

TWO = """\
version: 1
images:
  - name: api
    context: services/api
    build_args:
      PORT: "80"
  - image: web
    context: ./web//
pipeline:
  builder: docker
  runner_tags: [big, privileged]
record:
  result: out/result.json
  commit_status: false
lint:
  ignore: [CK101]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


def from_file(text: str, flags: dict[str, object] | None = None, environ: dict[str, str] | None = None) -> Settings:
    path = Path(".ci-kit.yml")
    path.write_text(text)
    return load.load(path, flags or {}, environ or {})


def from_nothing(flags: dict[str, object] | None = None, environ: dict[str, str] | None = None) -> Settings:
    return load.load(None, flags or {}, environ or {})


def test_without_file_and_flags_the_dockerfile_in_the_root_is_the_image(project: Path) -> None:
    assert from_nothing().images == (ImageSettings("image", place="Dockerfile"),)


def test_without_dockerfile_the_error_says_what_init_would_write(project: Path) -> None:
    (project / "Dockerfile").unlink()
    with pytest.raises(UsageError, match=r"no Dockerfile in .*ci-kit init: it writes a \.ci-kit\.yml"):
        from_nothing()


def test_a_whole_file(project: Path) -> None:
    settings = from_file(TWO)
    api, web = settings.images
    assert (api.name, api.context, api.dockerfile, api.image) == (
        "api",
        "services/api",
        "services/api/Dockerfile",
        "",
    )
    assert dict(api.build_args) == {"PORT": "80"}
    assert api.place == ".ci-kit.yml:3:5"
    assert (web.name, web.context, web.dockerfile, web.image) == ("web", "web", "web/Dockerfile", "web")
    assert settings.pipeline.builder == "docker"
    assert settings.pipeline.runner_tags == ("big", "privileged")
    assert settings.record.result == "out/result.json"
    assert settings.record.commit_status is False
    assert settings.record.merge_request_note is True
    assert settings.lint.ignore == ("CK101",)
    assert settings.path == ".ci-kit.yml"
    assert settings.several is False


ORDER: tuple[tuple[dict[str, object], dict[str, str], str, str], ...] = (
    ({"image": "flag"}, {"CI_KIT_IMAGE": "kit", "CI_APPLICATION_REPOSITORY": "gitlab"}, "flag", "--image"),
    ({}, {"CI_KIT_IMAGE": "kit", "CI_APPLICATION_REPOSITORY": "gitlab"}, "kit", "CI_KIT_IMAGE"),
    ({}, {"CI_KIT_IMAGE": "", "CI_APPLICATION_REPOSITORY": "gitlab"}, "gitlab", "CI_APPLICATION_REPOSITORY"),
    ({"image": None}, {}, "file", ".ci-kit.yml:3:5"),
)


@pytest.mark.parametrize(("flags", "environ", "image", "place"), ORDER)
def test_the_first_that_says_something_wins(
    project: Path, flags: dict[str, object], environ: dict[str, str], image: str, place: str
) -> None:
    built = from_file("version: 1\nimages:\n  - image: file\n", flags, environ).images[0]
    assert (built.image, built.place) == (image, place)


def test_the_default_comes_last(project: Path) -> None:
    assert from_file("version: 1\n").images[0].image == ""


def test_a_name_selects_one_of_several(project: Path) -> None:
    settings = from_file(TWO, {}, {"CI_KIT_NAME": "web", "CI_KIT_TARGET": "final"})
    assert [(image.name, image.target) for image in settings.images] == [("web", "final")]
    assert settings.several is True
    assert [image.name for image in settings.others] == ["api"]


def test_needs_are_images_of_the_file(project: Path) -> None:
    text = "version: 1\nimages:\n- {name: api, image: api}\n- {name: web, image: web, needs: [NEED]}\n"
    assert from_file(text.replace("NEED", "api")).images[1].needs == ("api",)
    assert from_file(text.replace("NEED", "api"), {"name": "web"}).images[0].needs == ("api",)
    with pytest.raises(SettingsError) as caught:
        from_file(text.replace("NEED", "apo"))
    assert str(caught.value) == ".ci-kit.yml:4:3: needs: 'apo' is not an image here -> did you mean 'api'?"


def test_a_name_with_more_makes_a_new_image(project: Path) -> None:
    settings = from_file(TWO, {"name": "tool", "context": "tool"}, {})
    assert [(image.name, image.dockerfile) for image in settings.images] == [("tool", "tool/Dockerfile")]


def test_gitlabs_one_variable_does_not_mean_one_of_several(project: Path) -> None:
    settings = from_file(TWO, {}, {"CI_APPLICATION_REPOSITORY": "gitlab"})
    assert [image.image for image in settings.images] == ["", "web"]


def test_build_arguments_are_joined_by_name_and_the_nearer_wins(project: Path) -> None:
    text = "version: 1\nimages:\n  - build_args: {A: file, B: file}\n"
    settings = from_file(text, {"build_args": ["B=flag", "C=x=y "]})
    assert dict(settings.images[0].build_args) == {"A": "file", "B": "flag", "C": "x=y "}


def test_build_arguments_of_the_variable_are_lines(project: Path) -> None:
    settings = from_nothing({}, {"CI_KIT_BUILD_ARGS": "A=1\n\nB=two words\r\n"})
    assert dict(settings.images[0].build_args) == {"A": "1", "B": "two words"}


def test_booleans_of_variables_and_flags(project: Path) -> None:
    assert from_nothing({}, {"CI_KIT_COMMIT_STATUS": "no"}).record.commit_status is False
    assert from_nothing({"commit_status": True}, {"CI_KIT_COMMIT_STATUS": "no"}).record.commit_status is True


def test_the_name_is_the_last_part_of_the_image(project: Path) -> None:
    assert from_nothing({"image": "tools/lint"}).images[0].name == "lint"
    assert from_nothing({"image": "registry.example:5050/group/app"}).images[0].name == "app"
    assert from_nothing({"image": "$CI_REGISTRY_IMAGE/$KIND"}).images[0].name == "image"


def test_a_flag_may_name_a_path_outside_the_project(project: Path) -> None:
    assert from_nothing({"result": "/tmp/result.json"}).record.result == "/tmp/result.json"


WRONG_FILES = {
    "": "1:1: the settings must be a map, not empty -> start with version: 1",
    "[1]\n": "1:1: the settings must be a map, not a list",
    "images: []\n": "1:1: version is missing -> start with version: 1",
    "version: 2\n": "1:10: version is the number 2; this ci-kit knows version 1 -> install a newer ci-kit",
    "version: true\n": "1:10: version is the boolean true; this ci-kit knows version 1 -> write version: 1",
    "version: 1\nimage: x\n": "2:1: 'image' is not a key of the settings -> did you mean 'images'?",
    "version: 1\nimages:\n  - contex: a\n": "3:5: 'contex' is not a key of images[0] -> did you mean 'context'?",
    "version: 1\nimages: a\n": "2:9: images must be a list of images, not the text 'a'",
    "version: 1\nimages:\n  - a\n": "3:5: images[0] must be a map, not the text 'a'",
    "version: 1\nimages:\n  - target: 3\n": "3:13: images[].target must be text, not the number 3 -> put it in quotes",
    "version: 1\nimages:\n  - build_args:\n      PORT: 8080\n": "images[].build_args.PORT must be text",
    "version: 1\nimages:\n  - build_args: {1A: x}\n": "'1A' must be a name of letters, digits and _",
    "version: 1\nimages:\n  - name: A b\n": "'A b' must be a-z and 0-9, joined by . _ or - -> write 'a-b'",
    "version: 1\nimages:\n  - name: a\n  - name: a\n": "4:5: the name 'a' is taken by an image above",
    "version: 1\nimages:\n  - name: a-b\n  - name: a.b\n": "'a-b' and 'a.b' are the same in a variable: A_B",
    "version: 1\nimages:\n  - context: ../x\n": "3:14: images[].context: '../x' is outside the project",
    "version: 1\nimages:\n  - context: /x\n": "'/x' is outside the project",
    "version: 1\nimages:\n  - context: a\\b\n": "has a backslash -> write 'a/b'",
    "version: 1\nimages:\n  - context: https://x/y.git\n": "is an address; ci-kit builds what is checked out",
    "version: 1\npipeline: {builder: dockr}\n": "buildx, buildah, buildkit -> did you mean 'docker'?",
    "version: 1\npipeline: {docker_version: 28.5}\n": "must be text, not the number 28.5 -> put it in quotes",
    "version: 1\npipeline: {docker_version: latest}\n": "'latest' must be a version like 28.5.2",
    "version: 1\npipeline: {runner_tags: big}\n": "must be a list of texts, not the text 'big'",
    "version: 1\nrecord: {commit_status: maybe}\n": "must be true or false, not the text 'maybe'",
    "version: 1\nlint: {ignore: [dind]}\n": "'dind' must be CK101",
    "version: 1\nimages:\n  - image: a\n    image: b\n": "4:5: the key 'image' is here for the second time",
    "version: 1\nversion: 1\n": "2:1: the key 'version' is here for the second time -> keep one of them",
    "version: 1\nimages:\n  - build_args:\n      A: a\n      A: b\n": "5:7: the key 'A' is here for the second time",
    "version: 1\nimages:\n  - target: 2026-11-24\n": "images[].target must be text, not the Date 2026-11-24",
    "version: 1\npipeline: {runner_tags: !reference [a, b]}\n": "must be a list of texts, not a !reference",
    "version: 1\nimages:\n  - image: Group/App\n": "3:12: images[].image: 'Group/App' has upper-case letters",
    "version: 2\npipelin: {}\nimages: 3\n": "1:10: version is the number 2; this ci-kit knows version 1 (and 2 more)",
}


@pytest.mark.parametrize("text", WRONG_FILES)
def test_a_mistake_in_the_file_is_one_line_with_its_place(project: Path, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_file(text)
    assert str(caught.value).startswith(".ci-kit.yml:")
    assert WRONG_FILES[text] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_yaml_that_cannot_be_read_is_a_settings_error(project: Path) -> None:
    with pytest.raises(SettingsError, match=r"\.ci-kit\.yml:[23]:") as caught:
        from_file("version: 1\nimages: [\n")
    assert caught.value.exit_code == 2


def test_bytes_that_are_no_text_are_a_settings_error(project: Path) -> None:
    Path(".ci-kit.yml").write_bytes(b"version: 1\n\xff\xfe\n")
    with pytest.raises(SettingsError, match="ci-kit"):
        load.load(Path(".ci-kit.yml"), {}, {})


def test_a_missing_file_names_itself_and_init(project: Path) -> None:
    with pytest.raises(SettingsError, match=r"other\.yml: cannot be read: No such file.*ci-kit init"):
        load.load(Path("other.yml"), {}, {})


def test_find_sees_the_file_and_its_absence(project: Path) -> None:
    assert load.find(project) is None
    (project / ".ci-kit.yml").write_text("version: 1\n")
    assert load.find(project) == Path(".ci-kit.yml")
    (project / "below").mkdir()
    (project / "below/.ci-kit.yml").symlink_to("nowhere")
    assert load.find(project / "below") == project / "below/.ci-kit.yml"


WRONG_FLAGS: dict[str, tuple[dict[str, object], dict[str, str], str]] = {
    "a build argument without value": (
        {"build_args": ["TOKEN"]},
        {},
        "--build-arg: 'TOKEN' is not KEY=value",
    ),
    "a boolean of another word": (
        {},
        {"CI_KIT_COMMIT_STATUS": "maybe"},
        "CI_KIT_COMMIT_STATUS: 'maybe' is neither",
    ),
    "an unknown builder": (
        {"builder": "bx"},
        {},
        "--builder: 'bx' must be one of auto, docker, buildx, buildah, buildkit",
    ),
    "an image with a scheme": ({"image": "https://r.x/a"}, {}, "--image: 'https://r.x/a' has a scheme"),
    "the same in a variable": ({}, {"CI_KIT_IMAGE": "a:1"}, "CI_KIT_IMAGE: 'a:1' has a tag"),
}


@pytest.mark.parametrize("case", WRONG_FLAGS)
def test_a_wrong_flag_or_variable_is_named(project: Path, case: str) -> None:
    flags, environ, message = WRONG_FLAGS[case]
    with pytest.raises(UsageError) as caught:
        from_nothing(flags, environ)
    assert str(caught.value).startswith(message)


def test_several_images_and_a_flag_without_name(project: Path) -> None:
    with pytest.raises(UsageError, match=r"--target: which image\? \.ci-kit\.yml has api, web -> say it with --name"):
        from_file(TWO, {"target": "final"})


def test_a_name_that_is_none_of_several(project: Path) -> None:
    with pytest.raises(UsageError, match=r"--name: 'apii' is not an image .*did you mean 'api'"):
        from_file(TWO, {"name": "apii"})


def test_no_build_argument_value_is_repeated_in_an_error(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        from_nothing({}, {"CI_KIT_BUILD_ARGS": "glpat-1234567890abcdefghijklmnop"})
    assert "abcdefghij" not in str(caught.value)


PIECES = some.sampled_from(
    [
        *TWO.splitlines(keepends=True),
        "  - &a [*a]\n",
        "? x\n",
        ":a: :b\n",
        "- 2026-11-24\n",
        "\t",
        "{",
        "\x00",
    ]
)


@given(pieces=some.lists(PIECES, max_size=12))
@hypothesis_settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_settings_or_a_usage_error(project: Path, pieces: list[str]) -> None:
    with suppress(UsageError):  # any other exception fails
        assert from_file("".join(pieces)).images
