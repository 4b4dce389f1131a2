"""A Dockerfile with its siblings named by digest, and nothing else changed."""

import pytest

from ci_kit.build.inputs.base_images import Unresolved
from ci_kit.build.inputs.pinned import rewritten

PIN = "registry.example.com/g/p/base@sha256:" + "1" * 64
PINS = {"r.io/base": PIN, "r.io/base:latest": PIN}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM r.io/base\nRUN x\n", f"FROM {PIN}\nRUN x\n"),
        ("from --platform=linux/arm64 r.io/base:latest AS b\n", f"from --platform=linux/arm64 {PIN} AS b\n"),
        ("FROM r.io/base:1\nFROM r.io/based\n", "FROM r.io/base:1\nFROM r.io/based\n"),
        (
            "# escape=`\n# why\nFROM `\n  # here\n  r.io/base\nRUN a `\n b",
            f"# escape=`\n# why\n\n\nFROM   {PIN}\nRUN a `\n b",
        ),
        ("ARG T=latest\nFROM r.io/base:${T}", f"ARG T=latest\nFROM {PIN}"),
        ('FROM "r.io/base" AS x\nFROM x', f"FROM {PIN} AS x\nFROM x"),
        ("FROM a AS r.io/base\nFROM r.io/base", "FROM a AS r.io/base\nFROM r.io/base"),
        ("FROM a\nCOPY --link --from=r.io/base /r.io/base /\n", f"FROM a\nCOPY --link --from={PIN} /r.io/base /\n"),
        (
            "RUN --mount=type=bind,from=r.io/base,target=/x --mount=from=r.io/base:latest,target=/y \\\n"
            "  cat <<E\nFROM r.io/base\nE\n",
            f"\nRUN --mount=type=bind,from={PIN},target=/x --mount=from={PIN},target=/y "
            "  cat <<E\nFROM r.io/base\nE\n",
        ),
        ("FROM a\r\nFROM r.io/base\r\nRUN x\r\n", f"FROM a\r\nFROM {PIN}\nRUN x\r\n"),
    ],
)  # fmt: skip
def test_only_what_names_the_sibling_changes(text: str, expected: str) -> None:
    assert rewritten(text, PINS, {}, "linux/amd64") == expected
    assert rewritten(text, {}, {}, "linux/amd64") == text


def test_variables_have_the_values_of_the_build() -> None:
    text = "ARG BASE\nFROM $BASE AS one\nFROM $BASE-$TARGETARCH\n"
    pins = {"r.io/base": PIN, "r.io/base-arm64": "r.io/two@sha256:2"}
    found = rewritten(text, pins, {"BASE": "r.io/base"}, "linux/arm64")
    assert found == f"ARG BASE\nFROM {PIN} AS one\nFROM r.io/two@sha256:2\n"


def test_what_cannot_be_read_is_told() -> None:
    with pytest.raises(Unresolved, match="no variable may stand there"):
        rewritten("FROM a\nCOPY --from=$X / /", PINS, {}, "linux/amd64")
