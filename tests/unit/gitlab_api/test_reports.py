import json
import re

import pytest

from ci_kit.gitlab_api import note, reports
from ci_kit.model.image import ImageRef
from ci_kit.model.record import BuildRecord, JobFacts

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = ImageRef("registry.example.com", "group/project/app", "0123")
FACTS = JobFacts(
    sha="0123", project_url="https://gitlab.example.com/g/p", job_url="https://gitlab.example.com/g/p/-/jobs/9"
)


def record(name: str = "app", image: ImageRef = IMAGE, tags: tuple[str, ...] = ("0123", "main")) -> BuildRecord:
    return BuildRecord(name, image, DIGEST, tags, "docker", 1.5, 1_234_567, ("linux/amd64",))


def test_one_image_has_three_short_keys() -> None:
    assert reports.dotenv([record()], several=False) == (
        f"CI_KIT_IMAGE_REF=registry.example.com/group/project/app@{DIGEST}\n"
        "CI_KIT_IMAGE_TAG=registry.example.com/group/project/app:0123\n"
        f"CI_KIT_IMAGE_DIGEST={DIGEST}\n"
    )


def test_an_image_of_several_carries_its_name() -> None:
    text = reports.dotenv([record("web-front.end"), record("ünïcode")], several=True)
    keys = [line.partition("=")[0] for line in text.splitlines()]
    assert keys[0] == "CI_KIT_IMAGE_REF_WEB_FRONT_END"
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", key) for key in keys)


def test_without_images_there_is_no_line() -> None:
    assert reports.dotenv([], several=False) == ""


@pytest.mark.parametrize("count", [6, 7, 20, 21, 60])
@pytest.mark.parametrize("path", ["g/p/app", "g/" + "long" * 50])
def test_gitlabs_limits_are_kept(count: int, path: str) -> None:
    records = [record(f"image-{number}", ImageRef("registry.example.com", path, "0123")) for number in range(count)]
    text = reports.dotenv(records, several=True)
    lines = text.splitlines()
    assert 0 < len(lines) <= 20
    assert len(text.encode()) <= 5 * 1024
    assert lines[0].startswith("CI_KIT_IMAGE_REF_IMAGE_0=")
    assert not any(set(line) & set(" \t\"'#$") for line in lines)
    assert text.endswith("\n")
    assert "\n\n" not in text


def test_annotations_are_gitlabs_external_links() -> None:
    said = json.loads(reports.annotations([record()], FACTS))
    link = {"label": record().pinned, "url": "https://gitlab.example.com/g/p/container_registry"}
    assert said == {"Images": [{"external_link": link}]}


def test_without_a_project_there_is_nothing_to_link_to() -> None:
    assert json.loads(reports.annotations([record()], JobFacts())) == {"Images": []}


def test_the_note_is_one_table() -> None:
    assert note.render([record()], FACTS) == (
        "<!-- ci-kit build-push -->\n"
        "Images of 0123 by [this job](https://gitlab.example.com/g/p/-/jobs/9):\n"
        "\n"
        "| image | digest | size | change | time | cached | tags |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | --- |\n"
        "| `registry.example.com/group/project/app` | `sha256:0123456789ab` "
        "| 1.2 MB | new | 1.5 s |  | `0123`, `main` |"
    )


EVIL = "a`|b\n/merge\r\n| @all [x](http://evil) <img src=x> ~label"


def test_no_value_breaks_out_of_its_cell() -> None:
    image = ImageRef("host", f"path{EVIL}", EVIL)
    evil = record(image=image, tags=(EVIL, "good"))
    facts = JobFacts(sha=EVIL, job_url=f"https://gitlab.example.com/{EVIL})")
    lines = note.render([evil], facts).splitlines()
    assert len(lines) == 6
    assert lines[-1].count("|") == 8
    assert lines[-1].count("`") == 8
    assert "(" not in lines[-1]
    assert lines[1].count("(") == lines[1].count(")") == 1
    assert not any(line.startswith("/") for line in lines)
