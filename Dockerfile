# The job image of ci-kit: the docker CLI with buildx, Python, git and ci-kit.
# PIP_NO_INDEX=1 and PIP_FIND_LINKS=/source/.ci/wheels build it where PyPI is out of reach.
ARG DOCKER_VERSION=28.5.2

FROM docker:${DOCKER_VERSION}-cli AS base
# The official image is Alpine; one that brings Python and git already needs no package manager.
RUN command -v python3 >/dev/null && command -v git >/dev/null || apk add --no-cache python3 git

FROM base AS build
ARG PIP_NO_INDEX=
ARG PIP_FIND_LINKS=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python3 -m venv /opt/ci-kit && python3 -m venv /opt/build
WORKDIR /source
COPY .ci .ci
RUN /opt/build/bin/python -m pip install --quiet --require-hashes --requirement .ci/build.lock \
 && /opt/ci-kit/bin/python -m pip install --quiet --require-hashes --requirement .ci/requirements.lock
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY templates templates
COPY ci_kit ci_kit
RUN /opt/build/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /opt/ci-kit/bin/python -m pip install --quiet --no-deps --no-index /wheel/*.whl \
 && /opt/ci-kit/bin/python -m pip uninstall --quiet --yes pip

FROM base
COPY --from=build /opt/ci-kit /opt/ci-kit
RUN ln -s /opt/ci-kit/bin/ci-kit /usr/local/bin/ci-kit
CMD ["ci-kit", "--help"]
