"""Mutations of pipeline files: what slips of people and tools leave behind, and what nobody would write.

A mutant depends on its number and on the files it is made of alone, so a number is enough to have it again.
"""

import json
import random
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import yaml

Change = Callable[[list[str], random.Random, Sequence[str]], list[str]]

SCALARS = (
    *(
        "~",
        "null",
        "",
        '""',
        "''",
        "' '",
        "true",
        "no",
        "0",
        "-1",
        "1.5",
        "201",
        "1e3",
        "0x1F",
        "0o17",
        "1_000",
        "1:30",
    ),
    *(
        ".nan",
        ".inf",
        "2031-02-03",
        "2031-02-03 04:05:06",
        ":sym",
        ':"sym"',
        "=",
        "<<",
        "*a",
        "&a b",
        "&a",
        "$A",
        "${A}",
    ),
    *(
        "'$[[ inputs.a ]]'",
        "'$[[ inputs.a[0] | truncate(0,1) ]]'",
        "'$[[ matrix.A ]]'",
        "$[[",
        "!foo",
        "!$A",
        "!!set {a}",
    ),
    *("!reference [.a, script]", "!reference [a]", "!reference .a", "!reference []", "!!binary aGk=", "!!int '3'"),
    *("!!str 3", "!ruby/object:Object {}", "{}", "[]", "[~]", "[[]]", "{a: }", "[a, {b: [c]}]", "{script: x}"),
    *("[[[[[[[[[[[[x]]]]]]]]]]]]", "{<<: {a: b}}", "'/(?=x)/'", "'/(a+)+$/'", "'$A =~ /b/ && !$C'", "'$A = 1'"),
    *(
        "never",
        "manual",
        "delayed",
        "always",
        "1 week",
        "31 days",
        "pull",
        "stop",
        ".pre",
        "a/b",
        "..",
        "a b: c",
        "*",
        "**",
    ),
    *(
        "'" + "x" * 300 + "'",
        "é",
        "'\\u0000'",
        '"\\0"',
        '"\\ud800"',
        "|",
        ">-",
        "|2",
        "- a",
        "? a",
        "%TAG",
        "@a",
        "`a`",
    ),
    *(
        "build",
        "test",
        ".a",
        "[a, b]",
        "[test]",
        "inc/base.yml",
        "[inc/base.yml]",
        "{local: inc/inputs.yml, inputs: {}}",
    ),
    *(
        "{include: [{local: inc/base.yml}]}",
        "{matrix: [{A: [1, 2]}]}",
        "{job: a, optional: true}",
        "{if: $A}",
        "[{if: $A}]",
    ),
)
KEYS = (
    *(
        "script",
        "run",
        "trigger",
        "needs",
        "extends",
        "rules",
        "if",
        "changes",
        "exists",
        "when",
        "start_in",
        "parallel",
    ),
    *("matrix", "default", "inherit", "workflow", "include", "spec", "inputs", "stages", "stage", "variables", "image"),
    *("services", "cache", "artifacts", "reports", "environment", "on_stop", "pages", "publish", "release", "retry"),
    *(
        "dependencies",
        "allow_failure",
        "timeout",
        "only",
        "except",
        "id_tokens",
        "hooks",
        "secrets",
        ".a",
        "<<",
        "~",
        "1.5",
    ),
    *("2031-02-03", "on", ":sym", '""', "[a]", "{a: b}", "? [a]", "*a", "&a a", "'$[[ inputs.a ]]'", "x" * 256, "name"),
)
PIECES = (
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        ": ",
        "- ",
        "? ",
        "#",
        "'",
        '"',
        "\\",
        "|",
        ">",
        "%",
        "@",
        "`",
        "!",
        "&a ",
        "*a ",
        "\t",
        " ",
    ),
    *("\r", "\r\n", "\n", "\x00", "\x07", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\U0001f600", "$[[ ", " ]]"),
    *("$[[ inputs.a ]]", "!reference ", "---", "...", "--- ", "<<: *a", "&a *a", "!!", "!<", "é", "\n---\n", "\n...\n"),
)
HEADERS = (
    "spec:\n  inputs:\n    a:\n---\n",
    "spec:\n  inputs:\n    a: {default: x}\n---\n",
    "spec:\n  inputs:\n    a: {type: array, default: [x, y]}\n---\n",
    "spec:\n  inputs:\n    a: {type: number, default: '3', options: [3]}\n---\n",
    "spec: {component: [name], inputs: {a: {default: '$A', regex: ^.A}}}\n---\n",
    "spec:\n---\n",
    "spec: {inputs: {a: {rules: [{if: $A, options: [x], default: x}]}}}\n--- # two\n",
    "---\n",
    "a: b\n---\n",
)
_PAIR = re.compile(r"(\s*(?:- )*)([^\s:#][^:#]*?)(:)(\s+\S.*|\s*)$")
_ITEM = re.compile(r"(\s*- )(.*)$")
_TIMES = (1, 1, 1, 2, 3, 4)  # changes to one file


