"""Generated pipelines of any size, as projects write them; GitLab takes each (every file is below 2 MiB)."""

from collections.abc import Callable, Iterator, Mapping

ROOT = ".gitlab-ci.yml"
_IMAGE = "registry.example.com/tools/build:1.4.2"
_STAGES = ("prepare", "build", "test", "deploy")
_PER_FILE = 100  # jobs in an included file
SMALL = """\
stages: [build, test]
default:
  image: python:3.13-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000
variables:
  PIP_CACHE_DIR: .pip
build:
  stage: build
  script:
    - pip wheel --wheel-dir dist .
  artifacts:
    paths: [dist/]
    expire_in: 1 day
test:
  stage: test
  needs: [build]
  script:
    - pip install dist/*.whl pytest
    - pytest
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
"""
_HEAD = f"""\
stages: [{", ".join(_STAGES)}]
default:
  image: {_IMAGE}
variables:
  ROUND: "1"
.base:
  stage: build
  variables: {{MODE: fast, LEVEL: "2"}}
  retry: 1
.with-cache:
  extends: .base
  cache:
    key: {{files: [lock.txt]}}
    paths: [vendor/]
.rules:
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
      changes: [src/**/*]
"""


def mixed(jobs: int) -> dict[str, str]:
    """Return a root of `jobs` jobs of five kinds: path -> text."""
    return {ROOT: _HEAD + "".join(_jobs(0, jobs))}


def included(jobs: int) -> dict[str, str]:
    """Return the same jobs in local files of a hundred each, under a root that includes them."""
    parts = {
        f"ci/part-{begin // _PER_FILE}.yml": "".join(_jobs(begin, min(begin + _PER_FILE, jobs)))
        for begin in range(0, jobs, _PER_FILE)
    }
    listed = "".join(f"  - local: {path}\n" for path in parts)
    return {ROOT: f"include:\n{listed}{_HEAD}", **parts}


def extending(jobs: int) -> dict[str, str]:
    """Return jobs that take nearly all they have from chains of hidden ones, three hops deep."""
    bases = "".join(
        f".kind-{number}:\n  extends: [.with-cache, .rules]\n  variables: {{KIND: k{number}}}\n"
        f".kind-{number}-slow:\n  extends: .kind-{number}\n  timeout: 2 hours\n  tags: [big]\n"
        for number in range(20)
    )
    made = (
        f"job-{number}:\n  extends: .kind-{number % 20}-slow\n  variables: {{PART: p{number}}}\n  script: make all\n"
        for number in range(jobs)
    )
    return {ROOT: _HEAD + bases + "".join(made)}


def needing(jobs: int) -> dict[str, str]:
    """Return jobs of which each but the first needs up to eight before it."""
    made = (
        f"job-{number}:\n  stage: {_STAGES[number * len(_STAGES) // jobs]}\n"
        f"  needs: [{', '.join(f'job-{other}' for other in range(max(number - 8, 0), number))}]\n  script: make\n"
        for number in range(jobs)
    )
    return {ROOT: _HEAD + "".join(made)}


def floating(jobs: int) -> dict[str, str]:
    """Return jobs that each have something to warn of, so that the findings are many, too."""
    made = (f"job-{number}:\n  image: alpine\n  script: make part-{number}\n" for number in range(jobs))
    return {ROOT: _HEAD + "".join(made)}


VARIANTS: Mapping[str, Callable[[int], dict[str, str]]] = {
    "mixed": mixed,
    "includes": included,
    "extends": extending,
    "needs": needing,
    "findings": floating,
}


def _jobs(begin: int, end: int) -> Iterator[str]:
    for number in range(begin, end):
        yield f"job-{number}:\n{_KINDS[number % len(_KINDS)](number)}"


def _build(number: int) -> str:
    return (
        f"  stage: build\n  image: {_IMAGE}\n  script:\n    - ./configure --part {number}\n    - make -j4 all\n"
        "  artifacts:\n    paths: [dist/]\n    expire_in: 1 week\n"
    )


def _test(number: int) -> str:
    return f"  stage: test\n  needs: [job-{number - 1}]\n  script: make test-{number}\n  timeout: 30 minutes\n"


def _with_service(number: int) -> str:
    return (
        f"  stage: test\n  services:\n    - name: postgres:16.4\n      alias: db\n"
        f"  variables: {{DB: t{number}}}\n  script: [make database, make check]\n"
    )


def _by_rules(number: int) -> str:
    return (
        f"  extends: .with-cache\n  script: make part-{number}\n  rules:\n"
        f'    - if: $CI_COMMIT_TAG =~ /^v\\d+/ && $PART == "{number}"\n      when: manual\n'
        "    - !reference [.rules, rules]\n"
    )


def _deploy(number: int) -> str:
    return (
        f"  stage: deploy\n  environment: {{name: prod/{number}}}\n  resource_group: r{number}\n"
        f"  needs:\n    - {{job: job-{number - 4}, artifacts: true}}\n  script: ./deploy {number}\n  when: manual\n"
    )


_KINDS = (_build, _test, _with_service, _by_rules, _deploy)
