# From a checkout to a verified image with nothing but docker; any POSIX shell runs it.
set -eu
private=$(mktemp -d)
trap 'rm -rf "$private"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Credentials go into a directory of this job and leave with it.
export DOCKER_CONFIG="$private"
# One manifest instead of an index with attestations: GitLab's registry page shows it whole.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1

# buildx asks GitLab for tokens itself, and has to trust the instance's own CA beside the system's.
if [ -f "${CI_SERVER_TLS_CA_FILE:-}" ]; then
  mkdir "$private/ca"
  cp "$CI_SERVER_TLS_CA_FILE" "$private/ca/instance.pem"
  export SSL_CERT_DIR="$private/ca:${SSL_CERT_DIR:-/etc/ssl/certs}"
fi

fail() {
  echo "ci-kit: error: $1" >&2
  exit 1
}

# The daemon makes its keys before it listens, and listens before it answers: ask until it does.
deadline=$(($(date +%s) + 60))
until timeout 20 docker version >"$private/answer" 2>&1; do
  if [ "$(date +%s)" -ge "$deadline" ]; then
    tail -n 3 "$private/answer" >&2
    fail "no Docker daemon at ${DOCKER_HOST:-the default socket} after 60 s -> does the runner have privileged = true and the volume /certs/client?"
  fi
  sleep 1
done

# Where the image goes: the project's own, a name below it, or a full reference.
project=${CI_REGISTRY_IMAGE:-}
case "${CI_KIT_IMAGE:-}" in
  */*)
    case "${CI_KIT_IMAGE%%/*}" in
      *.* | *:* | localhost) image=$CI_KIT_IMAGE ;;
      *) image=$project/$CI_KIT_IMAGE ;;
    esac
    ;;
  ?*) image=$project/$CI_KIT_IMAGE ;;
  *) image=$project ;;
esac
case "$image" in
  "" | /*) fail "CI_REGISTRY_IMAGE is not set -> turn on the container registry of this project" ;;
esac

# The password goes through a pipe: an argument could be read in the list of processes.
[ -z "${DOCKER_AUTH_CONFIG:-}" ] || printf '%s' "$DOCKER_AUTH_CONFIG" >"$private/config.json"
[ -z "${CI_REGISTRY:-}" ] ||
  printf '%s' "$CI_REGISTRY_PASSWORD" | docker login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"

# Labels lead from the image back to its commit.
labels=org.opencontainers.image
set -- --file "$CI_KIT_DOCKERFILE" --tag "$image:$CI_COMMIT_SHA" \
  --label "$labels.source=${CI_PROJECT_URL:-}" \
  --label "$labels.url=${CI_PROJECT_URL:-}" \
  --label "$labels.revision=$CI_COMMIT_SHA" \
  --label "$labels.created=${CI_COMMIT_TIMESTAMP:-}" \
  --label "$labels.version=${CI_COMMIT_TAG:-${CI_COMMIT_REF_NAME:-}}" \
  --label "$labels.ref.name=${CI_COMMIT_REF_NAME:-}"
[ -z "${CI_KIT_TARGET:-}" ] || set -- "$@" --target "$CI_KIT_TARGET"
while IFS= read -r line; do
  [ -z "$line" ] || set -- "$@" --build-arg "$line"
done <<END
${CI_KIT_BUILD_ARGS:-}
END
# What is made from another image of this project is made from what its job has pushed: it told the digest.
while IFS='=' read -r suffix name; do
  [ -z "$suffix" ] || eval "pin=\${CI_KIT_IMAGE_REF_$suffix:-}"
  [ -z "$suffix" ] || [ -z "$pin" ] || set -- "$@" --build-context "$name=docker-image://$pin"
done <<END
${CI_KIT_PINS:-}
END
[ -z "${CI_KIT_PINS:-}" ] || set -- "$@" --build-arg "CI_REGISTRY_IMAGE=$project"
case "${CI_KIT_BUILDER:-auto}" in
  buildx) docker buildx build --load "$@" "$CI_KIT_CONTEXT" ;;
  *) docker build "$@" "$CI_KIT_CONTEXT" ;;
esac

# The registry is asked what it has after each push: without its answer there is no success.
publish() {
  docker tag "$image:$CI_COMMIT_SHA" "$image:$1"
  docker push "$image:$1" >"$private/push" 2>&1 || {
    tail -n 5 "$private/push" >&2
    fail "$image:$1 was not pushed -> the lines above are docker's"
  }
  docker pull "$image:$1" >"$private/pull" 2>&1 || {
    tail -n 5 "$private/pull" >&2
    fail "$image:$1 was pushed, but the registry does not have it"
  }
  sent=$(sed -n 's/.*digest: \(sha256:[0-9a-f]*\) .*/\1/p' "$private/push")
  found=$(sed -n 's/^Digest: \(sha256:[0-9a-f]*\).*/\1/p' "$private/pull")
  [ -n "$found" ] || fail "the registry names no digest for $image:$1"
}

publish "$CI_COMMIT_SHA"
[ "$sent" = "$found" ] || fail "$image:$CI_COMMIT_SHA is $found in the registry, but $sent was pushed"
digest=$found

# Tags that move come after the one that never does.
if [ -n "${CI_COMMIT_TAG:-}" ]; then
  moving=$(printf '%s' "$CI_COMMIT_TAG" | tr -c 'A-Za-z0-9_.-' '-' | sed 's/^[.-]*//' | cut -c 1-128)
elif [ -n "${CI_MERGE_REQUEST_IID:-}" ]; then
  moving=mr-$CI_MERGE_REQUEST_IID
else
  moving=${CI_COMMIT_REF_SLUG:-}
  [ "${CI_COMMIT_BRANCH:-}" != "${CI_DEFAULT_BRANCH:-}" ] || moving="$moving latest"
fi
for tag in $moving; do
  publish "$tag"
  [ "$digest" = "$found" ] || echo "ci-kit: another pipeline has moved $image:$tag to $found" >&2
done

# What later jobs and the job's page are told.
suffix=${CI_KIT_SUFFIX:-}
if [ -n "${CI_KIT_DOTENV:-}" ]; then
  cat >"$CI_KIT_DOTENV" <<END
CI_KIT_IMAGE_REF$suffix=$image@$digest
CI_KIT_IMAGE_TAG$suffix=$image:$CI_COMMIT_SHA
CI_KIT_IMAGE_DIGEST$suffix=$digest
END
fi
if [ -n "${CI_KIT_ANNOTATIONS:-}" ]; then
  printf '{"ci-kit": [{"external_link": {"label": "%s", "url": "%s"}}]}\n' \
    "$image@$digest" "${CI_PROJECT_URL:-}/container_registry" >"$CI_KIT_ANNOTATIONS"
fi
echo "$image@$digest"