def mutant(number: int, texts: Sequence[bytes]) -> bytes:
    """Return the damaged file of this number, made of one of `texts` and of parts of the others."""
    chance = random.Random(number)
    text, other = chance.choice(texts), chance.choice(texts)
    shape = chance.random()
    if shape < 0.6:
        text = _regrown(text, other, chance)
    if shape > 0.5:
        text = _damaged(text, other, chance)
    return _bytes(text, chance) if chance.random() < 0.05 else text


def _damaged(text: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return the file after changes to its lines; mostly it is no YAML any more."""
    lines, others = _lines(text), _lines(other)
    for _ in range(chance.choice(_TIMES)):
        lines = chance.choice(CHANGES)(lines or [""], chance, others)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _lines(text: bytes) -> list[str]:
    return text.decode("utf-8", "replace").split("\n")


def _bytes(content: bytes, chance: random.Random) -> bytes:
    """Return the file with a byte changed, or cut off in the middle, or with other ends of lines."""
    at = chance.randrange(len(content) + 1)
    flipped = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
    ends = content.replace(b"\n", chance.choice([b"\r\n", b"\r", b"\xc2\x85"]))
    return chance.choice([flipped, content[:at], ends, b"\xef\xbb\xbf" + content])


def _drop(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    begin = chance.randrange(len(lines))
    return lines[:begin] + lines[begin + chance.randint(1, 3) :]


def _double(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    begin = chance.randrange(len(lines))
    end = begin + chance.randint(1, 5)
    return lines[:end] + lines[begin:end] * chance.choice([1, 1, 1, 4]) + lines[end:]


def _swap(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    made = list(lines)
    one, other = chance.randrange(len(made)), chance.randrange(len(made))
    made[one], made[other] = made[other], made[one]
    return made


def _indent(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    begin = chance.randrange(len(lines))
    end = begin + chance.choice([1, 1, 2, 5])
    by = chance.choice([-4, -2, -1, 1, 2, 4])
    moved = [
        " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip())) :] for line in lines[begin:end]
    ]
    return [*lines[:begin], *moved, *lines[end:]]


def _graft(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    """Return the file with some lines of another one, as deep as those around them."""
    at, begin = chance.randrange(len(lines) + 1), chance.randrange(len(others))
    depth = " " * chance.choice([0, 0, 2, 4])
    taken = [depth + line for line in others[begin : begin + chance.randint(1, 6)]]
    return [*lines[:at], *taken, *lines[at:]]


def _append(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    return [*lines, *others] if chance.random() < 0.5 else [*others, *lines]


def _header(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    return [*chance.choice(HEADERS).split("\n")[:-1], *lines]


def _marker(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    at = chance.randrange(len(lines) + 1)
    marker = chance.choice(["---", "--- ", "...", "--- a", "  ---", "%YAML 1.1", "---\n", "--- |"])
    return [*lines[:at], marker, *lines[at:]]


def _insert(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    at = chance.randrange(len(lines))
    line = lines[at]
    column = chance.randrange(len(line) + 1)
    return [*lines[:at], line[:column] + chance.choice(PIECES) + line[column:], *lines[at + 1 :]]


def _erase(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    at = chance.randrange(len(lines))
    line = lines[at]
    column = chance.randrange(len(line) + 1)
    return [*lines[:at], line[:column] + line[column + chance.randint(1, 3) :], *lines[at + 1 :]]


def _value(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    return _at_a_pair(lines, chance, lambda match: f"{match[1]}{match[2]}: {chance.choice(SCALARS)}")


def _nasty_item(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    found = [number for number, line in enumerate(lines) if _ITEM.match(line)]
    if not found:
        return _value(lines, chance, others)
    at = chance.choice(found)
    begin = _ITEM.match(lines[at])
    return [*lines[:at], f"{begin and begin[1]}{chance.choice(SCALARS)}", *lines[at + 1 :]]


def _key(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    known = [match[2] for line in others if (match := _PAIR.match(line))]
    name = chance.choice(known) if known and chance.random() < 0.6 else chance.choice(KEYS)
    return _at_a_pair(lines, chance, lambda match: f"{match[1]}{name}:{match[4]}")


def _add_pair(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    """Return the file with one pair more, beside one that is there."""
    pair = f"{chance.choice(KEYS)}: {chance.choice(SCALARS)}"
    return _at_a_pair(lines, chance, lambda match: f"{re.sub('-', ' ', match[1])}{pair}\n{match[0]}")


def _nest(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    depth = chance.choice([1, 1, 2, 11, 101, 300])
    opening, closing = chance.choice([("[", "]"), ("{a: ", "}"), ("[{a: ", "}]"), ("[", "")])
    return _at_a_pair(
        lines, chance, lambda match: f"{match[1]}{match[2]}: {opening * depth}{match[4].strip()}{closing * depth}"
    )


def _anchor(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    name = chance.choice("ab")
    return _at_a_pair(lines, chance, lambda match: f"{match[1]}{match[2]}: &{name} {match[4].strip()}")


def _alias(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    name = chance.choice("ab")
    said = chance.choice(
        [f"*{name}", f"[*{name}, *{name}]", f"{{<<: *{name}}}", f"{{<<: [*{name}, *{name}]}}", f"{{*{name} : x}}"]
    )
    return _at_a_pair(lines, chance, lambda match: f"{match[1]}{match[2]}: {said}")


def _tag(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    tag = chance.choice(
        ["!reference", "!foo", "!!set", "!!omap", "!!str", "!!map", "!!seq", "!!null", "!!float", "!$A", "!"]
    )
    return _at_a_pair(lines, chance, lambda match: f"{match[1]}{match[2]}: {tag} {match[4].strip()}")


def _flow(lines: list[str], chance: random.Random, others: Sequence[str]) -> list[str]:
    """Return the file with a job of its own in one line."""
    pairs = ", ".join(f"{chance.choice(KEYS[:40])}: {chance.choice(SCALARS[:80])}" for _ in range(chance.randint(0, 3)))
    name = chance.choice(["a", "b", ".a", "pages", "default", "workflow", "variables", "include", "1", "''"])
    return [*lines, f"{name}: {{script: x{', ' if pairs else ''}{pairs}}}"]


def _at_a_pair(lines: list[str], chance: random.Random, made: Callable[[re.Match[str]], str]) -> list[str]:
    """Return the file with one of its lines that hold `key: value` made anew."""
    found = [(number, match) for number, line in enumerate(lines) if (match := _PAIR.match(line))]
    if not found:
        return [*lines, "a: {script: x}"]
    at, match = chance.choice(found)
    return [*lines[:at], *made(match).split("\n"), *lines[at + 1 :]]


CHANGES: tuple[Change, ...] = (
    *(_drop, _double, _swap, _indent, _graft, _append, _header, _marker, _insert, _erase, _value, _value, _value),
    *(_nasty_item, _key, _key, _add_pair, _add_pair, _nest, _anchor, _alias, _tag, _flow),
)


# A tree is a map or a list of trees, or a scalar as it is spelled in YAML. Keys are spelled likewise.
Tree = dict[str, Any] | list[Any] | str
_Slot = tuple[Any, Any]  # a container, and the key or number of one of its parts
_UNSAFE = re.compile(
    r"[,\[\]{}#\n\r\x85\u2028\u2029]|: |:$|^[-?:] "
)  # what a plain scalar may not have within brackets


def _regrown(text: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return the file after changes to its tree; it is still YAML, so that later phases have a say."""
    documents, donors = [dict(one) for one in map(_copy, _trees(text))], _trees(other)
    if not documents or not donors:
        return text
    for _ in range(chance.choice(_TIMES)):
        chance.choice(GROWTHS)(chance.choice(documents), chance, donors[-1])
    return "---\n".join(map(_written, documents)).encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1024)
