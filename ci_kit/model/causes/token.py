"""Causes between the registry, the token service (realm) and the credentials: the family of 401 and 403."""

from ci_kit.model.causes.cause import Cause, Said

_SCOPES = (
    "A push needs `read_registry` and `write_registry`; a pull needs `read_registry`. `api` alone gives no right to "
    "the registry with a deploy token."
)

CAUSES = (
    Cause(
        "realm-unreachable",
        "The token service that the registry names cannot be reached from here.",
        "server",
        "let auth.token.realm lead to GitLab's address as clients see it",
        "The registry tells clients where tokens are: `auth.token.realm`, with Omnibus `external_url` + /jwt/auth. "
        "That address has to resolve and answer from here, not only from the server: no internal host name, no wrong "
        "port. Correct `external_url` (or `gitlab_rails['registry_…']` on a registry host of its own) and reconfigure.",
        'GitLab docs "GitLab container registry administration"; Distribution docs "auth.token"',
        (
            Said("docker", 'Get "https://…/jwt/auth?…": dial tcp'),
            Said("docker", "failed to fetch oauth token: Post"),
            Said("docker", "failed to authorize: failed to fetch anonymous token"),
        ),
        hides=("no-credentials",),
    ),
    Cause(
        "realm-plain-http",
        "The registry wants the password sent to its token service without TLS.",
        "server",
        "let auth.token.realm of the registry begin with https",
        "Set `auth.token.realm` to https. With Omnibus `external_url` decides: write `external_url 'https://…'`; "
        "where a proxy before GitLab ends TLS, also `nginx['listen_https'] = false`.",
        'Distribution docs "auth.token"',
        (Said("docker", 'realm="http://'), Said("docker", 'Get "http://…/jwt/auth')),
    ),
    Cause(
        "realm-untrusted",
        "The certificate of the token service (GitLab's host) is signed by a CA that is not trusted here.",
        "runner",
        "trust the CA of GitLab's host too",
        "GitLab's host has a certificate of its own beside the registry's. The daemon's certs.d covers it only with "
        "the classic image store; buildx and the containerd store need `SSL_CERT_FILE` with system CAs and this one, "
        "in the job and in dind. ci-kit: `CI_KIT_CA`. If it has expired or is for another name, renew it.",
        "docker/buildx issue 2379",
        (
            Said(
                "docker login",
                'Get "https://…/jwt/auth?…": tls: failed to verify certificate: x509: certificate signed by unknown '
                "authority",
            ),
            Said(
                "buildx",
                "failed to fetch oauth token: Post …: tls: failed to verify certificate: x509: certificate signed by "
                "unknown authority",
            ),
            Said("buildx", "failed to fetch anonymous token: Get …: x509: certificate signed by unknown authority"),
            Said("docker", 'Get "https://…/jwt/auth?…": x509: certificate signed by unknown authority'),
        ),
    ),
    Cause(
        "realm-certificate",
        "The certificate of the token service (GitLab's host) has expired, is not valid yet, or is for another name.",
        "server",
        "renew the certificate of GitLab's host",
        "GitLab's host has a certificate of its own beside the registry's: renew it, or reissue it with that host in "
        "subjectAltName. Omnibus: `nginx['ssl_certificate']`, `gitlab-ctl renew-le-certs`.",
        "OpenSSL verify codes 9, 10, 62 and 64",
        (
            Said(
                "docker login",
                'Get "https://…/jwt/auth?…": tls: failed to verify certificate: x509: certificate has expired or is '
                "not yet valid",
            ),
            Said("docker", 'Get "https://…/jwt/auth?…": x509: certificate has expired or is not yet valid'),
            Said("docker", "failed to fetch oauth token: … x509: certificate is valid for"),
        ),
    ),
    Cause(
        "realm-wrong",
        "What answers at the token service's address is no token service.",
        "server",
        "check the token realm of the registry",
        "`auth.token.realm` of the registry has to be GitLab's address with `/jwt/auth`, as `external_url` has it, "
        "with a relative URL of GitLab before it. Compare it with what a browser opens for GitLab.",
        'Distribution docs "auth.token"',
        (
            Said("docker login", 'Get "https://…/v2/": unknown: <html>'),
            Said("docker login", 'Get "https://…/v2/": unknown: 404 page not found'),
            Said("docker", "unable to decode token response: invalid character '<'"),
            Said("docker", "token auth attempt for registry: … request failed with status: 404 Not Found"),
        ),
    ),
    Cause(
        "realm-error",
        "The token service, which is GitLab, fails (5xx).",
        "server",
        "look at the log of GitLab and of its proxy",
        "GitLab itself is down, starts or is unhealthy: `gitlab-ctl status`, `gitlab-ctl tail puma`, `docker ps` for a "
        "container that is unhealthy.",
        "RFC 9110, 15.6",
        (
            Said("docker login", 'Get "https://…/v2/": received unexpected HTTP status: 500 Internal Server Error'),
            Said("docker login", 'Get "https://…/v2/": received unexpected HTTP status: 502 Bad Gateway'),
            Said("docker login", 'Get "https://…/v2/": received unexpected HTTP status: 503 Service Unavailable'),
            Said("docker", "token auth attempt for registry: … request failed with status: 502 Bad Gateway"),
            Said("docker", "failed to fetch oauth token: unexpected status: 500"),
            Said("docker", "failed to fetch anonymous token: unexpected status"),
        ),
    ),
    Cause(
        "registry-off",
        "GitLab answers that its registry is not enabled.",
        "server",
        "turn on the registry in GitLab, or correct the token realm",
        "Set `registry_external_url` and run `gitlab-ctl reconfigure`; with a registry of your own also "
        "`gitlab_rails['registry_enabled'] = true` with the same issuer and key.",
        "gitlab, app/services/auth/container_registry_authentication_service.rb: UNAVAILABLE",
        (Said("GitLab", "registry not enabled"), Said("docker", "unavailable: registry not enabled")),
    ),
    Cause(
        "no-credentials",
        "The registry wants a user and a password, and there is none here.",
        "author",
        "set CI_REGISTRY, CI_REGISTRY_USER and CI_REGISTRY_PASSWORD, or log in with docker",
        "In a job of GitLab `CI_REGISTRY_USER` and `CI_REGISTRY_PASSWORD` are there for `$CI_REGISTRY`; for another "
        "registry make variables (masked; protected ones are absent on unprotected branches) or a deploy token. "
        "`ci-kit login` keeps a login for docker. Runner settings and the host's ~/.docker/config.json do not reach "
        "dind.",
        'GitLab docs "Authenticate with the container registry"',
        (
            Said("docker push", "no basic auth credentials"),
            Said("docker login", "Cannot perform an interactive login from a non TTY device"),
            Said("docker push", "denied: access forbidden"),
            Said("docker pull", "pull access denied for …, repository does not exist or may require 'docker login'"),
            Said("docker", "Must provide --username with --password-stdin"),
        ),
    ),
    Cause(
        "wrong-password",
        "The user and password are not accepted.",
        "author",
        "wrong or expired password; with two-factor login a token is needed; a job token ends with its job",
        "Make a new token and put it into the variable: personal, project, group or deploy token. The password of an "
        "account does not do where two-factor login is on. A job token is good while its job runs. Not tried again "
        "here: GitLab may ban an address that tries often.",
        'GitLab docs "Authenticate with the container registry"',
        (
            Said("GitLab", "HTTP Basic: Access denied"),
            Said("docker login", "unauthorized: HTTP Basic: Access denied"),
            Said("docker login", "unauthorized: incorrect username or password"),
            Said("docker login", "login attempt to … failed with status: 401 Unauthorized"),
            Said("docker push", "unauthorized: authentication required"),
        ),
    ),
    Cause(
        "proxy-login",
        "A proxy before the registry wants a login of its own, and does not take this one.",
        "server",
        "take the proxy's own login away from /v2/",
        "nginx: no `auth_basic` in the location that leads to the registry, which asks for logins itself; the header "
        "has room for one of both. If the proxy's login is the only one, use its user and password.",
        'Distribution docs "Authenticate proxy with nginx"',
        (
            Said("docker login", "login attempt to … failed with status: 401 Unauthorized"),
            Said("docker push", "no basic auth credentials"),
        ),
    ),
    Cause(
        "stale-login",
        "The login that docker has kept for this registry is not accepted any more.",
        "author",
        "log in again: ci-kit login",
        "config.json, or its credential helper, holds an old password: a job token of an earlier job on a runner that "
        "keeps its disk, or a token that has expired. Run `ci-kit logout` and `ci-kit login`, give each job a "
        "`DOCKER_CONFIG` of its own, and log out in `after_script`.",
        'Docker docs "docker login"',
        (
            Said("docker push", "unauthorized: authentication required"),
            Said("docker pull", "unauthorized: HTTP Basic: Access denied"),
            Said("docker", "denied: access forbidden"),
        ),
    ),
    Cause(
        "no-registry-scope",
        "The token is known, but has no right to any registry.",
        "author",
        "give the token the scopes read_registry and write_registry",
        "Make a token with these scopes; scopes cannot be added later. " + _SCOPES,
        'GitLab docs "Authenticate with the container registry"',
        (
            Said("docker login", "denied: access forbidden"),
            Said("GitLab", "access forbidden"),
            Said("docker login", "login attempt to … failed with status: 403 Forbidden"),
        ),
    ),
    Cause(
        "read-only-credential",
        "The credentials may pull, but not push.",
        "author",
        "a push needs read_registry and write_registry on this project; a job token only reaches its own",
        _SCOPES + " The user behind it needs the role Developer. `CI_JOB_TOKEN` and `CI_REGISTRY_PASSWORD` push to the "
        "job's own project only: for another project use a deploy or project token of that project.",
        'GitLab docs "Authenticate with the container registry"; "GitLab CI/CD job token"',
        (
            Said("docker push", "unauthorized: authentication required"),
            Said("docker push", "denied: requested access to the resource is denied"),
            Said("buildx", "push access denied, repository does not exist or may require authorization"),
            Said("buildx", "insufficient_scope: authorization failed"),
            Said("skopeo, buildah", "requested access to the resource is denied"),
        ),
    ),
    Cause(
        "nothing-granted",
        "The credentials may do nothing on this repository.",
        "author",
        "check the spelling of the project, that its registry is on, and that this user is a member",
        "GitLab answers alike when the project's path is misspelled or too short, when the project is private and "
        "this user is no member, and when its registry is off (Settings > General > Visibility > Container registry). "
        "Set `CI_KIT_GITLAB_TOKEN` (scope read_api), and the doctor can tell which.",
        "gitlab, app/services/auth/container_registry_authentication_service.rb",
        (
            Said("docker push", "denied: requested access to the resource is denied"),
            Said("docker pull", "pull access denied for …, repository does not exist or may require"),
            Said("buildx", "insufficient_scope: authorization failed"),
            Said("GitLab", "requested access to the resource is denied"),
        ),
    ),
    Cause(
        "job-token-elsewhere",
        "A job token pushes to the project of its job only, and this is another one.",
        "author",
        "use a deploy token or project token of the target project",
        "Make a deploy token with `write_registry` in the target project, and use it instead of `CI_JOB_TOKEN` or "
        "`CI_REGISTRY_PASSWORD`. For pulling, let the target project's job token allowlist name this project "
        "(Settings > CI/CD > Job token permissions).",
        'GitLab docs "GitLab CI/CD job token"',
        (
            Said("docker push", "denied: requested access to the resource is denied"),
            Said("docker push", "unauthorized: authentication required"),
        ),
        hides=("nothing-granted", "read-only-credential"),
    ),
    Cause(
        "protected-path",
        "The repository's path is protected against pushes of this user.",
        "author",
        "use a role that the protection rule lets push, or change the rule in the project's settings",
        "Settings > Packages and registries > Protected container repositories names the role that may push.",
        'GitLab docs "Protected container repositories"',
        (Said("GitLab", "Pushing to protected repository path forbidden"),),
    ),
    Cause(
        "protected-tag",
        "The tag is protected against this user.",
        "author",
        "push with a role that the rule lets in, or take another tag",
        "Settings > Packages and registries > Protected container tags names pattern and role.",
        'GitLab docs "Protected container tags"',
        (Said("docker push", "protected tag"), Said("docker push", "denied: … protected")),
    ),
    Cause(
        "authorization-stripped",
        "A proxy takes the Authorization header away before GitLab sees it.",
        "server",
        "let the proxy before GitLab pass the Authorization header on",
        'nginx: no `proxy_set_header Authorization "";` and no `auth_basic` in a location that leads to GitLab. Load '
        "balancers with a login of their own replace the header: let them not do so for /jwt/auth.",
        'GitLab docs "Troubleshooting the container registry"',
        (Said("docker login", "denied: access forbidden"),),
        hides=("nothing-granted", "no-registry-scope", "job-token-elsewhere"),
    ),
    Cause(
        "authorization-stripped-registry",
        "A proxy takes the Authorization header away before the registry sees it.",
        "server",
        "let the proxy before the registry pass the Authorization header on",
        'nginx: no `proxy_set_header Authorization "";` and no `auth_basic` in the location that leads to the '
        "registry.",
        'Distribution docs "Authenticate proxy with nginx"',
        (
            Said("docker push", "unauthorized: authentication required"),
            Said("docker login", "login attempt to … failed with status: 401 Unauthorized"),
        ),
    ),
    Cause(
        "header-too-large",
        "A proxy before the registry refuses the token, because its header is longer than the proxy takes.",
        "server",
        "let the proxy take longer headers (nginx: large_client_header_buffers 4 32k)",
        "nginx: `large_client_header_buffers 4 32k;` in the server block of the registry; tokens for several "
        "repositories are some kilobytes long. Load balancers have limits of their own for headers.",
        'nginx docs "large_client_header_buffers"',
        (
            Said("docker login", "login attempt to … failed with status: 400 Bad Request"),
            Said("docker push", "400 Request Header Or Cookie Too Large"),
            Said("docker push", "431 Request Header Fields Too Large"),
        ),
    ),
    Cause(
        "clock-skew",
        "The clocks of the registry and of the token service differ, so that good tokens are refused.",
        "server",
        "set both clocks, by NTP",
        "Set both machines' clocks by NTP (`timedatectl set-ntp true`, chrony). Distribution forgives 60 seconds. "
        "Containers have the clock of their host, virtual machines that were suspended often lag.",
        "distribution/distribution pull request 1686",
        (
            Said("docker login", "login attempt to … failed with status: 401 Unauthorized"),
            Said("registry log", "token not to be used before"),
            Said("registry log", "token not to be used after"),
            Said("GitLab", "Signature has expired"),
        ),
        hides=("token-rejected",),
    ),
    Cause(
        "token-rejected",
        "The registry refuses the token of its own realm: issuer, audience or key are not what it knows.",
        "server",
        "give the registry the issuer, the service and the certificate that GitLab signs with",
        "Compare in the registry's config.yml `auth.token.issuer`, `service` and `rootcertbundle` with "
        "`gitlab_rails['registry_issuer']` and the key `gitlab_rails['registry_key_path']`: certificate and key need "
        "the same modulus (`openssl x509 -noout -modulus`, `openssl rsa -noout -modulus`). Omnibus: `gitlab-ctl "
        "reconfigure`, then restart the registry. Distribution 3 wants a token's `kid` in its JWKS.",
        'GitLab docs "GitLab container registry administration", "Use an external registry"',
        (
            Said("docker login", "login attempt to … failed with status: 401 Unauthorized"),
            Said("registry log", "token signed by untrusted key with ID"),
            Said("registry log", "token from untrusted issuer"),
            Said("registry log", "token intended for another audience"),
            Said("docker push", "unauthorized: authentication required"),
            Said("docker", 'error="invalid_token"'),
        ),
    ),
    Cause(
        "token-expired",
        "The registry's token ended in the middle of a push.",
        "server",
        "the token may not push here, or it expired meanwhile",
        "Raise the duration of registry tokens: Admin > Settings > CI/CD > Container registry (5 minutes by default, "
        "15 on GitLab.com). Smaller layers and a faster line help too.",
        'GitLab docs "GitLab container registry administration", "Increase token duration"',
        (
            Said("docker push", "unauthorized: authentication required"),
            Said("buildx", "unexpected status from PUT request to …: 401 Unauthorized"),
            Said("registry log", "token expired"),
        ),
    ),
    Cause(
        "token-short-life",
        "The registry's tokens live so short that the upload of a large layer outlasts them.",
        "server",
        "raise container_registry_token_expire_delay",
        "Admin > Settings > CI/CD > Container registry: authorization token duration (5 minutes by default). Large "
        "layers over a slow line need 15 or more.",
        'GitLab docs "GitLab container registry administration", "Increase token duration"',
        (
            Said("docker push", "unauthorized: authentication required"),
            Said("registry log", "token expired"),
        ),
    ),
)
