"""`include:` with small projects made of dictionaries: every message, the order, the merge, and what is left open."""

import base64
import hashlib
from collections.abc import Mapping

import pytest

from ci_kit.language.analyse import Pipeline, analyse
from ci_kit.language.project import Included, Project
from ci_kit.language.scope import Scope
from ci_kit.model.fetch import Fetched, NotFound, Request, Unreachable

JOB = "unit: {script: make}\n"
KINDS = "`local`, `project`, `remote`, `template`, `artifact`, `component`"
NO_KIND = f"does not have a valid subkey for include. Valid subkeys are: {KINDS}"
FILE = "include:include config must specify the file where to fetch the config from"
NOT_SUPPORTED = (
    "version reference is not supported for non-catalog resources. Use a tag, branch, or commit SHA instead."
)
NO_PROJECT = "not found or access denied! Make sure any includes in the pipeline configuration are correctly defined."
GIVEN = "Given inputs not defined in the `spec` section of the included configuration file"
LOCAL = {
    "inc/base.yml": ".base: {script: make}\n",
    "inc/blank.yml": "  \n",
    "inc/comments.yml": "# nothing\n",
    "inc/empty-map.yml": "{}\n",
    "inc/list.yml": "[a]\n",
    "inc/typed.yml": "spec: {inputs: {name: }}\n---\n$[[ inputs.name ]]: {script: make}\n",
    "inc/cycle.yml": "include: inc/cycle.yml\n",
    "inc/deep.yml": "include: inc/base.yml\ndeep: {extends: .base}\n",
    "inc/broken-below.yml": "include: inc/nope.yml\n",
    "many/b.yml": "b: {script: make}\n",
    "many/a.yml": "a: {script: make}\n",
    "many/below/c.yml": "c: {script: make}\n",
    "many/notes.md": "-",
}
SHA = "0" * 40
INTACT = "sha256-" + base64.b64encode(hashlib.sha256(JOB.encode()).digest()).decode()
NOTHING = Scope()


class Elsewhere:
    """A fetcher of what a table has; `asked` has the requests."""

    def __init__(self, files: Mapping[Request, Fetched | NotFound | Unreachable]) -> None:
        self.files = files
        self.asked: list[Request] = []

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        self.asked.append(request)
        return self.files.get(request, Unreachable("it is not here", "look there"))

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        here = [one for one in self.files if (one.project, one.reference) == (project, commit)]
        return tuple(one.path for one in here) or Unreachable("it is not here")


def linted(
    text: str,
    files: Mapping[str, str] = LOCAL,
    fetcher: Elsewhere | None = None,
    scope: Scope = NOTHING,
    host: str = "git.example.com",
) -> Pipeline:
    fetcher = fetcher or Elsewhere({})
    return analyse(text, ".gitlab-ci.yml", Project(files.get, lambda: files, scope, fetcher, host))


def first(found: Pipeline) -> str | None:
    return found.problems[0].message if found.problems else None


