"""Values of build args inside a copy of the Dockerfile."""

import pytest

from ci_kit.build.inputs import dockerfile
from ci_kit.build.options.baked_arguments import baked, unknown
from ci_kit.errors import BuildError

TEXT = """\
ARG BASE=busybox
FROM $BASE AS one
ARG A B=2 \\
  # a comment
  C
RUN <<END
ARG A
END
FROM one
ARG A
"""


def test_a_value_is_declared_behind_each_declaration_of_its_name() -> None:
    assert baked(TEXT, {"A": "1", "C": "c", "BASE": "alpine", "X": "x"}).splitlines() == [
        "ARG BASE=busybox",
        "ARG BASE='alpine'",
        "FROM $BASE AS one",
        "ARG A B=2 \\",
        "  # a comment",
        "  C",
        "ARG A='1'",
        "ARG C='c'",
        "RUN <<END",
        "ARG A",
        "END",
        "FROM one",
        "ARG A",
        "ARG A='1'",
    ]
    assert unknown(TEXT, {"A": "1", "X": "x"}) == ["X"]
    assert baked(TEXT, {}) == TEXT


@pytest.mark.parametrize(
    "value", ["", "a b", "it's", "$HOME", "a\\", "'", '"', "`a`", "ä\u2028ö", "#x", "<<END", "a\\'b"]
)
def test_every_value_of_one_line_means_itself(value: str) -> None:
    for head in ("", "# escape=`\n"):
        parsed = dockerfile.parse(baked(f"{head}ARG A\nFROM a\n", {"A": value}))
        (word,) = parsed.instructions[1].words
        assert dockerfile.expand(word.removeprefix("A="), {}, parsed.escape) == value
        assert [instruction.name for instruction in parsed.instructions] == ["ARG", "ARG", "FROM"]


def test_a_value_of_several_lines_is_refused() -> None:
    with pytest.raises(BuildError, match="the build arg A has more than one line -> use a secret"):
        baked("ARG A\n", {"A": "1\n2"})
