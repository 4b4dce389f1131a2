"""OCI labels that lead from an image back to its commit.

Source: OCI "Image Format Specification", "Annotations: Pre-Defined Annotation Keys".
"""

from ci_kit.model.record import JobFacts

_PREFIX = "org.opencontainers.image."


def of(facts: JobFacts) -> dict[str, str]:
    """Return the labels that this job can answer for; the date is the commit's, so that a rebuild is equal."""
    said = {
        "source": facts.project_url,
        "url": facts.project_url,
        "revision": facts.sha,
        "created": facts.timestamp,
        "version": facts.tag or facts.ref,
        "ref.name": facts.ref,
    }
    return {_PREFIX + name: value for name, value in said.items() if value}
