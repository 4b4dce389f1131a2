"""What a record that is kept falls short of: the image is in the registry, but not under all of its tags."""

from ci_kit.errors import CheckError, CiKitError, TagTakenError
from ci_kit.model.record import BuildRecord

_AGAIN = "when that is put right, run the job again"
_NEW_VERSION = "make a new version; or, if it shall be another image from now on, say --overwrite-tags"


def of(record: BuildRecord) -> list[CiKitError]:
    """Return a failure for the check that kept all tags back, else for each version that another image has."""
    failed = record.failed_check
    if failed:
        words = f"{record.pinned} has no tag but {record.image.tag}: {failed.name} failed: {failed.detail}"
        return [CheckError(words, hint=f"{_AGAIN}: nothing is built anew" if record.content else _AGAIN)]
    taken = [move for move in record.moves if move.state == "refused"]
    named = [f"{record.image.with_tag(move.tag)} is not set: {move.reason}" for move in taken]
    return [TagTakenError(words, hint=_NEW_VERSION) for words in named]
