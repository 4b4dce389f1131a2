"""`python -m benchmarks [TABLE]`: every table, or one of start-up, lint, agreement, growth, fuzz, content, …."""

import sys

from benchmarks import agreement, build_push, cleanup, content, fuzz, growth, images, lint, promote, start_up

TABLES = {
    "start-up": start_up.run,
    "lint": lint.run,
    "agreement": agreement.run,
    "growth": growth.run,
    "fuzz": fuzz.run,
    "content": content.run,
    "build-push": build_push.run,
    "images": images.run,
    "cleanup": cleanup.run,
    "promote": promote.run,
}


def main(names: list[str]) -> int:
    """Print the tables that are asked for, all without a name."""
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        print(f"no table {unknown[0]!r}; there are {', '.join(TABLES)}", file=sys.stderr)
        return 2
    for name in names or TABLES:
        print(f"# {name}", *TABLES[name](), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
