"""CK101: a Docker daemon that is spoken to without TLS."""

import re
from collections.abc import Iterator

from ci_kit.language.jobs import CiJob, CiService
from ci_kit.lint.rule import Hit, Rule
from ci_kit.lint.shell import commands

_PLAIN = re.compile(r"tcp://[^\s/'\"]*:2375(?!\d)")
_SET_IN_SHELL = re.compile(r"^[^#]*\bDOCKER_HOST=['\"]?tcp://[^\s/'\"]*:2375(?!\d)")
_DIND = re.compile(r"(?<![a-z])dind(?![a-z])")
_HOST = ("-H", "--host")
_SAYING = ("echo ", "printf ")
_MESSAGE = "the Docker daemon is spoken to without TLS: whoever reaches port 2375 is root in this job's daemon"


def check(job: CiJob) -> Iterator[Hit]:
    """Yield each place that turns TLS off, or goes to the port without it."""
    for service in job.services:
        if _is_dind(service):
            yield from _of_service(service, job)
    host = job.variables.get("DOCKER_HOST")
    if host and _PLAIN.search(host.value):
        yield Hit(host, host.value, _MESSAGE, "tcp://docker:2376")
    for text in job.commands:
        for line in map(str.strip, text.value.split("\n")):
            if _goes_plain(line):
                yield Hit(text, line, _MESSAGE, "tcp://docker:2376")


def _of_service(service: CiService, job: CiJob) -> Iterator[Hit]:
    folder = service.variables.get("DOCKER_TLS_CERTDIR") or job.variables.get("DOCKER_TLS_CERTDIR")
    if folder is not None and not folder.value.strip():
        message = 'DOCKER_TLS_CERTDIR: "" turns TLS off, and lets the daemon wait 15 seconds before it starts'
        yield Hit(folder, folder.value, message, '"/certs"')
    command = " ".join(service.command)
    if "--tls=false" in command:
        yield Hit(service.name, service.name.value, f"--tls=false: {_MESSAGE}", "take the option out")
    elif _PLAIN.search(command) and "--tls" not in command:
        yield Hit(service.name, service.name.value, _MESSAGE, "take the command out")


def _goes_plain(line: str) -> bool:
    """Whether a line of a script sends docker to the port without TLS."""
    if line.startswith(_SAYING) or not _PLAIN.search(line):
        return False
    option = any(words[0] == "docker" and words[1:] and words[1].startswith(_HOST) for words in commands(line))
    return option or bool(_SET_IN_SHELL.match(line))


def _is_dind(service: CiService) -> bool:
    return bool(_DIND.search(service.name.value)) or service.alias == "docker"


RULE = Rule(
    id="CK101",
    name="docker-without-tls",
    severity="warning",
    summary="A Docker daemon is used without TLS.",
    why=(
        "An empty DOCKER_TLS_CERTDIR makes docker:dind listen on port 2375 without TLS. Every container in the job's "
        "network, and with a bridge shared by several jobs every other job, can then start privileged containers in "
        "it. It is slower, too: the daemon waits 15 seconds before it opens that port."
    ),
    source='docker-library/docker dockerd-entrypoint.sh; GitLab docs "Use Docker to build Docker images"',
    bad="""\
build:
  image: docker:28.5.2-cli
  services: [docker:28.5.2-dind]
  variables:
    DOCKER_HOST: tcp://docker:2375
    DOCKER_TLS_CERTDIR: ""
  script: [docker info]
""",
    good="""\
build:
  image: docker:28.5.2-cli
  services: [docker:28.5.2-dind]
  variables:
    DOCKER_HOST: tcp://docker:2376
    DOCKER_TLS_CERTDIR: /certs
    DOCKER_TLS_VERIFY: "1"
    DOCKER_CERT_PATH: /certs/client
  script: [docker info]
""",
    check=check,
)
