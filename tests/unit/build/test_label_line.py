"""Labels in the Dockerfile: what is written there, and what is left to the daemon."""

import pytest

from ci_kit.build.inputs.dockerfile import expand, parse
from ci_kit.build.inputs.label_line import Labelled, labelled

LABELS = {"org.x/b": "a \"quoted\" $HOME `tick` back\\slash 'one' = é", "a": ""}


@pytest.mark.parametrize(("head", "escape"), [("", "\\"), ("# escape=`\n", "`")])
@pytest.mark.parametrize("end", ["", "\n", "\n\n# the end\n", "\r\n"])
def test_one_line_more_says_all_labels(head: str, escape: str, end: str) -> None:
    text = f"{head}FROM a\nRUN x{end}"
    found = labelled(text, LABELS)
    assert found.text.startswith(text)
    assert found.others == {}
    *before, label = parse(found.text).instructions
    assert tuple(before) == parse(text).instructions
    assert label.name == "LABEL"
    said = dict(word.split("=", 1) for word in label.words)
    assert {name: expand(value, {"HOME": "/root"}, escape) for name, value in said.items()} == LABELS


@pytest.mark.parametrize(
    "text", ["FROM a\nRUN x \\", "FROM a\nRUN x \\\n\n# why\n", "", "RUN x\n", "# escape=`\nFROM a\nRUN x `\n"]
)
def test_where_no_line_can_follow_all_is_left_to_the_daemon(text: str) -> None:
    assert labelled(text, LABELS) == Labelled(text, LABELS)


def test_what_cannot_be_written_is_left_over() -> None:
    odd = {"two": "lines\nhere", "a b": "x", "tab": "\t", "": "x"}
    found = labelled("FROM a\n", {**odd, "good": "1"})
    assert found == Labelled('FROM a\nLABEL good="1"\n', odd)


def test_a_line_that_the_parser_would_refuse_is_not_written() -> None:
    long = {f"l{number}": "x" * 1000 for number in range(60)}
    assert labelled("FROM a\n", long) == Labelled("FROM a\n", long)