def _trees(text: bytes) -> tuple[dict[str, Any], ...]:
    """Return the documents that are maps; none when it is no YAML."""
    try:
        source = text.decode("utf-8")
        nodes = list(yaml.compose_all(source, Loader=yaml.CBaseLoader))
        found = [_tree(node, source, 0) for node in nodes if node is not None]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        return ()
    return tuple(one for one in found if isinstance(one, dict))


def _tree(node: Any, source: str, depth: int) -> Tree:
    if depth > 150:
        raise RecursionError
    if isinstance(node, yaml.MappingNode):
        return {_spelled(key, source): _tree(value, source, depth + 1) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode) and not node.tag.startswith("!ref"):
        return [_tree(item, source, depth + 1) for item in node.value]
    return _spelled(node, source)


def _spelled(node: Any, source: str) -> str:
    """Return a scalar, or a list behind `!reference`, so that it may stand within brackets."""
    if isinstance(node, yaml.MappingNode):
        return "{}"
    if isinstance(node, yaml.SequenceNode):
        return f"!reference [{', '.join(_spelled(item, source) for item in node.value)}]"
    plain = node.style is None and not _UNSAFE.search(node.value)
    return node.value if plain else _quoted(node.value)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'" if text.isprintable() else json.dumps(text)


def _copy(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _copy(part) for key, part in tree.items()}
    return [_copy(part) for part in tree] if isinstance(tree, list) else tree


