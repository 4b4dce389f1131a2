#!/bin/sh
# The contract of the official client image: choose the daemon's address when the container starts.
set -eu
certificates=${DOCKER_TLS_CERTDIR:-}/client
present() { [ -n "${DOCKER_TLS_CERTDIR:-}" ] && [ -s "$certificates/ca.pem" ] && [ -s "$certificates/cert.pem" ] && [ -s "$certificates/key.pem" ]; }

if [ -z "${DOCKER_HOST:-}" ] && [ ! -S /var/run/docker.sock ]; then
  if present || [ -n "${DOCKER_TLS_VERIFY:-}" ]; then
    DOCKER_HOST=tcp://docker:2376
  else
    DOCKER_HOST=tcp://docker:2375
  fi
  export DOCKER_HOST
fi
case ${DOCKER_HOST:-} in
  tcp:*)
    if [ -z "${DOCKER_TLS_VERIFY:-}${DOCKER_CERT_PATH:-}" ] && present; then
      export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$certificates"
    fi ;;
esac
case ${1:-} in
  -*) set -- docker "$@" ;;
esac
exec "$@"
