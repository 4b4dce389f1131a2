"""Causes that the files of a server tell before anybody meets them: gitlab.rb, nginx, compose, the registry's own.

What has the same effect as a cause of another subject has its id there: a body limit is `body-limit` here too.
"""

from ci_kit.model.causes.cause import Cause

_ADMIN = 'GitLab docs "GitLab container registry administration"'

CAUSES = (
    Cause(
        "server-file-broken",
        "A file of the server cannot be read as what it is.",
        "server",
        "correct the syntax at this line",
        "Correct it: `nginx -t`, `ruby -c gitlab.rb` or `docker compose config` say the same with their own words.",
        "crossplane, ruby, docker compose",
    ),
    Cause(
        "server-port-mismatch",
        "Clients are sent to a port of the registry on which nothing listens.",
        "server",
        "let registry_external_url and the listener have the same port",
        "`registry_external_url 'https://HOST:5050'` and the listener (`registry_nginx['listen_port']`, or `listen` "
        "in nginx) need the same port, unless a proxy or a published port of a container maps one to the other.",
        _ADMIN,
    ),
    Cause(
        "server-scheme-mismatch",
        "The address of the registry says https and the listener has no TLS, or the other way round.",
        "server",
        "let registry_external_url and the listener agree on TLS",
        "For https let the listener have `ssl` and a certificate. If a proxy before it ends TLS: "
        "`registry_nginx['listen_https'] = false`, a `listen_port`, and `X-Forwarded-Proto` set to https.",
        _ADMIN + '; "Configure a reverse proxy or load balancer SSL termination"',
    ),
    Cause(
        "server-port-conflict",
        "Two services of the server want the same port.",
        "server",
        "give the registry another port, such as 5050, or a host of its own",
        "The registry shares GitLab's host with a port of its own (5050) or has a host of its own with 443. Port 5000 "
        "is taken by the registry behind nginx.",
        _ADMIN,
    ),
    Cause(
        "server-port-unpublished",
        "The container does not publish the port that the registry's address has.",
        "server",
        'publish it: ports: ["5050:5050"]',
        'Add the port to the service: `ports: ["5050:5050"]`, with the port of `registry_external_url` on both sides, '
        "unless nginx "
        "inside listens on another.",
        'GitLab docs "Install GitLab in a Docker container"',
    ),
    Cause(
        "server-upstream-port",
        "The proxy leads to a port on which the registry does not listen.",
        "server",
        "let proxy_pass name the port of the registry's http.addr",
        "Compare `proxy_pass` with the registry's `http.addr` (REGISTRY_HTTP_ADDR, `registry['registry_http_addr']`; "
        "5000 by default). Clients see 502.",
        'Distribution docs "http.addr"',
    ),
    Cause(
        "server-certificate-missing",
        "The file of a certificate or key that the server names is not there.",
        "server",
        "put certificate and key where the server looks for them",
        "Omnibus looks for /etc/gitlab/ssl/HOST.crt and HOST.key (HOST of `registry_external_url`), or for what "
        "`registry_nginx['ssl_certificate']` names; nginx does not start without.",
        'GitLab docs "Configure SSL for a Linux package installation"',
    ),
    Cause(
        "server-name-mismatch",
        "The virtual host of the proxy has another name than the registry's address.",
        "server",
        "let server_name be the host of registry_external_url",
        "Set `server_name` to the host of `registry_external_url`; else another virtual host answers.",
        'nginx docs "Server names"',
    ),
    Cause(
        "server-registry-path",
        "The registry's address has a path, which the registry protocol does not know.",
        "server",
        "take the path out of registry_external_url",
        "Write `registry_external_url 'https://HOST:5050'`. Only GitLab itself may lie below a path (a relative URL).",
        'OCI "Distribution Specification", "Endpoints"',
    ),
    Cause(
        "server-realm-mismatch",
        "The registry sends clients to a token service that is not GitLab's address.",
        "server",
        "let auth.token.realm be external_url + /jwt/auth",
        "Set the registry's `auth.token.realm` (REGISTRY_AUTH_TOKEN_REALM) to `external_url` + `/jwt/auth`, with the "
        "relative URL of GitLab if it has one.",
        'Distribution docs "auth.token"',
    ),
    Cause(
        "server-issuer-mismatch",
        "GitLab and the registry do not have the same issuer of tokens.",
        "server",
        "give both the same issuer",
        "`gitlab_rails['registry_issuer']` (omnibus-gitlab-issuer by default; gitlab-issuer in the documentation of "
        "external registries) and the registry's `auth.token.issuer` have to be equal.",
        _ADMIN + ', "Use an external registry"',
    ),
    Cause(
        "server-registry-host",
        "GitLab names the registry by another address than the one it has.",
        "server",
        "let gitlab_rails['registry_host'] and ['registry_port'] be those of registry_external_url",
        "`gitlab_rails['registry_host']` and `['registry_port']` become `$CI_REGISTRY` in jobs. Leave them out, or "
        "let them have host and port of `registry_external_url`.",
        _ADMIN,
    ),
    Cause(
        "server-registry-off",
        "The registry has an address, but is turned off.",
        "server",
        "remove gitlab_rails['registry_enabled'] = false",
        "Remove `gitlab_rails['registry_enabled'] = false` or `registry['enable'] = false`, unless the registry runs "
        "elsewhere.",
        _ADMIN,
    ),
    Cause(
        "server-buffering",
        "The proxy stores whole layers before it passes them on.",
        "server",
        "set proxy_request_buffering off in the proxy",
        "nginx: `proxy_request_buffering off;` and `proxy_http_version 1.1;` where the registry is. Else every layer "
        "is written to the proxy's disk first: slow, and with a small disk a failure.",
        'nginx docs "proxy_request_buffering"',
    ),
)
