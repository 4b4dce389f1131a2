"""Causes between a job and its Docker daemon, docker-in-docker above all."""

from ci_kit.model.causes.cause import Cause, Said

_DOCS = 'GitLab docs "Use Docker to build Docker images"'
_DIND = (
    'services: [{name: "docker:dind", alias: docker}], and as variables DOCKER_HOST: tcp://docker:2376, '
    "DOCKER_TLS_CERTDIR: /certs, DOCKER_TLS_VERIFY: 1, DOCKER_CERT_PATH: /certs/client"
)
_CONNECT = "Cannot connect to the Docker daemon"

CAUSES = (
    Cause(
        "daemon-none",
        "There is no Docker daemon here: neither DOCKER_HOST nor a socket.",
        "author",
        "start Docker, or set DOCKER_HOST; in a job: add the docker:dind service",
        f"In a job add the service: {_DIND}. On a laptop start Docker.",
        _DOCS,
        (
            Said("docker", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock"),
            Said("docker", "dial unix /var/run/docker.sock: connect: no such file or directory"),
        ),
    ),
    Cause(
        "daemon-no-service",
        "The host of the Docker daemon has no address: the service is not there, or it has ended.",
        "author",
        "add a docker:…-dind service with the alias that DOCKER_HOST names; if it is there, it ended: privileged "
        "runner?",
        f"Add the service, with the alias that DOCKER_HOST names: {_DIND}. An image from a mirror or the dependency "
        f"proxy is "
        'not called `docker` by itself. If the service is there, it ended: `CI_DEBUG_SERVICES: "true"` shows its log.',
        _DOCS,
        (
            Said("docker", "dial tcp: lookup docker on …: no such host"),
            Said("docker", "lookup docker: no such host"),
            Said("docker", "error during connect: … lookup docker"),
        ),
    ),
    Cause(
        "daemon-not-privileged",
        "The runner does not run its containers privileged, and docker-in-docker cannot start without that.",
        "runner",
        "set privileged = true for this runner, or build with buildah or rootless BuildKit",
        'In the runner\'s config.toml under [runners.docker]: `privileged = true` and `volumes = ["/certs/client", '
        '"/cache"]`. Tag such runners, and let the job name the tag. The service\'s log (`CI_DEBUG_SERVICES: "true"`) '
        "says "
        "`mount: permission denied`.",
        'gitlab-runner docs "Use Docker-in-Docker with privileged mode"; capabilities(7)',
        (
            Said("dind", "mount: permission denied (are you root?)"),
            Said("dind", "Could not mount /sys/kernel/security"),
            Said("dind", "iptables: Permission denied (you must be root)"),
            Said("runner", "service docker… health check: probably didn't start properly"),
            Said("docker", _CONNECT),
        ),
        hides=("daemon-no-service", "daemon-not-ready", "daemon-certificates-missing"),
    ),
    Cause(
        "daemon-certificates-missing",
        "The client's certificates for the Docker daemon are not there.",
        "runner",
        'share it: volumes = ["/certs/client", "/cache"] in the runner, DOCKER_TLS_CERTDIR: "/certs" in the job',
        'In the runner\'s config.toml under [runners.docker]: `volumes = ["/certs/client", "/cache"]`, so that job '
        'and service share the folder, and `DOCKER_TLS_CERTDIR: "/certs"` as a variable of the job. DOCKER_CERT_PATH '
        "is then "
        "/certs/client.",
        'GitLab docs "Docker-in-Docker with TLS enabled in the Docker executor"',
        (
            Said("docker", "could not read CA certificate …: no such file or directory"),
            Said("docker", "unable to resolve docker endpoint: open …/ca.pem: no such file or directory"),
            Said("docker", "Failed to initialize: unable to resolve docker endpoint"),
            Said("docker", "Cannot connect to the Docker daemon at tcp://docker:2376"),
        ),
    ),
    Cause(
        "daemon-certificates-empty",
        "The client's certificates for the Docker daemon are empty or no certificates.",
        "runner",
        "remove them, so that dind makes new ones; share /certs/client with this job's service only",
        "Files of no length, or of something else, lie where the certificates belong: a service that was killed while "
        "it made them, or a full disk. Remove the volume of /certs/client on the runner; dind makes new ones.",
        "docker-library/docker, dockerd-entrypoint.sh",
        (
            Said("docker", "could not load X509 key pair"),
            Said("docker", "tls: failed to find any PEM data in certificate input"),
        ),
        hides=("daemon-certificates-missing",),
    ),
    Cause(
        "daemon-certificates-expired",
        "The certificate of the Docker daemon, or the client's for it, has expired.",
        "runner",
        "remove the old certificates, so that dind makes new ones",
        "dind makes certificates for 825 days and keeps old ones that it finds. Remove the volume with /certs on the "
        "runner (`docker volume prune`), and let each job have its own.",
        "docker-library/docker, dockerd-entrypoint.sh",
        (
            Said("docker", "error during connect: … x509: certificate has expired or is not yet valid"),
            Said("docker", "remote error: tls: expired certificate"),
        ),
    ),
    Cause(
        "daemon-name-not-in-certificate",
        "The certificate of the Docker daemon is not for the name that DOCKER_HOST has.",
        "author",
        "name the service docker with alias: docker, or give it DOCKER_TLS_SAN",
        "Name the service `docker` (`alias: docker`) and set DOCKER_HOST: tcp://docker:2376. For another alias give "
        "the service "
        'the variable `DOCKER_TLS_SAN: "DNS:alias"`.',
        "docker-library/docker, dockerd-entrypoint.sh",
        (
            Said("docker", "error during connect: … x509: certificate is valid for …, docker, localhost, not …"),
            Said("docker", "x509: certificate is valid for docker"),
        ),
    ),
    Cause(
        "daemon-certificates-foreign",
        "The certificates here are not those of this Docker daemon.",
        "runner",
        "another job's daemon left them: share /certs/client with this job's service only",
        "Jobs that run at once share the folder of certificates, so one daemon overwrites those of another. Let the "
        "runner "
        'mount `"/certs/client"` without a path on the host, so that each job has a volume of its own.',
        'GitLab docs "Docker-in-Docker with TLS enabled in the Docker executor"',
        (
            Said("docker", "error during connect: … x509: certificate signed by unknown authority"),
            Said("docker", 'x509: certificate signed by unknown authority (possibly because of "crypto/rsa'),
            Said("docker", "remote error: tls: bad certificate"),
            Said("docker", "remote error: tls: unknown certificate authority"),
        ),
    ),
    Cause(
        "daemon-wrong-port",
        "The Docker daemon listens on the other of the two ports (2376 with TLS, 2375 without).",
        "author",
        "let DOCKER_HOST and DOCKER_TLS_CERTDIR agree",
        f'With TLS: {_DIND}. Without: `DOCKER_TLS_CERTDIR: ""` for job and service, DOCKER_HOST: tcp://docker:2375.',
        "docker-library/docker, dockerd-entrypoint.sh",
        (
            Said("docker", "Cannot connect to the Docker daemon at tcp://docker:2375"),
            Said("docker", "dial tcp …:2375: connect: connection refused"),
            Said("docker", "dial tcp …:2376: connect: connection refused"),
            Said("docker", "Cannot connect to the Docker daemon at tcp://localhost:2375"),
        ),
        hides=("daemon-certificates-missing",),
    ),
    Cause(
        "daemon-speaks-plain",
        "The Docker daemon speaks plain HTTP where TLS is expected.",
        "author",
        'set DOCKER_TLS_CERTDIR: "/certs" and DOCKER_HOST: tcp://docker:2376 for job and service alike',
        f"Let job and service agree. With TLS: {_DIND}. Without: unset DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.",
        "docker-library/docker, dockerd-entrypoint.sh",
        (
            Said("docker", "error during connect: … http: server gave HTTP response to HTTPS client"),
            Said("docker", "tls: first record does not look like a TLS handshake"),
        ),
    ),
    Cause(
        "daemon-wants-tls",
        "The Docker daemon wants TLS, and this client does not use it.",
        "author",
        'set DOCKER_TLS_VERIFY: "1" and DOCKER_CERT_PATH: /certs/client',
        f"{_DIND}.",
        "docker-library/docker, docker-entrypoint.sh",
        (
            Said("docker", "Client sent an HTTP request to an HTTPS server"),
            Said("docker", "Error response from daemon: Client sent an HTTP request to an HTTPS server"),
        ),
    ),
    Cause(
        "daemon-not-docker",
        "What answers at DOCKER_HOST is no Docker daemon.",
        "author",
        "check DOCKER_HOST",
        "Correct DOCKER_HOST: another service has this port or socket.",
        "Docker Engine API, /_ping",
        (Said("docker", "invalid character '<'"),),
    ),
    Cause(
        "daemon-not-ready",
        "The Docker daemon does not answer (yet).",
        "runner",
        "look at the service's log (CI_DEBUG_SERVICES: true); is the runner privileged?",
        "dind takes 5 to 11 seconds to make its keys. Wait for it: `ci-kit build-push` does, a script with `until "
        "docker info; "
        'do sleep 1; done` and a limit. `CI_DEBUG_SERVICES: "true"` shows the service\'s log; a service that ended '
        "was often "
        "not privileged, or out of memory.",
        _DOCS,
        (
            Said("docker", _CONNECT),
            Said("docker", "error during connect: … connect: connection refused"),
            Said("docker", "error during connect: … i/o timeout"),
            Said("runner", "service … probably didn't start properly"),
        ),
    ),
    Cause(
        "daemon-gone",
        "The Docker daemon went away while it worked.",
        "runner",
        "the daemon went away: memory? timeout?",
        "The service was killed: give the runner's host more memory (`dmesg | grep -i oom`), or the job a longer "
        "timeout.",
        _DOCS,
        (
            Said("docker", "error reading from server: EOF"),
            Said("buildx", "transport is closing"),
            Said("buildx", "failed to receive status: rpc error: code = Unavailable desc ="),
        ),
    ),
    Cause(
        "daemon-socket-denied",
        "This user may not open the Docker socket.",
        "runner",
        "join the group docker, or set DOCKER_HOST to a daemon of yours",
        "Add the user to the group `docker` (`usermod -aG docker gitlab-runner`) and restart the runner, or set "
        "DOCKER_HOST.",
        'Docker docs "Linux post-installation steps"',
        (
            Said("docker", "permission denied while trying to connect to the Docker daemon socket"),
            Said("docker", "dial unix /var/run/docker.sock: connect: permission denied"),
        ),
    ),
    Cause(
        "daemon-address",
        "DOCKER_HOST, or docker's context, names no daemon that can be spoken to.",
        "author",
        "use unix:///path or tcp://host:port",
        "Write DOCKER_HOST as `tcp://docker:2376` or `unix:///var/run/docker.sock`.",
        'Docker docs "Environment variables"',
        (
            Said("docker", "unable to parse docker host"),
            Said("docker", "context … not found"),
            Said("docker", "Failed to initialize: unable to resolve docker endpoint: context"),
        ),
    ),
    Cause(
        "daemon-too-old",
        "Docker's client is newer than the daemon understands, or older.",
        "author",
        "take client and daemon of the same version",
        "Use the same version for both: `image: docker:28` and `services: [docker:28-dind]`. For one job "
        "`DOCKER_API_VERSION` with the daemon's number helps.",
        'Docker docs "Docker Engine API versions"',
        (
            Said("docker", "client version … is too new. Maximum supported API version is"),
            Said("docker", "client version … is too old. Minimum supported API version is"),
        ),
    ),
    Cause(
        "daemon-mtu",
        "The daemon's containers send larger packets than this network carries.",
        "author",
        "give dind the network's MTU: command: [--mtu=…]",
        'Give the service the MTU of its network: `command: ["--mtu=1360"]`. Small transfers work, TLS downloads in '
        "builds hang. "
        "Hosted runners of GitLab.com and Kubernetes overlays have less than 1500.",
        'gitlab-runner docs "Docker executor", "network_mtu"',
        (
            Said("docker build", "net/http: TLS handshake timeout"),
            Said("docker build", "Client.Timeout or context cancellation while reading body"),
        ),
    ),
    Cause(
        "daemon-disk-full",
        "The Docker daemon's disk is full.",
        "runner",
        "the disk of the daemon is full: prune it, or give the runner more",
        "On the runner's host: `docker system prune --all --volumes`, with a timer; or a larger disk. dind keeps its "
        "layers in a volume there that ends with the job.",
        'Docker docs "docker system prune"; errno ENOSPC',
        (
            Said("docker build", "no space left on device"),
            Said("docker", "write …: no space left on device"),
            Said("docker", "disk quota exceeded"),
        ),
    ),
    Cause(
        "daemon-does-not-trust",
        "The Docker daemon does not trust the registry's certificate, though this machine does.",
        "author",
        "give the daemon the CA: /etc/docker/certs.d/<host:port>/ca.crt",
        "The daemon has certificates of its own. Put the CA where it runs: /etc/docker/certs.d/HOST:PORT/ca.crt, no "
        "restart "
        'needed; for dind mount it into the service (runner: `volumes = ["/path/ca.crt:/etc/docker/certs.d/HOST:PORT/'
        "ca.crt:ro\"]`). The containerd store asks the token service too, by the system's CAs: set SSL_CERT_FILE for "
        "dind.",
        'Docker docs "Verify repository client with certificates"; docker/buildx issue 2379',
        (
            Said("docker push", "x509: certificate signed by unknown authority"),
            Said("docker push", "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
        ),
    ),
    Cause(
        "daemon-cannot-resolve",
        "The Docker daemon cannot resolve the registry's name, though this machine can.",
        "author",
        "the daemon cannot resolve the registry's name",
        "dind has the service's network and DNS, not the job's: put names of `extra_hosts` and `dns` into "
        "[runners.docker] of the runner, which holds for services too.",
        'gitlab-runner docs "Advanced configuration", [runners.docker]',
        (Said("docker push", "dial tcp: lookup …: no such host"),),
    ),
    Cause(
        "daemon-cannot-reach",
        "The Docker daemon cannot reach the registry, though this machine can.",
        "author",
        "let the daemon reach the registry: its proxy settings and its network are its own",
        "The daemon has its own proxy settings (dind: variables of the service; else daemon.json or systemd) and its "
        "own network. Add the registry to its NO_PROXY, or give it the proxy that this machine uses.",
        'Docker docs "Daemon proxy configuration"',
        (Said("docker push", "net/http: request canceled while waiting for connection"),),
    ),
)
