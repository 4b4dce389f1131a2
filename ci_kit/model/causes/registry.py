"""Causes that show at `/v2/`: what answers is broken, or no registry."""

from ci_kit.model.causes.cause import Cause, Said

CAUSES = (
    Cause(
        "upstream-down",
        "The proxy answers, the registry behind it does not (502).",
        "server",
        "start the registry, check proxy_pass",
        "Start the registry and compare the port in the proxy with the one it listens on. Omnibus: `gitlab-ctl status "
        "registry`, `gitlab-ctl tail registry`; the proxy's log is /var/log/gitlab/nginx/gitlab_registry_error.log. "
        "Docker: `docker ps` shows whether the container is unhealthy or restarts; `docker logs` why.",
        'GitLab docs "Troubleshooting the container registry"; RFC 9110, 15.6.3',
        (
            Said("docker login", "login attempt to … failed with status: 502 Bad Gateway"),
            Said("docker push", "received unexpected HTTP status: 502 Bad Gateway"),
            Said("docker push", "Retrying in … second"),
            Said("skopeo, buildah, crane", "502 Bad Gateway"),
            Said("GitLab", "Docker connection error"),
        ),
    ),
    Cause(
        "registry-unavailable",
        "The registry, or GitLab before it, says that it is not available (503).",
        "server",
        "look at its log; storage or database may be away",
        "GitLab answers 503 while it starts, is deployed or is unhealthy (`docker inspect --format "
        "'{{.State.Health.Status}}' gitlab`, `gitlab-ctl status`); the registry does when its storage or database is "
        "away (`gitlab-ctl tail registry`). Wait for a start of some minutes, then read the log.",
        "RFC 9110, 15.6.4",
        (
            Said("docker login", "login attempt to … failed with status: 503 Service Unavailable"),
            Said("docker", "503 Service Unavailable"),
            Said("docker push", "received unexpected HTTP status: 503"),
            Said("docker ps", "(unhealthy)"),
        ),
    ),
    Cause(
        "registry-slow",
        "The registry does not answer its proxy in time (504).",
        "server",
        "raise proxy_read_timeout, look at its load",
        "nginx: `proxy_read_timeout 900;`, `proxy_request_buffering off;`. If that is set, the registry or its "
        "storage is overloaded or hangs: `gitlab-ctl tail registry`.",
        "RFC 9110, 15.6.5",
        (
            Said("docker login", "login attempt to … failed with status: 504 Gateway Timeout"),
            Said("docker", "504 Gateway Time-out"),
            Said("docker push", "received unexpected HTTP status: 504"),
        ),
    ),
    Cause(
        "registry-error",
        "The registry fails to answer (5xx).",
        "server",
        "look at the registry's log",
        "Read the registry's log: `gitlab-ctl tail registry`, or `docker logs` of its container.",
        "RFC 9110, 15.6",
        (
            Said("docker login", "login attempt to … failed with status: 500 Internal Server Error"),
            Said("docker push", "received unexpected HTTP status: 500 Internal Server Error"),
        ),
    ),
    Cause(
        "not-a-registry-redirect",
        "What answers sends us to another page: the address leads to a web application, not to the registry.",
        "server",
        "check the address and port, and where the proxy leads",
        "The proxy passes /v2/ to GitLab's web pages or to a sign-in page. Give the registry its own host or port "
        "(`registry_external_url`), and let that virtual host lead to the registry's port (`proxy_pass "
        "http://127.0.0.1:5000`). In the job use `$CI_REGISTRY`, often with `:5050`.",
        'OCI "Distribution Specification", "Determining Support"',
        (
            Said("docker push", "invalid checksum digest format"),
            Said("docker login", "login attempt to … failed with status: 302 Found"),
            Said("skopeo, crane", "did not include Docker-Content-Digest"),
            Said("docker", "invalid character '<'"),
        ),
    ),
    Cause(
        "not-a-registry",
        "What answers is no registry: a page, or an answer without a registry's headers.",
        "server",
        "check the address and port, and where the proxy leads",
        "The address or port leads to something else, such as GitLab's web pages. Use `$CI_REGISTRY`; on the server "
        "let the virtual host of `registry_external_url` lead to the registry's port (5000), with `location /v2/` or "
        "`location /`.",
        'OCI "Distribution Specification", "Determining Support"',
        (
            Said("docker push", "invalid checksum digest format"),
            Said("docker push", "Retrying in … second"),
            Said("docker", "error parsing HTTP 200 response body: invalid character '<'"),
            Said("docker", "error parsing HTTP 404 response body: invalid character '<'"),
            Said("crane", "unexpected media type text/html"),
        ),
    ),
    Cause(
        "v2-not-found",
        "What answers has no registry at /v2/ (404).",
        "server",
        "check the address and port, and where the proxy leads",
        "Either this is another server, or the proxy cuts `/v2/` off or serves the registry below a path, which "
        "clients do not know. nginx: `location /v2/ { proxy_pass http://127.0.0.1:5000; }` without a path behind the "
        "port. GitLab without `registry_external_url` answers so too.",
        'OCI "Distribution Specification", "Determining Support"',
        (
            Said("docker login", "login attempt to … failed with status: 404 Not Found"),
            Said("docker", "error parsing HTTP 404 response body"),
            Said("docker", "page not found"),
        ),
    ),
    Cause(
        "challenge-missing",
        "The registry wants a login, but its answer does not say how: the header WWW-Authenticate is gone.",
        "server",
        "let the proxy pass the header WWW-Authenticate on",
        "A proxy removes `WWW-Authenticate` (nginx: `proxy_hide_header`), or answers 401 itself. Pass the registry's "
        "headers through as they are.",
        "RFC 9110, 11.6.1",
        (
            Said("docker login", "login attempt to … failed with status: 401 Unauthorized"),
            Said("docker", "no basic auth credentials"),
            Said("docker push", "unauthorized: authentication required"),
        ),
    ),
    Cause(
        "blocked",
        "Something before the registry forbids this machine to ask (403 at /v2/).",
        "server",
        "allow this machine's address in the proxy or firewall",
        "A web application firewall, an address filter (nginx `allow`/`deny`, Rack Attack, Cloudflare) or a "
        "geographic rule refuses the request before the registry sees it. GitLab bans an address for an hour after 30 "
        "wrong passwords in 3 minutes where that is turned on.",
        'GitLab docs "Rate limits", "Failed authentication ban"',
        (
            Said("docker login", "login attempt to … failed with status: 403 Forbidden"),
            Said("docker", "error parsing HTTP 403 response body"),
            Said("docker", "403 Forbidden"),
        ),
    ),
    Cause(
        "too-many-requests",
        "The server gets too many requests from here (429).",
        "server",
        "wait, then try again",
        "Wait as long as `Retry-After` says. On GitLab an administrator raises the limits under Admin > Settings > "
        "Network; nginx: `limit_req`. Many jobs behind one address share one limit.",
        "RFC 6585, 4",
        (
            Said("docker login", "login attempt to … failed with status: 429 Too Many Requests"),
            Said("docker", "429 Too Many Requests"),
            Said("docker", "error parsing HTTP 429 response body"),
        ),
    ),
    Cause(
        "registry-v1",
        "What answers speaks the registry protocol of 2013 (v1), which no client speaks any more.",
        "server",
        "upgrade the registry",
        "Replace it by Distribution 2.8 or newer, or by GitLab's own registry.",
        "Docker docs “Deprecated features”, v1 registry protocol",
        (
            Said("docker login", "login attempt to … failed with status: 404 Not Found"),
            Said("docker", "/v1/_ping"),
            Said("docker", "/v1/users/"),
        ),
    ),
)
