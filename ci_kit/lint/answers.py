"""What lint says without a rule: GitLab's verdict, what is open, what a component shows. Each has its page."""

from ci_kit.lint.rule import Rule

INVALID = Rule(
    id="CK001",
    name="invalid-pipeline",
    severity="error",
    summary="GitLab refuses the file.",
    why=(
        "The linter goes through the phases of GitLab, in its order, and says it in its words, or in ours where they "
        "tell more. GitLab stops at the first phase that finds something: `gitlab_errors` in the JSON report are the "
        "messages that it prints. The findings are all that is wrong, each at the place to repair. This one cannot be "
        "left out."
    ),
    source='GitLab docs "CI/CD YAML syntax reference"; docs/language.md',
    bad="""\
stages: [build, test]
build:
  stage: biuld
  script: make
""",
    good="""\
stages: [build, test]
build:
  stage: build
  script: make
""",
)
OPEN = Rule(
    id="CK002",
    name="include-not-read",
    severity="note",
    summary="An include was not read, so that nobody judged what it holds.",
    why=(
        "Files of other projects, components, templates and files of the web are not in the checkout, and the network "
        "is asked only with `--fetch`. The message names the reason and the next step: `--include-path PROJECT=DIR` "
        "reads a checkout, `--fetch` asks GitLab and the web, `--cache` keeps what it brings. An include whose rules "
        "depend on a variable that is not known here is read as if the variable were not set."
    ),
    source='GitLab docs "Use CI/CD configuration from other files"',
    bad="""\
include:
  - project: group/templates
    file: /build.yml
build:
  script: make
""",
    good="""\
# ci-kit lint --include-path group/templates=../templates
include:
  - project: group/templates
    file: /build.yml
build:
  script: make
""",
)
UNDECIDED = Rule(
    id="CK003",
    name="undecided",
    severity="note",
    summary="Something is wrong, unless an include that was not read puts it right.",
    why=(
        "A job may extend what another project's file holds, or need a job that stands there. GitLab knows, the "
        "linter does not: where nothing else is wrong the verdict is `undecided`, and the exit code 0. Give it the "
        "include, as CK002 says, and it decides."
    ),
    source='GitLab docs "Use CI/CD configuration from other files"',
    bad="""\
include:
  - project: group/templates
    file: /build.yml
build:
  extends: .build
""",
    good="""\
# ci-kit lint --include-path group/templates=../templates
include:
  - project: group/templates
    file: /build.yml
build:
  extends: .build
""",
)
UNUSED = Rule(
    id="CK006",
    name="unused-input",
    severity="warning",
    summary="A component declares an input that it uses nowhere.",
    why=(
        "Who includes the component sets the input and sees no effect. Use it in a `$[[ inputs.name ]]`, or take it "
        "out of `spec:inputs`. Rules of other inputs count as a use."
    ),
    source='GitLab docs "CI/CD inputs"',
    bad="""\
spec:
  inputs:
    target: {default: all}
    jobs: {default: "4"}
---
build:
  script: make $[[ inputs.target ]]
""",
    good="""\
spec:
  inputs:
    target: {default: all}
---
build:
  script: make $[[ inputs.target ]]
""",
)
BROKEN = Rule(
    id="CK007",
    name="component-expansion",
    severity="error",
    summary="With some value of an input the component is no pipeline that GitLab takes.",
    why=(
        "The component is expanded with each option of each input, and with both values of a boolean. What is wrong "
        "then, and is not with the defaults, only who includes the component would see."
    ),
    source='GitLab docs "CI/CD components", "CI/CD inputs"',
    bad="""\
spec:
  inputs:
    when: {default: manual, options: [manual, later]}
---
deploy:
  script: make deploy
  when: $[[ inputs.when ]]
""",
    good="""\
spec:
  inputs:
    when: {default: manual, options: [manual, on_success]}
---
deploy:
  script: make deploy
  when: $[[ inputs.when ]]
""",
)
UNDECLARED = Rule(
    id="CK008",
    name="undeclared-input",
    severity="error",
    summary="A component uses an input that it does not declare.",
    why="GitLab refuses every pipeline that includes the component. Declare the input, or repair its name.",
    source='GitLab docs "CI/CD inputs"',
    bad="""\
spec:
  inputs:
    target: {default: all}
---
build:
  script: make $[[ inputs.target ]] $[[ inputs.jobs ]]
""",
    good="""\
spec:
  inputs:
    target: {default: all}
---
build:
  script: make $[[ inputs.target ]]
""",
)
ANSWERS: dict[str, Rule] = {rule.id: rule for rule in (INVALID, OPEN, UNDECIDED, UNUSED, BROKEN, UNDECLARED)}