@pytest.mark.parametrize(
    ("include", "message"),
    [
        ("[1]", "Each include must be a hash or a string"),
        ("[[inc/base.yml]]", "Each include must be a hash or a string"),
        ("true", "Each include must be a hash or a string"),
        (":inc", "Each include must be a hash or a string"),
        ("!reference [.a, b]", "Each include must be a hash or a string"),
        ("[!reference [.a, b]]", "Each include must be a hash or a string"),
        ("!reference x", "Each include must be a hash or a string"),
        ('""', f'`{{"local":""}}` {NO_KIND}'),
        ("/", f'`{{"local":"/"}}` {NO_KIND}'),
        ("{}", f"`{{}}` {NO_KIND}"),
        ("[{file: a.yml}]", f'`{{"file":"a.yml"}}` {NO_KIND}'),
        ("[{path: '<a>', at: 1, b: [x, 1.5, ':s'], c: null}]",
         '`{"path":"\\u003ca\\u003e","at":1,"b":["x","1.5",":s"],"c":null}` ' + NO_KIND),
        ("{local: inc/base.yml, remote: 'https://x/a.yml'}", f"Each include must use only one of: {KINDS}"),
        ("{local: inc/base.yml, remote: ''}", None),
        ("[{project: g/p}]", FILE),
        ("[{project: g/p, file: []}]", FILE),
        ("[{project: g/p}, inc/base.yml]", None),
        ("{project: g/p}", "include config should be an array or a string"),
        ("[{project: g/p, fiel: a.yml}]", FILE),
        ("[{local: x.yml, rules: [{when: never}], other: 1}]", "include:include config contains unknown keys: other"),
        ("[{artifact: a.yml, job: j}]",
         "Including configs from artifacts is only allowed when triggering child pipelines"),
        ("[{artifact: a.txt, job: j}]", "Included file `a.txt` does not have YAML extension!"),
        ("inc/base.json", "Included file `inc/base.json` does not have YAML extension!"),
        ("inc/.yml", "Included file `inc/.yml` does not have YAML extension!"),
        ("{local: [inc/base.yml]}", 'Included file `["inc/base.yml"]` does not have YAML extension!'),
        ("[inc/nope.yml, {local: 5}]", "Undefined error (NoMethodError: `local` has to be a string)"),
        ("{local: !reference [.a, b]}", "Undefined error (NoMethodError: `local` has to be a string)"),
        ("{local: {a: b.yml}}", 'Included file `{:a=>"b.yml"}` does not have YAML extension!'),
        ("{local: false}", "Included file `false` does not have YAML extension!"),
        ("{rules: [{when: always}], 1: ~, ~: [~, 2]}",
         '`{"rules":["{:when=\\u003e\\"always\\"}"],"1":null,"":["","2"]}` ' + NO_KIND),
        ("[{local: inc/base.yml, rules: !reference [.a, b]}]", "include:rules config should be an array"),
        ("{template: 5}", "Included file `5` needs to be a string"),
        ("{component: 5}", "Included file `5` needs to be a string"),
        ("{remote: [https://x/a.yml]}", 'Included file `["https://x/a.yml"]` needs to be a string'),
        ("{template: a.yml}", "Template file `a.yml` is not a valid location!"),
        ("{template: Nope.gitlab-ci.yml}", "Included file `Nope.gitlab-ci.yml` is empty or does not exist!"),
        ("{remote: not-a-url.yml}", "Remote file `not-a-url.yml` does not have a valid address!"),
        ("{remote: not-a-url}", "Included file `not-a-url` does not have YAML extension!"),
        ("{remote: 'https://x/gone.yml'}", "Remote file `https://x/gone.yml` could not be fetched after 1 attempts"
         " because of HTTP code `404` error!"),
        ("{remote: 'https://u:secret@x/gone.yml?a=1&private_token=s3'}",
         "Included file `https://…@x/gone.yml?a=1&private_token=…` does not have YAML extension!"),
        ("inc/nope.yml", "Local file `inc/nope.yml` does not exist!"),
        ("//inc/nope.yml", "Local file `inc/nope.yml` does not exist!"),
        ("inc/../inc/base.yml", "Local file `inc/../inc/base.yml` does not exist!"),
        ("./inc/base.yml", "Local file `./inc/base.yml` does not exist!"),
        ("inc/blank.yml", "Local file `inc/blank.yml` is empty!"),
        ("inc/comments.yml", "Included file `inc/comments.yml` does not have valid YAML syntax!"),
        ("inc/empty-map.yml", "Included file `inc/empty-map.yml` does not have valid YAML syntax!"),
        ("inc/list.yml", "`inc/list.yml`: Invalid configuration format"),
        ("[inc/nope.yml, inc/broken-below.yml]", "Local file `inc/nope.yml` does not exist!"),
        ("[inc/none.yml, inc/broken-below.yml]", "Local file `inc/nope.yml` does not exist!"),
        ("[inc/none.yml, {}]", f"`{{}}` {NO_KIND}"),
        ("[{}, {local: x.yml, rules: []}]", "include:rules config can't be blank"),
        ("[{local: x.yml, rules: []}, 1]", "Each include must be a hash or a string"),
        ("inc/cycle.yml", "Maximum of 150 nested includes are allowed!"),
        ("/many/*.yml", None),
        ("[{local: 'nothing/*.yml'}]", None),
        ("{local: 'nothing/*.yml'}", "include config should be an array or a string"),
        ("inc/$WHERE.yml", "Included file `inc/.yml` does not have YAML extension!"),
        ("inc/%WHERE%base${NOT}.yml", None),
        ("$WHERE", f'`{{"local":""}}` {NO_KIND}'),
        ("{local: inc/base.yml, rules: [{if: '$A = 1'}]}", "include:rule if invalid expression syntax"),
        ("{local: inc/base.yml, rules: [{when: later}]}", "include:rule when unknown value: later"),
        ("{local: inc/base.yml, rules: {}}", "include:rules config can't be blank"),
        ("{local: inc/base.yml, rules: [{unless: 1}]}", "include:rule config contains unknown keys: unless"),
        ("{local: inc/base.yml, rules: false}", None),
        ("[{local: inc/nope.yml, rules: [{exists: [nope]}]}]", None),
        ("{local: inc/nope.yml, rules: [{exists: ['many/**/c.yml']}]}", "Local file `inc/nope.yml` does not exist!"),
        ("[{local: inc/nope.yml, rules: [{exists: ['many/{c,a}.yml'], when: never}, {when: always}]}]", None),
        ("{local: inc/nope.yml, rules: [{changes: [a]}]}", "Local file `inc/nope.yml` does not exist!"),
        ("{local: inc/typed.yml}", "`inc/typed.yml`: `name` input: required value has not been provided"),
        ("{local: inc/typed.yml, inputs: [a]}", "`inc/typed.yml`: Given inputs must be a hash"),
        ("{local: inc/typed.yml, inputs: {name: a, b: 1, c: 1}}", "`inc/typed.yml`: unknown input arguments: b, c"),
        ("{local: inc/base.yml, inputs: {a: 1}}", f"`inc/base.yml`: {GIVEN}"),
        ("{local: inc/base.yml, inputs: {}}", None),
        ("{local: inc/base.yml, inputs: null}", None),
        ("{local: inc/base.yml, inputs: 0}", "`inc/base.yml`: Given inputs must be a hash"),
        ("[{project: G/P, file: a.txt}]", "Included file `a.txt` does not have YAML extension!"),
        ("[{project: G/Nope, file: a.yml}]", f"Project `g/nope` {NO_PROJECT}"),
        ("[{project: G/P, file: a.yml, ref: v9}]", "Project `g/p` reference `v9` does not exist!"),
        ("[{project: G/P, file: /gone.yml}]", "Project `g/p` file `gone.yml` does not exist!"),
        ("[{project: G/P, file: blank.yml}]", "Project `g/p` file `blank.yml` is empty!"),
        ("{component: git.example.com/g/p/one}",
         "Component 'git.example.com/g/p/one' - the component path is not supported"),
        ("{component: other.example.com/g/p/one@1}",
         "Component 'other.example.com/g/p/one@1' - the component path is not supported"),
        ("{component: git.example.com/one@1}", "Component 'git.example.com/one@1' - content not found"),
        ("{component: git.example.com/g/p/gone@1}", "Component 'git.example.com/g/p/gone@1' - content not found"),
        ("{component: git.example.com/g/p/one@~latest}",
         f"Component 'git.example.com/g/p/one@~latest' - The ~latest {NOT_SUPPORTED}"),
        ("{component: git.example.com/g/p/one@1}",
         f"Component 'git.example.com/g/p/one@1' - The partial semantic {NOT_SUPPORTED}"),
        ("{component: git.example.com/g/secret/one@1}", "Component 'git.example.com/g/secret/one@1' - "
         "project does not exist or you don't have sufficient permissions"),
        ("{component: git.example.com/g/p/one@2.0.0}", "Component `git.example.com/g/p/one@2.0.0` cannot use"
         " `spec:include`. This keyword is not supported in components"),
        ("{remote: 'https://x/local.yml'}", "Local file `a.yml` does not have project!"),
        ("{remote: 'https://x/component.yml'}", "Unable to use components outside of a project context"),
        ("{remote: 'ssh://x/a.yml'}", "Remote file could not be fetched because URL is blocked:"
         " Only allowed schemes are http, https!"),
        ("{remote: 'https://x/a.yml', integrity: sha256-}", "Remote file `https://x/a.yml` failed integrity check!"),
        (f"{{remote: 'https://x/a.yml', integrity: {INTACT}}}", None),
    ],
)  # fmt: skip
def test_what_gitlab_says_of_an_include(include: str, message: str | None) -> None:
    remote = {"a.yml": JOB, "local.yml": "include: a.yml\n", "component.yml": "include: [{component: x/g/p/a@1}]\n"}
    fetcher = Elsewhere(
        {
            Request("template", "Nope.gitlab-ci.yml"): NotFound("template"),
            Request("remote", "https://x/gone.yml"): NotFound("status", "404"),
            Request("remote", "ssh://x/a.yml"): NotFound("scheme"),
            Request("project", "a.yml", "g/nope", "HEAD"): NotFound("project"),
            Request("project", "a.yml", "g/p", "v9"): NotFound("reference"),
            Request("project", "gone.yml", "g/p", "HEAD"): NotFound("file"),
            Request("project", "blank.yml", "g/p", "HEAD"): Fetched("\n", "blank.yml", "g/p", SHA),
            Request("component", "gone", "g/p", "1"): NotFound("file"),
            Request("component", "one", "g/p", "~latest"): NotFound("latest"),
            Request("component", "one", "g/p", "1"): NotFound("partial"),
            Request("component", "one", "g/secret", "1"): NotFound("project"),
            Request("component", "one", "g/p", "2.0.0"): Fetched(
                "spec: {include: [{local: a.yml}]}\n---\na: {script: x}\n", "one.yml", "g/p", SHA
            ),
            **{Request("remote", f"https://x/{name}"): Fetched(text, name) for name, text in remote.items()},
        }
    )
    found = linted(f"include: {include}\n{JOB}", fetcher=fetcher)
    assert first(found) == message
    assert (found.verdict, found.left) == (("invalid" if message else "valid"), found.left)


