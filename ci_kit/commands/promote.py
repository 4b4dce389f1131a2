"""`ci-kit promote`: one image, by digest, to other tags, repositories, projects and registries."""

import argparse
import json
import sys
from collections.abc import Mapping

from ci_kit.errors import EXIT_OK, UsageError
from ci_kit.model import grammar
from ci_kit.model.image import ImageRef
from ci_kit.registry import credentials, reference
from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.opening import SECONDS_OF_A_COPY, open_registry
from ci_kit.registry.promotion import Promoted, Promotion, Wish
from ci_kit.registry.tag import ABSENT, Terms

HELP = (
    "Copy an image by digest to other tags, repositories, projects and registries: every platform, signatures and "
    "SBOMs, byte for byte, without a daemon. Other credentials than the registry's own: CI_KIT_SOURCE_USER and "
    "CI_KIT_SOURCE_PASSWORD, CI_KIT_DESTINATION_USER and CI_KIT_DESTINATION_PASSWORD."
)
_VERSION = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare from where to where, on which terms, and what is written about it."""
    place = "a name below $CI_REGISTRY_IMAGE, or host/path"
    parser.add_argument("source", metavar="SRC", help=f"{place}, with :tag or @sha256:…")
    parser.add_argument(
        "destination", metavar="DST", nargs="+", help=f"{place}, or :tag beside SRC; without :tag it gets SRC's"
    )
    parser.add_argument("--if-digest", metavar="DIGEST", default="", help=f"only if DST is there now, or {ABSENT!r}")
    parser.add_argument("--overwrite", action="store_true", help="move a tag that names a version or a commit, too")
    parser.add_argument("--no-referrers", action="store_true", help="leave signatures, SBOMs and attestations behind")
    parser.add_argument("--dry-run", action="store_true", help="ask who may what and what is there; write nothing")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    for name in ("result", "dotenv", "annotations"):
        parser.add_argument(f"--{name}", metavar="FILE", default="", help="written as by build-push (default: not)")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Promote and print one `host/path@sha256:…` for each DST; what is served before a failure is printed, too."""
    from ci_kit.build.machine.interrupts import interruptible

    wish = _wish(arguments, environ)
    promotion = _promotion(wish, environ)
    with interruptible():
        try:
            _serve(promotion, wish, arguments, environ)
        finally:
            promotion.close()
    return EXIT_OK


def _serve(promotion: Promotion, wish: Wish, arguments: argparse.Namespace, environ: Mapping[str, str]) -> None:
    served: list[Promoted] = []
    recorder = None
    if _is_recorded(arguments, environ):
        from ci_kit.commands.promotion_books import Recorder

        recorder = Recorder(arguments, environ, _say)
    try:
        for promoted in promotion.run():
            served.append(promoted)
            _tell(promoted, wish, arguments.format)
    finally:
        if arguments.format == "json":
            print(json.dumps({"version": _VERSION, "promoted": [_as_json(one, wish) for one in served]}, indent=2))
        if recorder:
            recorder.keep(served, promotion.source)


def _promotion(wish: Wish, environ: Mapping[str, str]) -> Promotion:
    def destination(registry: str) -> Credentials:
        return _who("DESTINATION", registry, environ)

    def opened(registry: str, who: Credentials, actions: Mapping[str, str]) -> RegistryClient:
        return open_registry(registry, who, environ, actions, timeout=SECONDS_OF_A_COPY)

    return Promotion(wish, _who("SOURCE", wish.source.registry, environ), destination, opened)


def _who(side: str, registry: str, environ: Mapping[str, str]) -> Credentials:
    """Return the credentials for one side: its own two variables, else what is known for the registry."""
    user, password = (f"CI_KIT_{side}_{part}" for part in ("USER", "PASSWORD"))
    if environ.get(user) and environ.get(password):
        return Credentials(environ[user], environ[password], password)
    if environ.get(user) or environ.get(password):
        raise UsageError(f"{user} and {password} are set both or none", place=user, hint="set the other one too")
    return credentials.find(registry, environ)


