#!/bin/sh
# The contract of the official dind image:
#   DOCKER_TLS_CERTDIR set    certificates in its ca/, server/ and client/, then dockerd on 2376 with client verification
#   DOCKER_TLS_CERTDIR empty  dockerd on 2375 without TLS
# DIND_KEY: ec (0.1 s, the default here), rsa2048 or rsa4096 (as the official image: several seconds of silence).
set -eu

make_key() {
  [ ! -s "$1" ] || return 0
  case ${DIND_KEY:-ec} in
    ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" ;;
    rsa*) openssl genrsa -out "$1" "${DIND_KEY#rsa}" ;;
  esac 2>/dev/null
}

names() {
  ip -o addr | awk '{ sub("/.*", "", $4); print "IP:" $4 }'
  for name in docker localhost "$(cat /etc/hostname)"; do echo "DNS:$name"; done
  [ -z "${DOCKER_TLS_SAN:-}" ] || echo "$DOCKER_TLS_SAN"
}

make_certificate() { # folder, subject, extension
  mkdir -p "$1"
  make_key "$1/key.pem"
  openssl req -new -key "$1/key.pem" -subj "/CN=$2" -out "$1/request.pem"
  printf '%s\n' "$3" >"$1/extensions"
  openssl x509 -req -in "$1/request.pem" -CA "$top/ca/cert.pem" -CAkey "$top/ca/key.pem" -days 825 \
    -extfile "$1/extensions" -out "$1/cert.new" 2>/dev/null
  cp "$top/ca/cert.pem" "$1/ca.pem"
  mv "$1/cert.new" "$1/cert.pem"
}

make_certificates() {
  top=$DOCKER_TLS_CERTDIR
  mkdir -p "$top/ca"
  make_key "$top/ca/key.pem"
  openssl req -new -x509 -key "$top/ca/key.pem" -subj "/CN=dind CA" -days 825 \
    -addext keyUsage=critical,digitalSignature,keyCertSign -out "$top/ca/cert.pem"
  make_certificate "$top/server" "dind server" "subjectAltName=$(names | sort -u | paste -sd, -)"
  make_certificate "$top/client" "dind client" "extendedKeyUsage=clientAuth"
  chmod 0644 "$top/client/key.pem" # jobs may run as another user
}

# In version 2 of control groups a group with processes cannot have groups with limits below it, so what runs here moves
# into a group of its own. source: kernel documentation, Control Group v2, "No Internal Process Constraint"
nest_control_groups() {
  root=/sys/fs/cgroup
  [ -f "$root/cgroup.controllers" ] || return 0
  mkdir -p "$root/init"
  while read -r process; do
    echo "$process" >"$root/init/cgroup.procs" || : # it may have ended meanwhile
  done <"$root/cgroup.procs" 2>/dev/null
  sed 's/[a-z_]*/+&/g' "$root/cgroup.controllers" >"$root/cgroup.subtree_control" || :
}

case ${1:-} in
  ''|-*)
    if [ -n "${DOCKER_TLS_CERTDIR:-}" ]; then
      make_certificates
      server=$DOCKER_TLS_CERTDIR/server
      set -- dockerd --host=unix:///var/run/docker.sock --host=tcp://0.0.0.0:2376 --tlsverify \
        --tlscacert "$server/ca.pem" --tlscert "$server/cert.pem" --tlskey "$server/key.pem" "$@"
    else
      set -- dockerd --host=unix:///var/run/docker.sock --host=tcp://0.0.0.0:2375 --tls=false "$@"
    fi ;;
esac
if [ "$1" = dockerd ]; then
  nest_control_groups
  find /run -name 'docker*.pid' -delete # a restarted container finds its own old file
fi
exec "$@"
