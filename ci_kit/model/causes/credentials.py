"""Causes in the files and programs that hold credentials."""

from ci_kit.model.causes.cause import Cause, Said

CAUSES = (
    Cause(
        "helper-missing",
        "config.json names a credential helper that is not installed.",
        "author",
        "install the helper, or remove credsStore from config.json",
        "Remove `credsStore` (or the line of this registry in `credHelpers`) from config.json, or install the "
        "program. In a job set `DOCKER_CONFIG` to a folder of its own, so that settings of a desktop do not come "
        "along.",
        'Docker docs "docker login", "Credential stores"',
        (
            Said("docker", "error getting credentials - err: exec: …: executable file not found in $PATH"),
            Said("docker", "error getting credentials - err: exec"),
            Said("docker", "error saving credentials: … executable file not found"),
            Said("docker", "docker-credential-… executable file not found"),
            Said("docker", "docker-credential-desktop.exe: exec format error"),
        ),
        hides=("no-credentials",),
    ),
    Cause(
        "helper-fails",
        "The credential helper that config.json names does not work.",
        "author",
        "repair the helper, or remove credsStore from config.json",
        "Run it by hand: `echo HOST | docker-credential-NAME get`. `pass` wants a GPG key that is set up, "
        "`secretservice` a desktop session, `ecr-login` and `gcloud` a login of theirs. In a job do without: "
        "`DOCKER_CONFIG` of its own.",
        'Docker docs "docker login", "Credential stores"',
        (
            Said("docker", "error getting credentials - err: exit status 1"),
            Said("docker", "error saving credentials: error storing credentials - err: exit status 1"),
            Said("docker", "pass not initialized"),
            Said("docker", "Cannot autolaunch D-Bus without X11"),
        ),
        hides=("no-credentials",),
    ),
    Cause(
        "auth-config-invalid",
        "DOCKER_AUTH_CONFIG is not what docker's config.json holds.",
        "author",
        'it looks like {"auths": {…}}',
        'Write `{"auths": {"HOST:PORT": {"auth": "…"}}}` with the base64 of user:password (`printf %s user:password | '
        "base64 "
        "-w0`). A variable of type File holds a path and does not do; quotes and line ends are often lost in pasting.",
        'gitlab-runner docs "Determine your DOCKER_AUTH_CONFIG data"',
        (
            Said("runner", "Failed to parse DOCKER_AUTH_CONFIG"),
            Said("runner", "unexpected end of JSON input"),
            Said("runner", "illegal base64 data at input byte"),
        ),
        hides=("no-credentials",),
    ),
    Cause(
        "config-unreadable",
        "Docker's config.json is there and cannot be read.",
        "runner",
        "let this user read it, or set DOCKER_CONFIG",
        "Give the file to the user who runs the job, or set `DOCKER_CONFIG` to a folder of its own. A file that root "
        "wrote (`sudo docker login`) is the usual reason.",
        'Docker docs "docker", "Configuration files"',
        (
            Said("docker", "WARNING: Error loading config file: …: permission denied"),
            Said("docker", "Error loading config file"),
            Said("docker", "error saving credentials: … read-only file system"),
        ),
        hides=("no-credentials",),
    ),
    Cause(
        "config-invalid",
        "Docker's config.json is not JSON of docker's form.",
        "author",
        "repair or remove it",
        "Repair or remove config.json, then log in again. Two jobs that wrote it at once, or an `echo` with shell "
        "quotes that did not fit, leave such a file.",
        'Docker docs "docker", "Configuration files"',
        (
            Said("docker", "WARNING: Error loading config file: …: invalid character"),
            Said("docker", "Error loading config file: …: EOF"),
            Said("docker", "illegal base64 data at input byte"),
        ),
        hides=("no-credentials",),
    ),
    Cause(
        "credentials-half",
        "Of user and password only one is set.",
        "author",
        "set both or none; in a job GitLab sets both",
        "Set the other variable too. A protected variable is empty on branches that are not protected.",
        'GitLab docs "CI/CD variables", "Protect a CI/CD variable"',
        (
            Said("docker login", "Must provide --username with --password-stdin"),
            Said("docker login", "password is empty"),
            Said("docker login", "flag needs an argument: 'p' in -p"),
        ),
        hides=("no-credentials",),
    ),
)
