"""Causes in TLS: certificates, chains, names, and plain HTTP where TLS is meant."""

from ci_kit.model.causes.cause import Cause, Said

_TRUST = (
    "Give the CA to each program that has to trust it. The Docker daemon (dind too): "
    "/etc/docker/certs.d/HOST:PORT/ca.crt, no restart needed. buildx with the containerd store, crane and oras: "
    "`SSL_CERT_FILE` with the system's CAs and this one. ci-kit: `CI_KIT_CA`; in jobs the runner's `tls-ca-file` sets "
    "CI_SERVER_TLS_CA_FILE."
)

CAUSES = (
    Cause(
        "tls-expired",
        "The server's certificate has expired.",
        "server",
        "renew the server's certificate",
        "Renew it and reload the proxy. Omnibus with Let's Encrypt: `gitlab-ctl renew-le-certs`; else replace the "
        "file of `registry_nginx['ssl_certificate']` and run `gitlab-ctl hup nginx`.",
        "OpenSSL verify code 10; GitLab docs “Configure SSL for a Linux package installation”",
        (
            Said("docker", "x509: certificate has expired or is not yet valid: current time … is after"),
            Said("skopeo, crane", "certificate has expired or is not yet valid"),
            Said("curl", "SSL certificate problem: certificate has expired"),
        ),
    ),
    Cause(
        "tls-not-yet-valid",
        "The server's certificate is not valid yet.",
        "server",
        "check this machine's clock, then the server's certificate",
        "Its first day lies ahead: it was made on a machine whose clock is ahead, or is meant for later. Issue it "
        "again, or set the clock of whoever issued it.",
        "OpenSSL verify code 9",
        (Said("docker", "x509: certificate has expired or is not yet valid: current time … is before"),),
    ),
    Cause(
        "machine-clock",
        "This machine's clock is wrong.",
        "runner",
        "set this machine's clock by NTP",
        "Set the clock (`timedatectl set-ntp true`, or chrony). By the time that the server itself tells, certificates "
        "and tokens that look expired or not yet valid are good.",
        'RFC 9110, "Date"',
        (Said("docker", "x509: certificate has expired or is not yet valid"),),
        hides=("tls-expired", "tls-not-yet-valid", "clock-skew"),
    ),
    Cause(
        "tls-self-signed",
        "The server's certificate is self-signed and not trusted here.",
        "server",
        "give its CA in CI_KIT_CA or CI_SERVER_TLS_CA_FILE",
        "Better let a CA that everybody trusts sign it (Let's Encrypt). Else every client needs the certificate. "
        + _TRUST,
        "OpenSSL verify code 18",
        (
            Said("docker", "x509: certificate signed by unknown authority"),
            Said("docker", "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
            Said("curl", "SSL certificate problem: self-signed certificate"),
        ),
    ),
    Cause(
        "tls-unknown-ca",
        "The server's certificate is signed by a CA that is not trusted here.",
        "runner",
        "give the CA in CI_KIT_CA or CI_SERVER_TLS_CA_FILE",
        _TRUST,
        "OpenSSL verify codes 19 and 20; Docker docs “Verify repository client with certificates”",
        (
            Said("docker", "x509: certificate signed by unknown authority"),
            Said("docker", "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
            Said("gitlab-runner", "x509: certificate signed by unknown authority"),
            Said("git, curl", "unable to get local issuer certificate"),
            Said("python", "CERTIFICATE_VERIFY_FAILED"),
        ),
    ),
    Cause(
        "tls-missing-intermediate",
        "The server does not send the intermediate certificate that leads from its own to the CA.",
        "server",
        "let the server send the intermediate certificate too",
        "Put the server's certificate and after it the intermediate ones into one file, and name that file: nginx "
        "`ssl_certificate fullchain.pem`, Omnibus `registry_nginx['ssl_certificate']`. Browsers hide this, as they "
        "know intermediates from elsewhere.",
        "RFC 8446, 4.4.2; OpenSSL verify code 20 with one certificate",
        (
            Said("docker", "x509: certificate signed by unknown authority"),
            Said("curl", "unable to get local issuer certificate"),
            Said("openssl", "unable to verify the first certificate"),
        ),
    ),
    Cause(
        "tls-wrong-name",
        "The server's certificate is for other names than the one that is asked for.",
        "server",
        "reissue it with this name or address in subjectAltName",
        "Issue a certificate that has the registry's host in subjectAltName, or use the host that it is for. A "
        "registry on a host of its own needs its own certificate: `registry_nginx['ssl_certificate']`.",
        "RFC 9525; OpenSSL verify codes 62 and 64",
        (
            Said("docker", "x509: certificate is valid for …, not …"),
            Said("docker", "x509: cannot validate certificate for … because it doesn't contain any IP SANs"),
            Said("docker", "certificate is not valid for any names, but wanted to match"),
            Said("curl", "SSL: no alternative certificate subject name matches target host name"),
        ),
    ),
    Cause(
        "tls-no-san",
        "The server's certificate has no subjectAltName; the common name alone does not count.",
        "server",
        "reissue it with this name or address in subjectAltName",
        "Issue it again with the host in subjectAltName: `openssl req … -addext "
        "subjectAltName=DNS:registry.example.com`; for an address IP:192.0.2.1.",
        "RFC 9525, 2; Go 1.15 release notes",
        (
            Said("docker", "x509: certificate relies on legacy Common Name field, use SANs instead"),
            Said("docker", "because it doesn't contain any IP SANs"),
        ),
    ),
    Cause(
        "tls-handshake",
        "The TLS handshake fails: the two sides have no protocol or cipher in common.",
        "server",
        "let the server speak TLS 1.2 or newer",
        "Let the proxy speak TLS 1.2 and 1.3: nginx `ssl_protocols TLSv1.2 TLSv1.3;`. If it does, something else "
        "answers on this port, or inspects TLS on the way.",
        "RFC 8446, 6.2",
        (
            Said("docker", "remote error: tls: handshake failure"),
            Said("docker", "tls: server selected unsupported protocol version"),
            Said("docker", "remote error: tls: protocol version not supported"),
            Said("docker", "net/http: TLS handshake timeout"),
        ),
    ),
    Cause(
        "tls-unusable",
        "The server's certificate may not be used for this: its key is too weak, or it is not one of a server.",
        "server",
        "reissue it as a certificate of a server, with a key that is strong enough",
        "Issue it again with extendedKeyUsage serverAuth, an RSA key of 2048 bits or more or an EC key, and a "
        "signature with SHA-256; the CA needs basicConstraints CA:TRUE.",
        "man x509_verify_cert, “Diagnostics”",
        (
            Said("docker", "x509: certificate specifies an incompatible key usage"),
            Said("docker", "x509: cannot verify signature: insecure algorithm SHA1-RSA"),
            Said("curl", "EE certificate key too weak"),
        ),
    ),
    Cause(
        "ca-file-broken",
        "The file of CA certificates that a variable names is missing, or holds no certificate.",
        "author",
        "write the CA into it as PEM",
        "`CI_KIT_CA`, CI_SERVER_TLS_CA_FILE and SSL_CERT_FILE each name a file with `-----BEGIN CERTIFICATE-----` in "
        "it. A variable of the type Variable holds the text itself: make it one of the type File.",
        'GitLab docs "CI/CD variables", "Use file type CI/CD variables"',
        (
            Said("curl", "error setting certificate file"),
            Said("python", "Could not find a suitable TLS CA certificate bundle, invalid path"),
            Said("git", "error setting certificate verify locations"),
        ),
        hides=("tls-unknown-ca", "tls-self-signed"),
    ),
    Cause(
        "tls-client-certificate",
        "The server wants a certificate of the client.",
        "server",
        "give the client a certificate, or let the proxy not ask for one",
        "Docker takes /etc/docker/certs.d/HOST:PORT/client.cert and client.key. If nobody meant to ask for "
        "certificates, remove `ssl_verify_client` (nginx) or the client authentication of the load balancer.",
        'Docker docs "Verify repository client with certificates"',
        (
            Said("docker login", "login attempt to … failed with status: 400 Bad Request"),
            Said("docker", "remote error: tls: certificate required"),
            Said("docker", "400 No required SSL certificate was sent"),
            Said("docker", "remote error: tls: bad certificate"),
        ),
    ),
    Cause(
        "registry-plain-http",
        "The registry speaks plain HTTP where TLS is expected.",
        "server",
        "the registry speaks plain HTTP: put TLS before it",
        "Put TLS before it: `registry_external_url 'https://…'` with a certificate, or a proxy. Without: list "
        "HOST:PORT in "
        '`insecure-registries` of the *daemon* (dind: `command: ["--insecure-registry=HOST:PORT"]`); passwords then '
        "travel openly.",
        'Docker docs "Test an insecure registry"',
        (
            Said("docker", "http: server gave HTTP response to HTTPS client"),
            Said("skopeo, buildah", "http: server gave HTTP response to HTTPS client"),
            Said("openssl", "wrong version number"),
        ),
    ),
    Cause(
        "registry-wants-tls",
        "Plain HTTP is sent to a port that speaks TLS.",
        "author",
        "ask by https",
        "Take `http://` out of the address, and the registry out of the daemon's `insecure-registries` if it is only "
        "there by mistake.",
        "nginx, status 497",
        (
            Said("docker", "Client sent an HTTP request to an HTTPS server"),
            Said("nginx", "400 The plain HTTP request was sent to HTTPS port"),
        ),
    ),
)
