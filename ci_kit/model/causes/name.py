"""Causes in what an image or a registry is called."""

from ci_kit.model.causes.cause import Cause, Said

CAUSES = (
    Cause(
        "name-uppercase",
        "The repository's name has upper-case letters, which no registry takes.",
        "author",
        "write the name in lower case",
        "Use `$CI_REGISTRY_IMAGE`, which GitLab writes in lower case, or write the path in lower case yourself; "
        "`$CI_PROJECT_PATH` keeps the letters of the project.",
        'Distribution reference, "Grammar"',
        (
            Said("docker", "invalid reference format: repository name must be lowercase"),
            Said("docker", "repository name (…) must be lowercase"),
            Said("buildah, skopeo", "repository name must be lowercase"),
        ),
    ),
    Cause(
        "name-grammar",
        "The image's name breaks the grammar of references.",
        "author",
        "correct the spelling of the image",
        "An image is `host[:port]/group/project[/image][:tag]`: parts of a-z and 0-9, joined by one of `.` `_` `__` "
        "`-`, none of these first or last; a tag has at most 128 letters, digits, `_` `.` `-`. A branch's name "
        "becomes a tag with `$CI_COMMIT_REF_SLUG`, not with `$CI_COMMIT_REF_NAME`. An empty variable leaves "
        "`host/:tag` or `image:` behind.",
        'Distribution reference, "Grammar"',
        (
            Said("docker", "invalid reference format"),
            Said("docker", "invalid argument … for … flag: invalid reference format"),
            Said("skopeo", "Invalid image name …, expected colon-separated transport:reference"),
            Said("crane", "could not parse reference"),
        ),
    ),
    Cause(
        "name-scheme",
        "The image's name begins with a scheme (https://), which only addresses of web pages have.",
        "author",
        "leave the scheme out",
        "Write `host/group/project`, without `https://`. `docker login` takes an address with a scheme, `docker tag`, "
        "`push` and `pull` do not: a variable that serves both has to be without.",
        'Distribution reference, "Grammar"',
        (Said("docker", 'invalid reference format "https://…"'),),
    ),
    Cause(
        "name-trailing-slash",
        "The image's name ends with a slash or has an empty part.",
        "author",
        "take the slash away",
        "Write `$CI_REGISTRY_IMAGE` or `$CI_REGISTRY_IMAGE/name`. A slash at the end often comes from a variable that "
        "is empty, as in `$CI_REGISTRY/$NAME`, or from a registry's address with a slash at its end.",
        'Distribution reference, "Grammar"',
        (Said("docker", "invalid reference format …/"),),
    ),
    Cause(
        "name-outside-project",
        "The image's place is none that a project of GitLab has: too shallow, or too deep below the project.",
        "author",
        "name it $CI_REGISTRY_IMAGE[/image[/part]]",
        "GitLab's registry holds `group/project`, `group/project/image` and `group/project/image/part`. Begin with "
        "`$CI_REGISTRY_IMAGE`, and join deeper names with a dash.",
        'GitLab docs "Container registry", "Naming convention for your container images"',
        (Said("docker push", "denied: requested access to the resource is denied"),),
    ),
    Cause(
        "no-registry",
        "No registry is named: the job has no CI_REGISTRY or CI_REGISTRY_IMAGE.",
        "author",
        "turn on the project's container registry, or name the image",
        "GitLab sets `CI_REGISTRY` and `CI_REGISTRY_IMAGE` only where the registry is on: in the project under "
        "Settings > General > Visibility > Container registry, on the instance with `registry_external_url`. An empty "
        "`CI_REGISTRY` sends `docker login` to Docker Hub. Elsewhere name the image: `ci-kit doctor "
        "host/group/project`.",
        'GitLab docs "Predefined CI/CD variables reference"',
        (
            Said(
                "docker login", 'Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password'
            ),
            Said("docker login", 'Error response from daemon: Get "https://registry-1.docker.io/v2/"'),
            Said("docker push", "tag does not exist: /"),
        ),
    ),
)