def _wish(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Wish:
    if arguments.if_digest and arguments.if_digest != ABSENT and not grammar.DIGEST.match(arguments.if_digest):
        raise UsageError(
            f"{arguments.if_digest!r} is no digest", place="--if-digest", hint=f"write sha256:… in full, or {ABSENT}"
        )
    source = _reference(arguments.source, environ, "SRC")
    if not (source.tag or source.digest):
        raise UsageError(f"{arguments.source!r} has no tag and no digest", place="SRC", hint="write :tag or @sha256:…")
    return Wish(
        source,
        tuple(dict.fromkeys(_destination(text, source, environ) for text in arguments.destination)),
        Terms(arguments.if_digest, arguments.overwrite),
        not arguments.no_referrers,
        arguments.dry_run,
    )


def _destination(text: str, source: ImageRef, environ: Mapping[str, str]) -> ImageRef:
    found = _reference(f"{source.name}{text}" if text.startswith(":") else text, environ, "DST")
    if found.digest:
        raise UsageError(f"{text!r} names a digest: it will be that of SRC", place="DST", hint="name a tag, or nothing")
    return found if found.tag else found.with_tag(source.tag)


def _reference(text: str, environ: Mapping[str, str], place: str) -> ImageRef:
    """Return a full reference: `name[:tag][@digest]` is below $CI_REGISTRY_IMAGE, `:tag` in that repository itself."""
    text = reference.expand(text, environ, place)
    if text.startswith((":", "@")):
        text = reference.expand("$CI_REGISTRY_IMAGE", environ, place) + text
    elif not grammar.has_registry(text):
        text = f"{reference.expand('$CI_REGISTRY_IMAGE', environ, place)}/{text}"
    found = reference.parse(text, place)
    reference.of_image(found.name, environ, place)  # GitLab's own rules for the name
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tell(promoted: Promoted, wish: Wish, form: str) -> None:
    _say(f"{promoted.reference}: {_line(promoted, wish.dry_run)}")
    if form == "text":
        print(promoted.pinned, flush=True)


def _line(promoted: Promoted, dry_run: bool) -> str:
    from ci_kit.model.size import human_size

    if dry_run:
        return f"would be set to {promoted.manifest.digest}" if promoted.moved else "is there already"
    tally = promoted.tally
    blobs = [f"{count} {words}" for words, count in tally.blobs.items() if count]
    parts = (
        f"blobs: {', '.join(blobs)}" if blobs else "",
        f"{human_size(tally.bytes)} through this process" if tally.bytes else "",
        f"{len(tally.referrers)} referrers" if tally.referrers else "",
        "set" if promoted.moved else "is there already",
    )
    return f"{', '.join(filter(None, parts))} -> {promoted.manifest.digest} ({promoted.seconds:.1f} s)"


def _as_json(promoted: Promoted, wish: Wish) -> dict[str, object]:
    tally = promoted.tally
    return {
        "source": str(wish.source),
        "image": str(promoted.reference),
        "digest": promoted.manifest.digest,
        "moved": promoted.moved,
        "blobs": tally.blobs,
        "bytes": tally.bytes,
        "referrers": tally.referrers,
        "seconds": round(promoted.seconds, 3),
        "dry_run": wish.dry_run,
    }


def _is_recorded(arguments: argparse.Namespace, environ: Mapping[str, str]) -> bool:
    """Tell whether a file is asked for, or the job has a token that may set a commit status."""
    asked = arguments.result or arguments.dotenv or arguments.annotations
    told = environ.get("CI_COMMIT_SHA") and (environ.get("CI_KIT_GITLAB_TOKEN") or environ.get("GITLAB_TOKEN"))
    return bool(asked or told) and not arguments.dry_run
