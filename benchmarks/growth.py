"""Whether four times the input takes four times the work, for each shape of input that could make a phase quadratic."""

import gc
import signal
import time
from collections.abc import Callable, Iterator, Mapping

from ci_kit.errors import SourceError
from ci_kit.language.project import Project
from ci_kit.lint import engine
from ci_kit.report import reporter

_SIZE = 1_500  # of the smaller input
_TIMES = 4
_MOST = 7.0  # times the work; the rest of what is above four is noise and memory
_FLOOR = 0.02  # seconds: below that the ratio says nothing
_SECONDS = 20  # that one input gets
_JOB = "a: {script: x}\n"
Made = Callable[[int], str]


def _many(line: str, after: str = "") -> Made:
    """Return what repeats a line, with its number in it as `#`, the next one as `@`."""
    return lambda n: "".join(line.replace("#", str(k)).replace("@", str(k + 1)) for k in range(n)) + after


def _within(before: str, part: str, after: str) -> Made:
    return lambda n: before + "".join(part.replace("#", str(k)) for k in range(n)) + after


SHAPES: Mapping[str, Made] = {
    "jobs": _many("j#: {script: x}\n"),
    "unknown keywords": _many("j#: {script: x, foo: 1}\n"),
    "unknown stages": _many("j#: {script: x, stage: s#}\n"),
    "unknown needs": _many("j#: {script: x, needs: [k#]}\n"),
    "keys that are no jobs": _many("j#: {a: x}\n"),
    "warnings": _many("j#: {script: x, image: alpine}\n"),
    "a key again and again": _many("j: {script: x}\n"),
    "stages": _within("stages: [", "s#, ", "z]\na: {script: x, stage: z}\n"),
    "stages with jobs": lambda n: _within("stages: [", "s#, ", "z]\n")(n) + _many("j#: {script: x, stage: s#}\n")(n),
    "needs in a chain": _many("j#: {script: x, needs: [j@]}\n", _JOB.replace("a", "j1500").replace("x", "y")),
    "needs of all before": lambda n: "".join(
        f"j{k}: {{script: x, needs: [{', '.join(f'j{o}' for o in range(max(0, k - 50), k))}]}}\n"
        for k in range(n // 10)
    ),
    "one job needs all": lambda n: (
        _many("j#: {script: x}\n")(n) + _within("z: {script: x, needs: [", "j#, ", "j0]}\n")(n)
    ),
    "dependencies on all": lambda n: (
        _many("j#: {script: x}\n")(n) + _within("z: {script: x, dependencies: [", "j#, ", "j0]}\n")(n)
    ),
    "all need a matrix": _many(
        "j#: {script: x, needs: [m]}\n",
        "m: {script: x, parallel: {matrix: [{A: [1, 2, 3, 4, 5, 6, 7, 8, 9], B: [1, 2, 3, 4, 5, 6]}]}}\n",
    ),
    "matrices": _many("j#: {script: x, parallel: {matrix: [{A: [1, 2, 3, 4, 5], B: [x, y]}]}}\n"),
    "rows of a matrix": _within("a: {script: x, parallel: {matrix: [", "{A: [a#]}, ", "{A: b}]}}\n"),
    "values of a matrix": _within("a: {script: x, parallel: {matrix: [{A: [", "a#, ", "b]}]}}\n"),
    "extends in a chain": _many(".j#: {extends: .j@, script: x}\n", _JOB),
    "extends one base": _many("j#: {extends: .b, variables: {A: '#'}}\n", ".b: {script: x, variables: {B: x}}\n"),
    "extends a list": lambda n: _many(".j#: {script: x}\n")(n) + _within("a: {extends: [", ".j#, ", ".j0]}\n")(n),
    "extends a big base": lambda n: (
        _within(".b: {script: x, variables: {", "A#: x, ", "Z: x}}\n")(n)
        + "".join(f"j{k}: {{extends: .b}}\n" for k in range(20))
    ),
    "references": _many("j#: {script: !reference [.b, script]}\n", ".b: {script: [x, y]}\n"),
    "references in a chain": _many(".j#: {s: !reference [.j@, s]}\n", _JOB),
    "references in a list": _within(".b: {script: [x]}\na: {script: [", "!reference [.b, script], ", "x]}\n"),
    "unknown references": _many("j#: {script: !reference [.b#, script]}\n"),
    "rules": _within("a:\n  script: x\n  rules:\n", "    - if: $A == 'v#' && $B =~ /^x#/\n", ""),
    "bad rules": _within("a:\n  script: x\n  rules:\n", "    - {if: '$A =', foo: 1}\n", ""),
    "variables": _within("variables:\n", "  A#: $A#\n", _JOB),
    "bad variables": _within("variables:\n", "  A#: [x]\n", _JOB),
    "lines of a script": _within("a:\n  script:\n", "    - docker push $A:$B\n", ""),
    "a long line of a script": _within("a:\n  script: '", "docker push a:$B && ", "x'\n"),
    "quotes in a script": _within("a:\n  script: |\n    x ", "\" ' ", "\n"),
    "aliases": lambda n: ".b: &b {script: [x], variables: {A: b}}\n" + _many("j#: *b\n")(n),
    "merge keys": lambda n: ".b: &b {script: [x], variables: {A: b}}\n" + _many("j#: {<<: *b, stage: test}\n")(n),
    "merge keys in a chain": lambda n: (
        ".j0: &j0 {script: x}\n" + "".join(f".j{k}: &j{k} {{<<: *j{k - 1}, k{k % 9}: x}}\n" for k in range(1, n))
    ),
    "merged lists": lambda n: _many(".j#: &j# {k#: x}\n")(n) + _within("a: {script: x, <<: [", "*j#, ", "*j0]}\n")(n),
    "wide aliases": lambda n: _within(".b: &b [", "x#, ", "x]\n")(n) + "a: {script: [" + "*b, " * 8 + "x]}\n",
    "inputs": lambda n: (
        _within("spec:\n  inputs:\n", "    i#: {default: x}\n", "---\n")(n)
        + _many("j#: {script: 'echo $[[ inputs.i# ]]'}\n")(n)
    ),
    "blocks in a line": _within("spec: {inputs: {i: {default: x}}}\n---\na: {script: '", "$[[ inputs.i ]] ", "'}\n"),
    "open blocks in a line": _within("spec: {inputs: {i: {default: x}}}\n---\na: {script: '", "$[[ ", "'}\n"),
    "blocks that never close": _within(
        "spec: {inputs: {i: {default: x}}}\n---\na: {script: '", "$[[ inputs.i ", "'}\n"
    ),
    "unknown blocks": _within("spec: {inputs: {i: {default: x}}}\n---\na: {script: '", "$[[ inputs.k# ]] ", "'}\n"),
    "includes": _within("include:\n", "  - local: absent-#.yml\n", _JOB),
    "includes of one file": _within("include:\n", "  - local: one.yml\n", _JOB),
    "patterns of includes": _within("include:\n", "  - local: '" + "*" * 20 + "#.yml'\n", _JOB),
    "left includes": _within("include:\n", "  - remote: https://example.com/#.yml\n", _JOB),
    "documents": _many("---\na: {script: x}\n"),
    "an expression": _within("a: {script: x, rules: [{if: '$A", " && $A", "'}]}\n"),
    "brackets of an expression": lambda n: f"a: {{script: x, rules: [{{if: '{'(' * n}$A{')' * n}'}}]}}\n",
    "a pattern": _within("a: {script: x, rules: [{if: '$A =~ /", "(a|b)*", "/'}]}\n"),
    "a coverage": _within("a: {script: x, coverage: '/", "(a+)+", "/'}\n"),
    "a duration": _within("a: {script: x, timeout: '", "1 hour and ", "1 minute'}\n"),
    "a wild duration": _within("a: {script: x, timeout: '", "1:", "1'}\n"),
    "a name": lambda n: f"{'a' * n}: {{script: x, needs: [{'b' * n}]}}\n",
    "a slash in a key": _within("a: {script: x, cache: {key: '", "%252F", "'}}\n"),
    "tags": _within("a: {script: x, tags: [", "t#, ", "t]}\n"),
    "a git ref": _within("a: {script: x, release: {tag_name: a, description: b, ref: '", "a/", "b'}}\n"),
    "an environment": _within("a: {script: x, environment: '", "a-", "#'}\n"),
    "environments": _many("j#: {script: x, environment: {name: e, on_stop: j@, action: stop}}\n"),
    "lists in lists": lambda n: f"a: {{script: {'[' * 95}x{']' * 95}}}\n" + _many(".j#: {script: [[[[x]]]]}\n")(n),
    "open brackets": lambda n: "a: " + "[" * n,
    "open quotes": _within('a: "', "x\\n", ""),
    "comments": _many("# ci-kit: ignore CK101, CK102\n", _JOB),
    "blank lines": _within("a:\n  script: |\n    x\n", "\n", ""),
    "carriage returns": _many("j#: {script: x, image: alpine}\r"),
    "letters that are no ASCII": _many("j#: {script: 'é€😀', image: alpine}\n"),
}


def run() -> list[str]:
    """Return a line for each shape that grows too fast, and one for the others."""
    found = list(_lines())
    good = len(SHAPES) - len(found)
    return [
        *found,
        f"{good} of {len(SHAPES)} shapes take at most {_MOST:g} times the work for {_TIMES} times the input",
    ]


def _lines() -> Iterator[str]:
    for name, made in SHAPES.items():
        small = max(_seconds(made(_SIZE)) for _ in range(2))  # the second time something may be remembered
        large = _seconds(made(_SIZE * _TIMES))
        if large > max(small, _FLOOR) * _MOST:
            large = min(large, _seconds(made(_SIZE * _TIMES)))  # once more: a neighbour may have been at work
        if large > max(small, _FLOOR) * _MOST:
            yield f"{name:<28}{small * 1000:>9.0f} ms{large * 1000:>9.0f} ms   GROWS"


class _TooSlow(BaseException):
    """Raised within the linter when its time is over."""


def _raise(*_: object) -> None:
    raise _TooSlow


def _seconds(text: str) -> float:
    """Return the processor seconds for one file, from its text to the report as text."""
    files = {".gitlab-ci.yml": text, "one.yml": "b: {script: x}\n"}
    signal.signal(signal.SIGPROF, _raise)
    gc.disable()
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    begin = time.process_time()
    try:
        report = engine.lint(text, ".gitlab-ci.yml", Project(files.get, lambda: tuple(files)), engine.Options())
        reporter("text")([report], files)
    except (SourceError, _TooSlow):
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        gc.enable()
    return time.process_time() - begin


if __name__ == "__main__":
    print(*run(), sep="\n")
