"""The job's proxies: what the build gets, and what clients of the daemon are kept from."""

import pytest

from ci_kit.build.options import proxies


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {}),
        ({"NO_PROXY": "a"}, {}),
        ({"https_proxy": "p"}, {"HTTPS_PROXY": "p", "https_proxy": "p"}),
        ({"HTTP_PROXY": "p", "http_proxy": "q"}, {"HTTP_PROXY": "p", "http_proxy": "p"}),
    ],
)
def test_a_proxy_is_there_in_both_cases(environ: dict[str, str], expected: dict[str, str]) -> None:
    assert proxies.of(environ) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HTTP_PROXY": "p", "DOCKER_HOST": "tcp://docker:2376"}, "docker"),
        ({"HTTP_PROXY": "p", "DOCKER_HOST": "tcp://docker:2376", "no_proxy": "a, b"}, "a,b,docker"),
        ({"HTTP_PROXY": "p", "DOCKER_HOST": "tcp://docker:2376", "NO_PROXY": "a,docker"}, "a,docker"),
        ({"HTTP_PROXY": "p", "DOCKER_HOST": "tcp://docker:2376", "NO_PROXY": "*"}, "*"),
        ({"HTTP_PROXY": "p", "DOCKER_HOST": "unix:///run/docker.sock"}, None),
        ({"DOCKER_HOST": "tcp://docker:2376"}, None),
    ],
)
def test_the_daemon_is_asked_past_the_proxy(environ: dict[str, str], expected: str | None) -> None:
    found = proxies.past_the_daemon(environ)
    assert found == ({"NO_PROXY": expected, "no_proxy": expected} if expected else {})