def _written(tree: dict[str, Any]) -> str:
    """Return a document: a line for each pair of the outermost map, a line for each pair of a job."""
    lines: list[str] = []
    for key, value in tree.items():
        lines.append(f"{_key_of(key)}: {'' if isinstance(value, dict) and value else _inline(value)}")
        lines += (
            [f"  {_key_of(name)}: {_inline(part)}" for name, part in value.items()] if isinstance(value, dict) else []
        )
    return "\n".join(lines) + "\n"


def _inline(tree: Any) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{_key_of(key)}: {_inline(part)}" for key, part in tree.items()) + "}"
    return "[" + ", ".join(map(_inline, tree)) + "]" if isinstance(tree, list) else tree


def _key_of(key: str) -> str:
    return f"{key} " if key.startswith("*") else key


def _slots(tree: Any) -> list[_Slot]:
    """Return every place of a tree that holds a part of it."""
    found: list[_Slot] = []
    open_ones = [tree]
    while open_ones:
        holder = open_ones.pop()
        keys: Any = holder if isinstance(holder, dict) else range(len(holder))
        found += [(holder, key) for key in keys]
        open_ones += [holder[key] for key in keys if isinstance(holder[key], dict | list)]
    return found


def _anywhere(tree: Any, chance: random.Random) -> _Slot:
    slots = _slots(tree)
    return chance.choice(slots) if slots else ({"a": "b"}, "a")


def _donated(donor: Any, chance: random.Random) -> Any:
    """Return a part of another file, or something that nobody expects there."""
    if chance.random() < 0.4:
        return chance.choice(SAFE_SCALARS)
    holder, key = _anywhere(donor, chance)
    return _copy(holder[key])


def _replace(tree: Any, chance: random.Random, donor: Any) -> None:
    holder, key = _anywhere(tree, chance)
    holder[key] = _donated(donor, chance)


def _remove(tree: Any, chance: random.Random, donor: Any) -> None:
    holder, key = _anywhere(tree, chance)
    del holder[key]


