"""A push that survives: made again for what may pass, ended at once for what cannot, believed only by its digest.

What a registry has by then stays there, so that a builder sends only what is missing.
"""

from itertools import count

from ci_kit.errors import CiKitError, ExpiredError, NotPushedError, RegistryError, UnavailableError
from ci_kit.model.builder import Builder, Output
from ci_kit.model.plan import BuildPlan
from ci_kit.registry import trial
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.patience import Patience, Tries, once

ATTEMPTS, SECONDS, FIRST = 5, 90.0, 1.0  # the seconds run from the first sign that a push fails


def push(
    plan: BuildPlan, builder: Builder, registry: RegistryClient, output: Output, patience: Patience | None = None
) -> Manifest:
    """Return the manifest under the first tag of `plan`, which is what `builder` pushed.

    RegistryError names the cause when patience has ended, or at once when another push would meet it too; the layers
    that were pushed by then stay in the registry, and no tag has moved.
    """
    attempts = _Attempts(plan, registry.sibling(once()), patience or Patience(ATTEMPTS, SECONDS, FIRST))
    try:
        for number in count():
            try:
                return _verified(plan, builder.push(plan, output, attempts.look), registry)
            except (UnavailableError, ExpiredError) as error:
                cause = attempts.judge(error)
                output(f"{plan.image}: {cause.message}")
                if not attempts.again(number, cause):
                    raise cause from error
                output(f"{plan.image}: pushed again")
        raise AssertionError("counting has no end")
    finally:
        attempts.close()


class _Attempts:
    """The pushes of one image; when they fail, the registry itself is asked why, over a connection of its own."""

    def __init__(self, plan: BuildPlan, registry: RegistryClient, patience: Patience) -> None:
        self._plan = plan
        self._registry = registry
        self._patience = patience
        self._tries: Tries | None = None

    def look(self) -> None:
        """Raise the RegistryError that an upload meets now; a builder calls this when it is stuck."""
        self._tries = self._tries or self._patience.tries()
        trial.run(self._registry, self._plan.image.repository)

    def judge(self, failure: CiKitError) -> CiKitError:
        """Return the cause that no other push can cure, where the registry names one; else the failure itself."""
        try:
            self.look()
        except UnavailableError:
            return failure
        except RegistryError as error:
            return error
        return failure

    def again(self, number: int, cause: CiKitError) -> bool:
        """Return True after a pause when another push may help; a new login helps once, or never."""
        passes = isinstance(cause, UnavailableError) or (isinstance(cause, ExpiredError) and number == 0)
        return passes and self._tries is not None and self._tries.again()

    def close(self) -> None:
        self._registry.close()


def _verified(plan: BuildPlan, claimed: str, registry: RegistryClient) -> Manifest:
    """Return the manifest that the registry has; NotPushedError when it is not what was pushed."""
    found = registry.manifest(plan.image)
    if found.digest != claimed:
        raise NotPushedError(
            f"{plan.image}: {claimed} was pushed, but the registry has {found.digest}",
            hint="another job pushed the same tag, or a proxy answers from a cache",
            cause="writes-vanish",
        )
    return found
