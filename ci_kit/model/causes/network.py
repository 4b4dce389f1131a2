"""Causes on the way to a server: names, addresses, ports, proxies of the client."""

from ci_kit.model.causes.cause import Cause, Said

CAUSES = (
    Cause(
        "dns-no-address",
        "The registry's name has no address here.",
        "runner",
        "check the spelling and the DNS of this machine",
        "Check the spelling of the host. If it is right, let the DNS server that this machine asks (/etc/resolv.conf) "
        "know it. Names that only an internal DNS server knows have to reach jobs and dind too: `dns` in the runner's "
        "config.toml under [runners.docker], or `extra_hosts`.",
        'gitlab-runner docs "Advanced configuration", [runners.docker]',
        (
            Said("docker", "dial tcp: lookup …: no such host"),
            Said("docker", "server misbehaving"),
            Said("docker", "Temporary failure in name resolution"),
            Said("skopeo, buildah", "no such host"),
            Said("git, curl", "Could not resolve host"),
        ),
    ),
    Cause(
        "dns-not-answering",
        "The DNS server does not answer, so that no name can be looked up.",
        "runner",
        "let this machine reach its DNS server",
        "Look at the `nameserver` lines of /etc/resolv.conf and whether a firewall lets port 53 (UDP and TCP) "
        "through. In containers: `dns` under [runners.docker] in the runner's config.toml, `--dns` for dind.",
        "resolv.conf(5), getaddrinfo(3): EAI_AGAIN",
        (Said("docker", "i/o timeout …:53"), Said("docker", "read udp …:53: i/o timeout")),
    ),
    Cause(
        "ipv6-dead",
        "The name has an IPv6 address that does not work, while IPv4 does.",
        "server",
        "let the server listen on its IPv6 address, or take the AAAA record away",
        "Make the proxy listen on IPv6 (nginx: `listen [::]:443 ssl;`, Omnibus: `registry_nginx['listen_addresses'] = "
        "['*', '[::]']`) and let the firewall pass it, or remove the AAAA record. Clients that try IPv6 first hang. "
        "If no other IPv6 address answers from here either, it is this machine's IPv6.",
        "RFC 8305, Happy Eyeballs",
        (
            Said("docker", "dial tcp […]:443: connect: cannot assign requested address"),
            Said("docker", "dial tcp […]: connect: network is unreachable"),
            Said("docker", "dial tcp […]: i/o timeout"),
        ),
    ),
    Cause(
        "connection-refused",
        "Nothing listens on the registry's port.",
        "server",
        "check the port, and that the registry runs",
        "Omnibus: `gitlab-ctl status registry` and `gitlab-ctl status nginx`; the port is the one of "
        "`registry_external_url` (5050 unless it has a host of its own). Docker: `docker ps` (is the GitLab container "
        "unhealthy, is the port published with `ports:`?). Else: `ss -ltn` on the server.",
        'GitLab docs "GitLab container registry administration"',
        (
            Said("docker", "connect: connection refused"),
            Said("docker push", "dial tcp …: connect: connection refused"),
            Said("skopeo, buildah, crane", "connection refused"),
        ),
    ),
    Cause(
        "connection-timeout",
        "The registry's port does not answer: packets get lost on the way.",
        "server",
        "check firewall and load, then try again",
        "A firewall or security group between this machine and the registry drops the packets, or the address is an "
        "old one. Open the registry's port (often 5050) beside 443 for the runners.",
        "tcp(7)",
        (
            Said("docker", "net/http: request canceled while waiting for connection (Client.Timeout exceeded"),
            Said("docker", "dial tcp …: i/o timeout"),
            Said("docker", "context deadline exceeded"),
            Said("docker", "no route to host"),
        ),
    ),
    Cause(
        "connection-reset",
        "Something on the way closes the connection without an answer.",
        "server",
        "look at the log of the proxy before the registry",
        "The proxy's error log says why (nginx: /var/log/gitlab/nginx/gitlab_registry_error.log). A registry that "
        "crashes while it answers, a proxy that speaks another protocol on this port, or a firewall that inspects TLS "
        "do this.",
        "http.client: RemoteDisconnected",
        (
            Said("docker", "unexpected EOF"),
            Said("docker push", "connection reset by peer"),
            Said("docker", ": EOF"),
            Said("docker", "http: server closed idle connection"),
            Said("docker push", "write: broken pipe"),
        ),
    ),
    Cause(
        "proxy-unreachable",
        "The proxy that this environment names does not answer.",
        "runner",
        "correct or unset HTTPS_PROXY, or add the registry to NO_PROXY",
        "`HTTPS_PROXY` names a proxy that cannot be reached. Correct it, or add the registry's host to `NO_PROXY` "
        "where it can be reached without. The Docker daemon has its own proxy settings (systemd or daemon.json), and "
        "dind gets those of its service's variables.",
        'Docker docs "Use a proxy server with the Docker CLI", "Daemon proxy configuration"',
        (Said("docker", "proxyconnect tcp: dial tcp"), Said("curl", "Could not resolve proxy")),
        hides=("connection-refused", "connection-timeout"),
    ),
    Cause(
        "proxy-refuses",
        "The proxy that this environment names does not let us through to the registry.",
        "runner",
        "add the registry to NO_PROXY, or let the proxy pass it",
        "Add the registry's host (and GitLab's, which gives the tokens) to `NO_PROXY` and `no_proxy`, in the job and "
        "in the dind service. If only the proxy leads there, let its owner allow CONNECT to this host and port; 407 "
        "wants a user and a password in the proxy's address.",
        'Docker docs "Use a proxy server with the Docker CLI"',
        (
            Said("docker", "proxyconnect tcp"),
            Said("docker", "Proxy Authentication Required"),
            Said("docker", "Forbidden by proxy"),
        ),
    ),
    Cause(
        "proxy-invalid",
        "The address of the proxy in this environment is none.",
        "author",
        "write http://host:port into HTTPS_PROXY",
        "Write `HTTPS_PROXY` as `http://host:port`. A password in it has to be percent-encoded.",
        'Docker docs "Use a proxy server with the Docker CLI"',
        (Said("docker", "invalid proxy address"), Said("docker", "parse …: invalid port … after host")),
    ),
    Cause(
        "proxy-before-daemon",
        "The Docker client would ask the proxy for the daemon of this job, as NO_PROXY does not name it.",
        "author",
        "add the daemon's host to NO_PROXY",
        'Add the service\'s name to `NO_PROXY` and `no_proxy`: `NO_PROXY: "docker,localhost,127.0.0.1,.example.com"`. '
        "The "
        "Docker client sends requests to tcp:// daemons through a proxy that the environment names.",
        "docker/go-connections, sockets.ConfigureTransport",
        (
            Said("docker", "error during connect: … proxyconnect tcp"),
            Said("docker", "error during connect: … Service Unavailable"),
        ),
        hides=("daemon-not-ready", "daemon-no-service"),
    ),
)