def test_every_message_stands_in_the_file_it_is_about() -> None:
    text = "include:\n  - inc/nope.yml\n  - local: inc/blank.yml\n"
    (problem,) = linted(text + JOB).problems[:1]
    assert problem.at[:4] == (2, 5, 2, 17)
    (problem,) = linted("include: inc/list.yml\n" + JOB).problems[:1]
    assert (problem.at[4], problem.at[0]) == ("inc/list.yml", 1)


def test_the_file_that_was_meant_is_named() -> None:
    (problem,) = linted("include: inc/bsae.yml\n" + JOB).problems
    assert problem.suggestion == "inc/base.yml"


def test_all_files_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci_kit.language.include._BYTES", len(LOCAL["inc/base.yml"]))
    assert linted("include: inc/base.yml\n" + JOB).verdict == "valid"
    twice = linted("include: [inc/base.yml, inc/base.yml]\n" + JOB)
    assert twice.gitlab == ("Total size of combined CI/CD configuration is too big",)


def test_files_are_merged_in_their_order_and_the_including_file_wins() -> None:
    files = {
        "a.yml": "x: {script: [a], variables: {A: a, B: a}}\ny: {script: a}\n",
        "b.yml": "include: c.yml\nx: {script: [b], variables: {B: b, C: null}}\n",
        "c.yml": "x: {stage: test, variables: {C: c, D: c}}\nz: {script: c}\n",
    }
    found = linted("include: [a.yml, b.yml]\nx: {variables: {A: null}}\nw: {script: w}\n", files)
    assert found.content == {
        "x": {
            "script": ["b"],
            "variables": {"A": None, "B": "b", "C": None, "D": "c"},
            "stage": "test",
        },
        "y": {"script": "a"},
        "z": {"script": "c"},
        "w": {"script": "w"},
    }
    assert list(found.content) == ["x", "y", "z", "w"]
    assert list(found.texts) == [".gitlab-ci.yml", "a.yml", "b.yml", "c.yml"]


