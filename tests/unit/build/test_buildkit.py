"""Which BuildKit is meant by one word or address."""

import pytest

from ci_kit.build.options.buildkit import THE_DAEMONS, BuildKit, parse
from ci_kit.errors import UsageError

FILES = {"cacert": "/c/ca.pem", "cert": "/c/cert.pem", "key": "/c/key.pem"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", THE_DAEMONS),
        ("docker", THE_DAEMONS),
        ("docker-container", BuildKit("docker-container")),
        ("docker-container?image=m/b:1", BuildKit("docker-container", options={"image": "m/b:1"})),
        ("tcp://kit.example:1234", BuildKit("remote", address="tcp://kit.example:1234")),
        (
            "tcp://10.0.0.1:1234?cacert=/c/ca.pem&cert=/c/cert.pem&key=/c/key.pem",
            BuildKit("remote", address="tcp://10.0.0.1:1234", options=FILES),
        ),
        ("unix:///run/buildkit/buildkitd.sock", BuildKit("remote", address="unix:///run/buildkit/buildkitd.sock")),
        ("kubernetes://ci", BuildKit("kubernetes", options={"namespace": "ci"})),
        (
            "kubernetes://ci/kits?replicas=3&rootless=true",
            BuildKit("kubernetes", "kits", options={"namespace": "ci", "replicas": "3", "rootless": "true"}),
        ),
        ("team-builder", BuildKit("named", "team-builder")),
    ],
)
def test_a_buildkit_is_read(text: str, meant: BuildKit) -> None:
    assert parse(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "tcp://kit",
        "tcp://:1234",
        "tcp://kit:port",
        "tcp://kit:1?cacert",
        "unix://run/kit.sock",
        "kubernetes://",
        "kubernetes://ci/a/b",
        "ssh://kit:22",
        "http://kit:80",
        "--builder",
        "team?replicas=2",
        "a b",
        "tcp://[kit:1",
    ],
)
def test_what_names_no_buildkit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"pipeline\.buildkit: ") as caught:
        parse(text)
    assert "say docker-container, tcp://host:port" in str(caught.value)
