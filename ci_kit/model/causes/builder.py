"""Causes in builds, which no doctor can see before: they are told by what the tools say."""

from ci_kit.model.causes.cause import Cause, Said

CAUSES = (
    Cause(
        "hub-rate-limit",
        "Docker Hub gives this address no more images for now.",
        "author",
        "Docker Hub's limit: log in there, or use the dependency proxy",
        "Write `${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/alpine:3.20` for images of Docker Hub, log in there, or let "
        "the runner have a mirror. BuildKit's container driver does not read the mirrors of daemon.json.",
        'GitLab docs "Dependency proxy for container images"',
        (
            Said("docker", "toomanyrequests: You have reached your pull rate limit"),
            Said("docker", "toomanyrequests: You have reached your unauthenticated pull rate limit"),
            Said("docker", "toomanyrequests"),
        ),
    ),
    Cause(
        "base-image-unknown",
        "The base image does not exist, or needs a login.",
        "author",
        "check the name in FROM",
        "Check name and tag in FROM. For a private one log in to its registry before the build, in the job: logins of "
        "the runner's host do not reach dind.",
        'Docker docs "Dockerfile reference", FROM',
        (
            Said("docker build", "pull access denied for …, repository does not exist"),
            Said("docker build", "manifest for … not found: manifest unknown"),
            Said("buildx", "failed to resolve source metadata for"),
            Said("docker pull", "manifest unknown"),
        ),
    ),
    Cause(
        "base-image-untrusted",
        "The registry of a base image has a certificate that the builder does not trust.",
        "author",
        "a base image's registry is not trusted by the daemon: give it the CA",
        "Give the daemon the CA of that registry: /etc/docker/certs.d/HOST:PORT/ca.crt; the container driver of "
        "buildx takes it in buildkitd.toml (`--buildkitd-config`).",
        'Docker docs "Verify repository client with certificates"',
        (Said("docker build", "x509: certificate signed by unknown authority"),),
    ),
    Cause(
        "needs-buildkit",
        "The Dockerfile uses what only BuildKit can do.",
        "author",
        "build with BuildKit: --builder buildx",
        "Use `ci-kit build-push --builder buildx`, or DOCKER_BUILDKIT=1 with the buildx plugin installed.",
        'Docker docs "BuildKit"',
        (
            Said("docker build", "the --mount option requires BuildKit"),
            Said("docker build", "requires BuildKit"),
            Said("docker build", "BuildKit is enabled but the buildx component is missing or broken"),
        ),
    ),
    Cause(
        "foreign-platform",
        "A step of the build is a program for another kind of processor, and nothing here emulates that.",
        "author",
        "build on a runner of that platform (pipeline.native), or with emulation",
        "Give each platform a runner of its own (`pipeline.native`), or let the runner's host emulate the others: "
        "`docker run --privileged --rm tonistiigi/binfmt --install arm64`. A file that is no program for this system, "
        "like a script without `#!`, says the same.",
        'Docker docs "Multi-platform builds", "Install QEMU manually"',
        (Said("docker build", "exec /bin/sh: exec format error"), Said("docker build", "exec format error")),
    ),
    Cause(
        "buildx-tls-context",
        "buildx makes no builder from a daemon with TLS that only the environment names.",
        "author",
        "docker context create ci, then docker buildx create --use ci",
        "`docker context create ci`, then `docker buildx create --use ci`: a context carries the certificates.",
        "docker/buildx issue 413",
        (Said("buildx", "could not create a builder instance with TLS data loaded from environment"),),
    ),
    Cause(
        "child-manifest-missing",
        "An image for several platforms names images that are not in the same repository.",
        "author",
        "push the platforms into the repository of the index first",
        "Push every platform's image into the very repository of the index, or copy the whole with `ci-kit promote`.",
        'OCI "Distribution Specification", "Pushing Manifests"',
        (
            Said("docker manifest push", "manifest blob unknown: blob unknown to registry"),
            Said("registry", "MANIFEST_BLOB_UNKNOWN"),
            Said("registry", "manifest blob unknown"),
        ),
    ),
)