def test_a_wildcard_takes_the_files_in_order_and_each_once() -> None:
    found = linted("include: 'many/**.yml'\n")
    assert list(found.content) == ["a", "b", "c"]
    assert list(linted("include: 'many/*.yml'\n").content) == ["a", "b"]
    assert list(linted("include: 'many/**/*.yml'\n").content) == ["a", "b", "c"]
    own = {"a.yml": "include: '*.yml'\nx: {script: x}\n", "b.yml": "y: {script: y}\n"}
    assert list(linted("include: a.yml\n", own).content) == ["y", "x"]


def test_a_file_may_be_included_twice_with_other_inputs() -> None:
    each = "{local: inc/typed.yml, inputs: {name: %s}}"
    found = linted(f"include: [{each % 'one'}, {each % 'two'}]\n")
    assert (found.verdict, list(found.content)) == ("valid", ["one", "two"])


def test_the_limit_counts_every_file() -> None:
    files = {f"{number}.yml": f"j{number}: {{script: x}}\n" for number in range(151)}
    names = ", ".join(files)
    assert first(linted(f"include: [{names}]\n", files)) == "Maximum of 150 nested includes are allowed!"
    assert linted(f"include: [{names.rpartition(', ')[0]}]\n", files).verdict == "valid"


def test_a_file_is_read_once_however_often_it_is_included() -> None:
    reads: list[str] = []

    def read(path: str) -> str | None:
        reads.append(path)
        return LOCAL.get(path)

    analyse("include: [inc/base.yml, inc/base.yml, inc/cycle.yml]\n" + JOB, "a.yml", Project(read))
    assert reads == ["inc/base.yml", "inc/cycle.yml"]


