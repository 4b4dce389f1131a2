"""Causes that GitLab's API tells of a project and a token."""

from ci_kit.model.causes.cause import Cause, Said

CAUSES = (
    Cause(
        "registry-disabled",
        "The project's container registry is turned off.",
        "author",
        "turn it on: Settings > General > Visibility > Container registry",
        "A maintainer turns it on: project > Settings > General > Visibility, project features, permissions > "
        "Container registry.",
        'GitLab docs "Container registry", "Turn off the container registry for a project"',
        (
            Said("docker push", "denied: requested access to the resource is denied"),
            Said("GitLab", "404 Container Registry Not Found"),
        ),
        hides=("nothing-granted", "read-only-credential", "no-registry"),
    ),
    Cause(
        "registry-members-only",
        "The project's registry is open to its members only, and this user is none or may too little.",
        "author",
        "add the user as Developer, or open the registry to everyone with access",
        "Add the user to the project (Reporter pulls, Developer pushes), or set Settings > General > Visibility > "
        "Container registry to everyone with access.",
        'GitLab docs "Container registry visibility permissions"',
        (
            Said("docker pull", "pull access denied for …, repository does not exist or may require"),
            Said("docker pull", "denied: requested access to the resource is denied"),
        ),
        hides=("nothing-granted", "no-credentials"),
    ),
    Cause(
        "project-private",
        "The project is private, so that nobody pulls from it without a login.",
        "author",
        "log in with a token that has read_registry",
        "Log in with a deploy token (read_registry), or make the project internal or public if that is meant.",
        'GitLab docs "Project and group visibility"',
        (Said("docker pull", "pull access denied for …, repository does not exist or may require"),),
        hides=("no-credentials", "nothing-granted"),
    ),
    Cause(
        "project-not-found",
        "GitLab knows no project at the image's path, or this token may not see it.",
        "author",
        "check the project's path, and that the token's user is a member",
        "Compare the path with the project's address in the browser, groups included. A moved project keeps no "
        "registry under its old path. A private project looks missing to those who are no members.",
        'GitLab docs "Projects API"',
        (Said("GitLab", "404 Project Not Found"),),
        hides=("nothing-granted",),
    ),
    Cause(
        "gitlab-token-refused",
        "GitLab does not accept the token for its API.",
        "author",
        "is it expired, or its job over?",
        "Make a new project access token (scope api, role Developer) and put it into CI_KIT_GITLAB_TOKEN, masked. It "
        "has an expiry date, at most a year ahead.",
        'GitLab docs "Project access tokens"',
        (Said("GitLab", "401 Unauthorized"), Said("GitLab", "Token is expired. You can either do re-authorization")),
    ),
    Cause(
        "gitlab-token-scope",
        "The token for GitLab's API lacks the scope api.",
        "author",
        "give it the scope api, or read_api for reading",
        "Make a token with the scope `api` (statuses and notes are written) and the role Developer. Scopes cannot be "
        "added to a token later.",
        'GitLab docs "Personal access tokens", scopes',
        (
            Said("GitLab", "insufficient_scope"),
            Said("GitLab", "The request requires higher privileges than provided by the access token"),
            Said("GitLab", "403 Forbidden"),
        ),
    ),
)
