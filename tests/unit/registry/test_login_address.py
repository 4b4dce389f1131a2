import pytest

from ci_kit.errors import UsageError
from ci_kit.registry import reference

SECRET = "s3cret-canary"


@pytest.mark.parametrize(
    ("text", "registry", "repository"),
    [
        ("h.example.com", "h.example.com", ""),
        ("h.example.com/", "h.example.com", ""),
        ("https://h.example.com", "h.example.com", ""),
        ("https://h.example.com:5050//", "h.example.com:5050", ""),
        ("HTTPS://h.example.com/group/project/", "h.example.com", "group/project"),
        ("http://h.example.com/v2/", "h.example.com", ""),
        ("https://index.docker.io/v1/", "index.docker.io", ""),
        ("h:5050/app", "h:5050", "app"),
        ("h:5050/group/project/image:1.0", "h:5050", "group/project/image"),
        (f"h:5050/group/project@sha256:{'a' * 64}", "h:5050", "group/project"),
        ("localhost", "localhost", ""),
        ("localhost:5000/app", "localhost:5000", "app"),
        ("[::1]:5000/app", "[::1]:5000", "app"),
        ("https://intranet/app", "intranet", "app"),
    ],
)
def test_an_address_is_read_as_docker_login_reads_it(text: str, registry: str, repository: str) -> None:
    found = reference.of_registry(text)
    assert (found.registry, found.repository) == (registry, repository)
    assert bool(found.note) == (text != registry)
    assert not found.note or f"means the registry {registry!r}" in found.note


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "CI_REGISTRY: is empty -> name the registry"),
        ("https://", "is empty"),
        ("/", "is empty"),
        ("group", "docker does not take 'group' for a host -> write host/group, or group:443"),
        ("group/project", "docker does not take 'group' for a host"),
        ("h.example.com/Group/App", "a repository name is lower-case -> write 'group/app'"),
        ("h.example.com:0", "there is no port 0"),
        ("h.example.com:99999", "there is no port 99999"),
        ("h .example.com", "is not host or host:port"),
        ("https://h.example.com?x=1", "is not host or host:port"),
        ("h.example.com/a b", "breaks the grammar"),
    ],
)
def test_what_is_no_address_is_named_with_its_place(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        reference.of_registry(text, "CI_REGISTRY")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text", [f"https://user:{SECRET}@h.example.com/", f"user:{SECRET}@h.example.com", f"glpat-{SECRET}.01.abc"]
)
def test_a_secret_in_the_place_of_an_address_is_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="holds a user or a password, which no address does") as caught:
        reference.of_registry(text)
    assert SECRET not in str(caught.value)
