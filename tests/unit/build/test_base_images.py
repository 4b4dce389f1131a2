"""Which images a Dockerfile begins with, and which they are now."""

import pytest

from ci_kit.build.inputs import base_images, dockerfile
from ci_kit.build.inputs.base_images import Bases, Unresolved
from ci_kit.registry import trust
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.transport import Transport
from tests.unit.servers import Store, free_port, web

HEX = "0" * 64


def named(text: str, platforms: tuple[str, ...] = ("linux/amd64",), **arguments: str) -> str:
    return " ".join(base_images.named(text, arguments, platforms))


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("FROM a", "a"),
        ("from a:1 as x\nFroM b@sha256:0\n", "a:1 b@sha256:0"),
        ("FROM scratch\nFROM SCRATCH", ""),
        ("FROM a AS Base\nFROM base\nFROM BASE AS c\nFROM c", "a"),
        ("FROM b\nFROM a AS b", "a b"),
        ("FROM --platform=$BUILDPLATFORM a AS b\nFROM --platform=linux/arm64 c", "a c"),
        ("FROM \\\n  # a comment\n\n  a \\\n  AS x\nFROM x", "a"),
        ("# escape=`\nFROM `\n a\nRUN x \\\nFROM b", "a b"),
        ("# syntax=docker/dockerfile:1\n# escape=`\nFROM `\na", "a"),
        ("\n# escape=`\nFROM a`b", "a`b"),
        ("\ufeffFROM a\r\nRUN x\r\nFROM b\r\n", "a b"),
        ("FROM a\nRUN x \\\\\nFROM b", "a b"),
        # heredocs
        ("FROM a\nRUN <<EOF\nFROM b\nEOF\nFROM c", "a c"),
        ("FROM a\nRUN <<-'E' cat && x <<F\nFROM b\n\tE\nFROM c\nF\nFROM d", "a d"),
        ("FROM a\nCOPY <<one <<two /x/\nFROM b\none\nFROM c\ntwo\nFROM d", "a d"),
        ("FROM a\nRUN cat <<EOF\nFROM b", "a b"),
        ("FROM a\nRUN echo \"x <<EOF\"\nFROM b\nEOF", "a b"),
        ("FROM a\nLABEL x=<<EOF\nFROM b\nEOF", "a b"),
        # from elsewhere
        ("FROM a AS x\nFROM b\nCOPY --from=x / /\nCOPY --link --from=c:1 / /\nCOPY --from=0 / /", "a b c:1"),
        ("FROM a\nRUN --mount=type=cache,target=/x --mount=type=bind,from=b,target=/y x", "a b"),
        ("FROM a\nONBUILD COPY --from=b / /", "a"),
        # arguments
        ("ARG V=1\nFROM a:$V", "a:1"),
        ("ARG V=1 W=x\nFROM a:${V}-${W}", "a:1-x"),
        ("ARG V\nFROM a:${V:-2}", "a:2"),
        ("ARG V\nFROM a${V:+:$V}", "a"),
        ("ARG V=1\nARG I=a:${V}\nFROM \"$I\"", "a:1"),
        ("ARG I='a:$V'\nFROM x", "x"),
        ("FROM a\nARG V=1\nFROM b:${V:-none}", "a b:none"),
        ("FROM a-$TARGETARCH${TARGETVARIANT}", "a-amd64"),
    ],
)  # fmt: skip
def test_images_that_are_named(text: str, images: str) -> None:
    assert named(text) == images


def test_build_args_win_over_defaults_where_they_are_declared() -> None:
    assert named("ARG V=1\nARG W\nFROM a:$V-$W", V="2", W="3") == "a:2-3"
    assert named("FROM a:1$V", V="2") == "a:1"
    assert named("FROM a-$TARGETARCH", TARGETARCH="x") == "a-x"
    assert named("FROM a-$TARGETARCH$TARGETVARIANT", ("linux/arm/v7", "linux/amd64")) == "a-amd64 a-armv7"


@pytest.mark.parametrize(
    "text",
    [
        "FROM",
        "ARG V\nFROM $V",
        "ARG V=x\nFROM a:${V%x}",
        "ARG V=x\nFROM a:${V/x/y}",
        "FROM a:${V:?is needed}",
        "FROM a:${V",
        "FROM a:$",
        "FROM 'a",
        'FROM "a',
        "FROM a-$BUILDARCH",
        "FROM a\nCOPY --from=$X / /",
    ],
)
def test_what_is_odd_is_not_guessed(text: str) -> None:
    with pytest.raises(Unresolved):
        named(text)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("a$A-${A}", "a1-1"),
        ("'$A'\"$A\"", "$A1"),
        (r"\$A", "$A"),
        (r'"\$A\x"', r"$A\x"),
        ("${A:-x}${B:-x}${E:-x}${E-x}", "1xx"),
        ("${A:+x}${B:+x}${E:+x}${E+x}", "xx"),
        ("${B:-${A:-x}}${B:-'}'}", "1}"),
        ("${A:?x}${E?x}", "1"),
    ],
)
def test_a_word_is_read_as_a_shell_does(word: str, value: str) -> None:
    assert dockerfile.expand(word, {"A": "1", "E": ""}, "\\") == value


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ("alpine", "registry-1.docker.io/library/alpine"),
        ("grafana/grafana:1", "registry-1.docker.io/grafana/grafana:1"),
        ("docker.io/alpine:3", "registry-1.docker.io/library/alpine:3"),
        ("index.docker.io/library/alpine", "registry-1.docker.io/library/alpine"),
        ("localhost/a", "localhost/a"),
        ("host:5000/a/b:1", "host:5000/a/b:1"),
        (f"a:1@sha256:{HEX}", f"registry-1.docker.io/library/a:1@sha256:{HEX}"),
    ],
)
def test_names_are_completed_as_docker_does(image: str, reference: str) -> None:
    assert str(base_images.full(image)) == reference


def test_a_digest_is_asked_for_once_and_a_pinned_one_never() -> None:
    store = Store()
    digest = store.image("1", "latest")
    with web(store) as server:
        client = RegistryClient(server.netloc, Transport(lambda host: trust.context(()), timeout=5))
        bases = Bases({server.netloc: client}.__getitem__)
        try:
            assert bases.digest(f"{server.netloc}/g/a:1") == bases.digest(f"{server.netloc}/g/a:1") == digest
            assert bases.digest(f"{server.netloc}/g/a") == digest
            assert bases.digest(f"nowhere.example/g/a:1@sha256:{HEX}") == f"sha256:{HEX}"
            with pytest.raises(Unresolved, match="g/a:2 is not in its registry"):
                bases.digest(f"{server.netloc}/g/a:2")
        finally:
            client.close()
    assert server.paths("HEAD") == ["/v2/g/a/manifests/1", "/v2/g/a/manifests/latest", "/v2/g/a/manifests/2"]


def test_an_image_that_cannot_be_asked_for_is_told() -> None:
    def closed(registry: str) -> RegistryClient:
        return RegistryClient(registry, Transport(lambda host: trust.context(()), timeout=5))

    with pytest.raises(Unresolved, match=r"is now cannot be found out: .*: nothing listens there"):
        Bases(closed).digest(f"127.0.0.1:{free_port()}/g/a")
    with pytest.raises(Unresolved, match="'A B' is no image"):
        Bases(closed).digest("A B")