def _give(tree: Any, chance: random.Random, donor: Any) -> None:
    """Give a map of the tree one pair more: as another file has it, or a keyword with some value."""
    maps = [tree, *(holder[key] for holder, key in _slots(tree) if isinstance(holder[key], dict))]
    taken = [(holder, key) for holder, key in _slots(donor) if isinstance(holder, dict)]
    into = chance.choice(maps)
    if taken and chance.random() < 0.6:
        holder, key = chance.choice(taken)
        into[key] = _copy(holder[key])
    else:
        into[chance.choice(KEYS)] = _donated(donor, chance)


def _rename(tree: Any, chance: random.Random, donor: Any) -> None:
    holders = [holder for holder, _ in _slots(tree) if isinstance(holder, dict)]
    holder = chance.choice(holders) if holders else {}
    pairs = list(holder.items())
    known = [key for one, key in _slots(donor) if isinstance(one, dict)]
    at = chance.randrange(len(pairs) or 1)
    name = chance.choice(known) if known and chance.random() < 0.6 else chance.choice(KEYS)
    holder.clear()
    holder.update((name if number == at else key, value) for number, (key, value) in enumerate(pairs))


def _wrap(tree: Any, chance: random.Random, donor: Any) -> None:
    holder, key = _anywhere(tree, chance)
    for _ in range(chance.choice([1, 1, 2, 10, 11, 99])):
        holder[key] = [holder[key]] if chance.random() < 0.8 else {chance.choice(KEYS[:40]): holder[key]}


def _move(tree: Any, chance: random.Random, donor: Any) -> None:
    holder, key = _anywhere(tree, chance)
    into, name = _anywhere(tree, chance)
    into[name] = _copy(holder[key])


def _turn(tree: Any, chance: random.Random, donor: Any) -> None:
    """Bring the pairs of a map into another order."""
    holder, _ = _anywhere(tree, chance)
    if isinstance(holder, dict):
        pairs = list(holder.items())
        chance.shuffle(pairs)
        holder.clear()
        holder.update(pairs)


def _link(tree: Any, chance: random.Random, donor: Any) -> None:
    """Let a job name another one, or itself."""
    jobs = [key for key, value in tree.items() if isinstance(value, dict)]
    if not jobs:
        return
    job, name = tree[chance.choice(jobs)], chance.choice(jobs)
    path = f"!reference [{name}, {chance.choice(KEYS[:40])}]"
    matrix = {"job": name, "parallel": {"matrix": [{"A": ["1", "2"]}]}}
    key, value = chance.choice(
        [
            *(("needs", [name]), ("needs", [{"job": name, "optional": "true"}]), ("needs", [matrix]), ("needs", name)),
            *(
                ("dependencies", [name]),
                ("extends", name),
                ("extends", [name, name]),
                ("stage", name),
                ("rules", [path]),
            ),
            *(("environment", {"name": "p", "on_stop": name, "action": "stop"}), ("script", [path, path])),
            *(
                ("rules", [{"if": "$A", "needs": [name]}]),
                ("variables", path),
                ("parallel", {"matrix": [{"A": ["1", "2"]}]}),
            ),
            *(
                ("trigger", {"include": [{"artifact": "a.yml", "job": name}]}),
                ("<<", path),
                ("inherit", {"default": [name]}),
            ),
        ]
    )
    job[key] = value


def _another(tree: Any, chance: random.Random, donor: Any) -> None:
    """Add a job of the other file, or one of this file once more under another name."""
    source = chance.choice([tree, donor])
    if source:
        key = chance.choice(list(source))
        tree[f"{key}2" if source is tree and key.isidentifier() else key] = _copy(source[key])


# Within brackets they end where they should.
SAFE_SCALARS = tuple(
    one for one in SCALARS if not one.startswith(("*", "&", "$[[", "|", ">", "- ", "? ", "%", "@", "`", "!$"))
)
GROWTHS: tuple[Callable[[Any, random.Random, Any], None], ...] = (
    *(_replace, _replace, _replace, _remove, _give, _give, _give, _give, _rename, _rename, _wrap, _move, _turn),
    *(_link, _link, _another, _another),
)
