"""Causes that show only when something is written, which `docker login` never does."""

from ci_kit.model.causes.cause import Cause, Said

CAUSES = (
    Cause(
        "no-forwarded-proto",
        "The proxy does not tell the registry that clients use https, so it sends uploads to http.",
        "server",
        "set X-Forwarded-Proto in the proxy before the registry",
        "nginx: `proxy_set_header X-Forwarded-Proto $scheme;`; where another proxy before this one ends TLS, write "
        "`https` for `$scheme`, or Omnibus `registry_nginx['proxy_set_headers'] = {'X-Forwarded-Proto' => 'https'}`. "
        "Or let the registry answer without host: `http.relativeurls: true` (REGISTRY_HTTP_RELATIVEURLS=true).",
        "distribution/distribution issue 970; Distribution docs “http.relativeurls”",
        (
            Said("docker push", "error parsing HTTP 400 response body: … plain HTTP request was sent to HTTPS port"),
            Said("docker push", "The plain HTTP request was sent to HTTPS port"),
            Said("docker push", "Retrying in … second"),
        ),
    ),
    Cause(
        "host-without-port",
        "The proxy passes the host without its port, so the registry sends uploads to another port.",
        "server",
        "pass the Host header with its port through the proxy (nginx: $http_host)",
        "nginx: `proxy_set_header Host $http_host;` and not `$host`, which loses the port. Or `http.host: "
        "https://HOST:PORT` or `http.relativeurls: true` in the registry.",
        "distribution/distribution issue 2862; moby/moby issue 15048",
        (
            Said("docker push", "stopped after 10 redirects"),
            Said("docker push", "Retrying in … second"),
            Said("crane", "dial tcp …:443: connect: connection refused"),
        ),
    ),
    Cause(
        "host-not-passed",
        "The registry sends uploads to another host: it does not hear which one clients asked for.",
        "server",
        "pass the Host header with its port through the proxy (nginx: $http_host)",
        "nginx: `proxy_set_header Host $http_host;`, Apache: `ProxyPreserveHost on`. Or `http.host: "
        "https://HOST:PORT` in the registry; if that is set, it names a host that clients cannot use.",
        'Distribution docs "http.host"',
        (Said("docker push", "Retrying in … second"), Said("docker push", "dial tcp: lookup …: no such host")),
    ),
    Cause(
        "body-limit",
        "A proxy before the registry refuses large bodies: small layers pass, others do not.",
        "server",
        "set client_max_body_size 0 in every proxy before the registry",
        "nginx: `client_max_body_size 0;` in every server block on the way, Omnibus: `nginx['client_max_body_size'] = "
        "'0'` and `registry_nginx['client_max_body_size'] = '0'`; ingress-nginx: annotation "
        'nginx.ingress.kubernetes.io/proxy-body-size: "0"; Traefik: buffering.maxRequestBodyBytes; Cloudflare has a '
        "limit of "
        "100 MB: let the registry's name bypass it.",
        'nginx docs "client_max_body_size" (1m by default)',
        (
            Said("docker push", "error parsing HTTP 413 response body"),
            Said("docker push", "413 Request Entity Too Large"),
            Said("docker push", "unknown: unable to parse … 413"),
            Said("skopeo, buildah", "StatusCode: 413"),
            Said("crane", "unexpected status code 413 Request Entity Too Large"),
        ),
    ),
    Cause(
        "disk-full",
        "The registry's disk is full.",
        "server",
        "free space there: clean up tags, then collect garbage",
        "Free space on the registry's storage: delete tags (`ci-kit cleanup`, or a cleanup policy), then collect "
        "garbage: `gitlab-ctl registry-garbage-collect -m`, or `registry garbage-collect -m config.yml`. Deleted tags "
        "free nothing before that. `df -h` and `df -i` on the storage path show it.",
        'errno ENOSPC (28); GitLab docs "Container registry garbage collection"',
        (
            Said("docker push", "Retrying in … second"),
            Said("registry", '"Err":28'),
            Said("registry", "no space left on device"),
            Said("docker push", "received unexpected HTTP status: 500 Internal Server Error"),
        ),
    ),
    Cause(
        "storage-permissions",
        "The registry may not write to its own storage.",
        "server",
        "give the registry's user its storage folder",
        "Give the storage folder to the user the registry runs as: Omnibus `chown -R registry:git "
        "/var/opt/gitlab/gitlab-rails/shared/registry`; a container with `user:` needs the same on its volume. "
        "SELinux: a `:z` on the volume.",
        "errno EACCES (13), EPERM (1)",
        (
            Said("docker push", "received unexpected HTTP status: 500 Internal Server Error"),
            Said("docker push", "Retrying in … second"),
            Said("registry", '"Err":13'),
            Said("registry", "permission denied"),
            Said("registry", "mkdir …: permission denied"),
        ),
    ),
    Cause(
        "storage-read-only",
        "The registry's storage is mounted read-only.",
        "server",
        "mount the registry's storage writable",
        "Mount it writable: no `:ro` on the volume; a file system that the kernel remounted read-only after an error "
        "needs `fsck` (see `dmesg`).",
        "errno EROFS (30)",
        (
            Said("docker push", "received unexpected HTTP status: 500 Internal Server Error"),
            Said("docker push", "Retrying in … second"),
            Said("registry", '"Err":30'),
            Said("registry", "read-only file system"),
        ),
    ),
    Cause(
        "storage-error",
        "The registry cannot write to its storage.",
        "server",
        "look at the registry's log",
        "Its log names the file or the bucket: `gitlab-ctl tail registry`. Object stores: check bucket, key, region "
        "and the clock of the server.",
        'Distribution docs "Storage drivers"',
        (Said("registry", "unknown error … s3aws:"), Said("registry", "filesystem: ")),
    ),
    Cause(
        "read-only",
        "The registry is read-only now, as it is while garbage is collected.",
        "server",
        "wait until its garbage collection ends",
        "Wait until garbage collection ends. If none runs, `storage.maintenance.readonly.enabled` is still true: "
        "Omnibus `registry['maintenance']`/`registry['storage']` in gitlab.rb, then `gitlab-ctl reconfigure`.",
        'Distribution docs "storage.maintenance.readonly"',
        (
            Said("docker push", "unknown: Method not allowed"),
            Said("docker push", "error parsing HTTP 405 response body"),
            Said("docker push", "unsupported: The operation is unsupported"),
            Said("crane", "UNSUPPORTED: The operation is unsupported"),
        ),
    ),
    Cause(
        "writing-blocked",
        "Something before the registry lets reading through and forbids writing.",
        "server",
        "allow POST, PATCH, PUT and DELETE in the proxy or firewall before the registry",
        "nginx: no `limit_except GET` and no `dav_methods` in the location of the registry; web application firewalls "
        "and content delivery networks often forbid PATCH and PUT: let /v2/ bypass them.",
        "RFC 9110, 15.5.6",
        (
            Said("docker push", "denied: <html>"),
            Said("docker push", "error parsing HTTP 405 response body: invalid character '<'"),
            Said("docker push", "error parsing HTTP 403 response body: invalid character '<'"),
        ),
    ),
    Cause(
        "upload-timeout",
        "A body of 1.2 MB does not get through in time.",
        "server",
        "set proxy_request_buffering off and proxy_read_timeout 900 in the proxy",
        "nginx: `proxy_request_buffering off; proxy_buffering off; proxy_read_timeout 900;`. If small answers are "
        "quick and bodies hang, look at the MTU on the way (VPN, overlay networks): `ping -M do -s 1472 HOST`.",
        'nginx docs "proxy_request_buffering", "proxy_read_timeout"',
        (
            Said("docker push", "received unexpected HTTP status: 504 Gateway Time-out"),
            Said("docker push", "504 Gateway Time-out"),
            Said("docker push", "net/http: timeout awaiting response headers"),
            Said("docker push", "i/o timeout"),
        ),
    ),
    Cause(
        "upload-cut",
        "The connection is closed in the middle of an upload.",
        "server",
        "look at the log of the proxy before the registry",
        "A proxy or firewall cuts bodies: an inspection of uploads, a limit that answers nothing, a registry that "
        "crashes while it writes. The proxy's and the registry's log of that second say which.",
        "http.client: RemoteDisconnected",
        (
            Said("docker push", "unexpected EOF"),
            Said("docker push", "write: broken pipe"),
            Said("docker push", "use of closed network connection"),
        ),
    ),
    Cause(
        "upload-lost",
        "The registry does not know the upload that it has just begun.",
        "server",
        "give all registries behind one address the same http.secret and storage",
        "Several registries answer behind one address and do not share `http.secret` (REGISTRY_HTTP_SECRET) or "
        "storage: set both alike on all, or let the balancer keep a client with one. A proxy that changes the query "
        "of Location does this too.",
        'Distribution docs "http.secret", "Load balancing considerations"',
        (
            Said("docker push", "Retrying in … second"),
            Said("docker push", "blob upload unknown"),
            Said("docker push", "blob upload invalid"),
            Said("registry", "BLOB_UPLOAD_UNKNOWN"),
            Said("registry", "BLOB_UPLOAD_INVALID"),
        ),
    ),
    Cause(
        "writes-vanish",
        "The registry says that it has taken what was sent, and does not have it.",
        "server",
        "look for a cache before the registry, and at its storage",
        "A cache or mirror answers for the registry, or it writes to a storage that forgets (a volume that is not "
        "mounted, several instances without shared storage). `docker push` and skopeo report success then.",
        'OCI "Distribution Specification", "Pushing a blob in chunks"',
        (
            Said("docker push", "unknown blob"),
            Said("docker pull", "manifest unknown"),
            Said("GitLab", "Invalid tag: missing manifest digest"),
        ),
    ),
    Cause(
        "layer-lost",
        "The registry does not know a layer that was pushed before.",
        "server",
        "look at the registry's storage, and for a cache before it",
        "Its garbage collection ran during the push, its storage forgets, or a cache before it said that the layer is "
        "there. Push again; if it lasts, collect garbage only while the registry is read-only, and let no cache answer "
        "for /v2/.",
        'Distribution docs "Garbage collection"; OCI "Distribution Specification", "Error Codes"',
        (Said("docker push", "unknown blob"), Said("registry", "MANIFEST_BLOB_UNKNOWN")),
    ),
    Cause(
        "bytes-changed",
        "What arrives is not what was sent: its digest is another.",
        "server",
        "a proxy or the network changes bytes on their way",
        "Look for a proxy that rewrites, scans or compresses bodies before the registry, and let it leave /v2/ alone; "
        "then for broken memory or disks.",
        'OCI "Distribution Specification", "Error Codes": DIGEST_INVALID',
        (
            Said("docker push", "digest invalid: provided digest did not match uploaded content"),
            Said("registry", "DIGEST_INVALID"),
        ),
    ),
    Cause(
        "tag-unknown",
        "The repository is there, and has no image under this tag or digest.",
        "author",
        "check the tag, and that the job that pushes it ran before",
        "`ci-kit images` lists the tags that there are. A cleanup policy may have removed it, or the job that pushes "
        "it has not run (yet) in this pipeline: name it in `needs`.",
        'OCI "Distribution Specification", "Error Codes": MANIFEST_UNKNOWN',
        (
            Said("docker pull", "manifest unknown: manifest unknown"),
            Said("docker pull", "manifest for … not found: manifest unknown"),
            Said("registry", "MANIFEST_UNKNOWN"),
        ),
    ),
    Cause(
        "name-unknown",
        "The registry knows no repository of this name.",
        "author",
        "check the spelling",
        "Check the spelling of the path. On GitLab it begins with the project's path, in lower case.",
        'OCI "Distribution Specification", "Error Codes"',
        (
            Said("docker", "name unknown: repository name not known to registry"),
            Said("registry", "NAME_UNKNOWN"),
            Said("docker pull", "repository … not found"),
        ),
    ),
)
