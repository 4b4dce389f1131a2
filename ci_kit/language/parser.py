"""The tree of an expression, built as GitLab builds it.

GitLab sorts the tokens (shunting-yard) without asking whether values and operators take turns, so that `$A !` and
`== $A "b"` are expressions too.
Source: gitlab `lib/gitlab/ci/pipeline/expression/parser.rb`.
"""

from typing import NamedTuple, TypeAlias

from ci_kit.language.lexer import Token, tokens
from ci_kit.language.pattern import Pattern, pattern

_TIGHT = 10  # a smaller number binds tighter
_BINDS = {"!": 1, "==": _TIGHT, "!=": _TIGHT, "=~": _TIGHT, "!~": _TIGHT, "&&": 11, "||": 12}
_BOOLEANS = {"true": True, "false": False}


class Value(NamedTuple):
    """A value that stands in the expression: text, a pattern, true, false or null."""

    value: str | bool | Pattern | None


class Variable(NamedTuple):
    """What the pipeline gives: a variable by its name, an input as `inputs.NAME`."""

    name: str


class Not(NamedTuple):
    """The opposite of an operand."""

    operand: "Node"


class Operation(NamedTuple):
    """Two operands and what stands between them: `==`, `!=`, `=~`, `!~`, `&&` or `||`."""

    operator: str
    left: "Node"
    right: "Node"


Node: TypeAlias = Value | Variable | Not | Operation


class NoExpression(Exception):
    """GitLab cannot read the text. Caught by `tree`."""


def tree(text: str) -> Node | None:
    """Return what the text says, None when GitLab cannot read it."""
    found = tokens(text)
    try:
        return _built(_sorted(found)) if found else None
    except NoExpression:
        return None


def _sorted(found: list[Token]) -> list[Token]:
    """Return the tokens with each operator behind its operands."""
    made: list[Token] = []
    waiting: list[Token] = []
    for token in found:
        if token.kind == "infix":
            while waiting and _BINDS.get(waiting[-1].text, _BINDS["||"] + 1) <= _BINDS[token.text]:
                made.append(waiting.pop())
            waiting.append(token)
        elif token.kind in ("not", "open"):
            waiting.append(token)
        elif token.kind == "close":
            _close(made, waiting)
        else:
            made.append(token)
    return made + waiting[::-1]


def _close(made: list[Token], waiting: list[Token]) -> None:
    while waiting and waiting[-1].kind != "open":
        made.append(waiting.pop())
    if not waiting:
        raise NoExpression
    waiting.pop()


def _built(found: list[Token]) -> Node:
    nodes: list[Node] = []
    for token in found:
        needed = {"infix": 2, "not": 1}.get(token.kind, 0)
        if len(nodes) < needed:
            raise NoExpression
        operands = nodes[len(nodes) - needed :]
        del nodes[len(nodes) - needed :]
        nodes.append(_node(token, operands))
    if len(nodes) != 1:
        raise NoExpression
    return nodes[0]


def _node(token: Token, operands: list[Node]) -> Node:
    if token.kind == "infix":
        return Operation(token.text, *operands)
    if token.kind == "not":
        return Not(*operands)
    if token.kind in ("variable", "input"):
        return Variable(token.text)
    if token.kind == "open":
        raise NoExpression
    return Value(_value(token))


def _value(token: Token) -> str | bool | Pattern | None:
    if token.kind == "null":
        return None
    if token.kind == "boolean":
        return _BOOLEANS[token.text]
    if token.kind == "string":
        return token.text
    made = pattern(token.text.replace("\\/", "/"))
    if made is None:
        raise NoExpression
    return made