def test_what_lies_elsewhere_is_read_there() -> None:
    at = ("g/p", SHA)
    fetcher = Elsewhere(
        {
            Request("project", "ci/all.yml", "g/p", "v1"): Fetched(
                "include: [/ci/below.yml, 'jobs/*.yml']\n", "g/p:ci/all.yml@v1", *at, "ci/all.yml"
            ),
            Request("project", "ci/below.yml", *at): Fetched(".base: {script: make}\n", "below", *at),
            Request("project", "jobs/one.yml", *at): Fetched("one: {extends: .base}\n", "one", *at),
        }
    )
    found = linted("include: [{project: G/P, file: /ci/all.yml, ref: v1}]\n", fetcher=fetcher)
    assert (found.verdict, found.left) == ("valid", ())
    assert found.content["one"]["script"] == "make"
    assert [request.path for request in fetcher.asked] == ["ci/all.yml", "ci/below.yml", "jobs/one.yml"]


def test_the_chain_has_the_includes_that_led_to_a_file() -> None:
    found = Included()
    from ci_kit.language.documents import load
    from ci_kit.language.include import resolved
    from ci_kit.language.problem import Told

    root = load("include:\n  - inc/deep.yml\n", ".gitlab-ci.yml").content
    resolved(root, Project(LOCAL.get), found, Told())
    assert found.chain["inc/deep.yml"] == ((2, 5, 2, 17, ".gitlab-ci.yml"),)
    assert found.chain["inc/base.yml"] == ((2, 5, 2, 17, ".gitlab-ci.yml"), (1, 10, 1, 22, "inc/deep.yml"))


@pytest.mark.parametrize(
    "include",
    [
        "[{project: g/p, file: a.yml}]",
        "'https://x/a.yml'",
        "{template: A.gitlab-ci.yml}",
        "{component: git.example.com/g/p/a@1}",
        "inc/$CI_PROJECT_NAME.yml",
        "{project: g/p, file: [a.yml]}",
        "[{local: inc/base.yml, rules: [{if: $CI_COMMIT_BRANCH}]}]",
        "[{local: inc/base.yml, rules: [{if: $CI_COMMIT_BRANCH, when: never}, {changes: [a]}]}]",
    ],
)
def test_what_is_not_read_is_told_once_and_leaves_open_only_what_it_may_hold(include: str) -> None:
    found = linted(f"include: {include}\n{JOB}")
    assert (found.verdict, len(found.left)) == ("valid", 1)
    assert linted(f"include: {include}\nx: {{extends: .there}}\n").verdict == "undecided"
    assert linted(f"include: {include}\nx: {{script: 1}}\n").verdict == "invalid"


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("if: $MINE", "invalid"),
        ("if: $MINE == null", "valid"),
        ("if: $MINE || $CI_COMMIT_BRANCH", "undecided"),
        ("if: $MINE && $CI_COMMIT_BRANCH", "invalid"),
    ],
)
def test_a_variable_that_nobody_sets_is_not_set_for_rules_either(rule: str, verdict: str) -> None:
    include = f"include: [{{local: inc/base.yml, rules: [{{{rule}}}]}}]\n"
    assert linted(f"{include}unit: {{extends: .base}}\n").verdict == verdict


def test_gitlab_prints_all_that_is_wrong_with_the_inputs_of_a_file() -> None:
    found = linted(f"include: [{{local: inc/typed.yml, inputs: {{n: 1}}}}, inc/a.txt]\n{JOB}")
    missing = "`name` input: required value has not been provided"
    assert found.gitlab == (f"`inc/typed.yml`: unknown input arguments: n, {missing}",)
    assert [problem.message for problem in found.problems] == [
        "`inc/typed.yml`: unknown input arguments: n",
        f"`inc/typed.yml`: {missing}",
        "Included file `inc/a.txt` does not have YAML extension!",
    ]


def test_what_is_read_with_a_doubt_is_noted() -> None:
    request = Request("project", "a.yml", "g/p", "v1")
    fetcher = Elsewhere({request: Fetched(JOB, "a.yml", "g/p", note="DIR has no v1")})
    found = linted("include: [{project: g/p, file: a.yml, ref: v1}]\n", fetcher=fetcher)
    assert (found.verdict, [said for said, _ in found.left]) == ("valid", ["DIR has no v1"])


def test_variables_that_are_known_are_expanded() -> None:
    scope = Scope({"WHERE": "inc", "CI_PROJECT_NAME": "base"})
    found = linted("include: $WHERE/${CI_PROJECT_NAME}.yml\nx: {extends: .base}\n", scope=scope)
    assert (found.verdict, found.left) == ("valid", ())


def test_a_remote_file_knows_no_variables() -> None:
    fetcher = Elsewhere({Request("remote", "https://x/a.yml"): Fetched("include: {template: $CI_A.yml}\n", "a.yml")})
    found = linted("include: 'https://x/a.yml'\n" + JOB, fetcher=fetcher, scope=Scope({"CI_A": "a"}))
    assert first(found) == "Included file `.yml` does not have YAML extension!"
