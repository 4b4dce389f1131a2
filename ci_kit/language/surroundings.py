"""What a file with a header is read in: where its `spec:include` leads, and what it may ask for."""

from collections.abc import Mapping
from typing import NamedTuple

from ci_kit.language.include_file import OWN, Site
from ci_kit.language.project import Included, Project
from ci_kit.language.scope import Scope


class Surroundings(NamedTuple):
    """The project of a file, None when its includes cannot be read; `found` gets the includes that are left.

    `component` has the fields of the component that the file is, as far as they are known; None when it is none. `site`
    is where the file's own includes are looked up.
    """

    project: Project | None = None
    found: Included | None = None
    component: Mapping[str, str] | None = None
    site: Site = OWN

    @property
    def scope(self) -> Scope:
        """The variables that are known before GitLab reads the file."""
        return self.site.scope(self.project) if self.project else Scope()


ALONE = Surroundings()  # a file of which nothing else is known
