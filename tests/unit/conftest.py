import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci_kit.gitlab_api.result import Result
from tests.results import assert_result
from tests.unit.servers import Authority

_NOBODY = 65534
_CI = ("CI_", "DOCKER_", "GITLAB_", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_LIBRARIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "ALL_PROXY", "all_proxy")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests mean the same in a GitLab job and on a laptop behind a proxy."""
    for name in list(os.environ):
        if name.startswith(_CI) or name in _LIBRARIES:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _published_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every result that any test writes is what the published schema says."""
    write = Result.as_text

    def written(result: Result) -> str:
        text = write(result)
        assert_result(text)
        return text

    monkeypatch.setattr(Result, "as_text", written)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "ca")


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[None]:
    """Root may write everywhere: be nobody for the time of a test, with the test's folders still reachable."""
    if os.geteuid() != 0:
        yield
        return
    for folder in (tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    os.chown(tmp_path, _NOBODY, _NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
