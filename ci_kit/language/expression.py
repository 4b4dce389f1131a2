"""Expressions of `rules:if` and `only:variables`: whether GitLab can read them, and what they come to.

Source: GitLab docs "CI/CD expressions"; gitlab `lib/gitlab/ci/pipeline/expression`.
"""

from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from ci_kit.language.parser import Node, Not, Operation, Value, Variable, tree
from ci_kit.language.pattern import Pattern, pattern
from ci_kit.language.scope import Scope


class Unknown(NamedTuple):
    """A value that nobody knows yet: the names it hangs on, and what is known of it all the same.

    `truth` says whether it holds, if that is known; `is_result` that it is true or false and no text.
    """

    names: tuple[str, ...]
    truth: bool | None = None
    is_result: bool = True


_Value: TypeAlias = str | bool | Pattern | Unknown | None


class Crash(Exception):
    """GitLab itself breaks here: `=~ true`."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Node | None:
    """Return the tree of an expression, None when GitLab cannot read it."""
    return tree(text)


def is_expression(text: Any) -> bool:
    """Tell whether GitLab can read the expression."""
    return isinstance(text, str) and parse(text) is not None


def truth(text: str, scope: Scope) -> bool | None:
    """Return what the expression comes to, None when a variable that is not known decides.

    What GitLab cannot read does not hold.
    """
    found = _evaluated(text, scope)
    return found.truth if isinstance(found, Unknown) else _holds(found)


def undecided_by(text: str, scope: Scope) -> tuple[str, ...]:
    """Return the variables that leave the expression open, as they are named in a scope; none when it is decided."""
    found = _evaluated(text, scope)
    return found.names if isinstance(found, Unknown) and found.truth is None else ()


def crashes(text: str) -> bool:
    """Tell whether GitLab breaks when it checks the expression, which it does with no variable set."""
    node = parse(text)
    try:
        _value(node, Scope({}, complete=True)) if node is not None else None
    except Crash:
        return True
    return False


def _evaluated(text: str, scope: Scope) -> _Value:
    node = parse(text)
    try:
        return False if node is None else _value(node, scope)
    except Crash:
        return False


def _value(node: Node, scope: Scope) -> _Value:
    if isinstance(node, Value):
        return node.value
    if isinstance(node, Variable):
        known = scope.complete or node.name in scope.values
        return scope.values.get(node.name) if known else Unknown((node.name,), is_result=False)
    if isinstance(node, Not):
        return _opposite(_value(node.operand, scope))
    if node.operator in ("&&", "||"):
        return _joined(node, scope)
    return _compared(node.operator, _value(node.left, scope), _value(node.right, scope))


def _holds(value: _Value) -> bool:
    """Tell whether a value holds: texts do unless they are blank."""
    return bool(value.strip()) if isinstance(value, str) else value is not None and value is not False


def _opposite(value: _Value) -> _Value:
    if isinstance(value, Unknown):
        return value._replace(truth=None if value.truth is None else not value.truth, is_result=True)
    return not _holds(value)


def _joined(node: Operation, scope: Scope) -> _Value:
    """Return one of the two values, as Ruby does: only null and false make `||` look at the right side."""
    left = _value(node.left, scope)
    if isinstance(left, Unknown):
        return _open(node.operator, left, node.right, scope)
    takes_right = (left is None or left is False) == (node.operator == "||")
    return _value(node.right, scope) if takes_right else left


def _open(operator: str, left: Unknown, right_node: Node, scope: Scope) -> _Value:
    """Return what is known although the left side is not."""
    try:
        right = _value(right_node, scope)
    except Crash:
        return Unknown(left.names, is_result=False)
    holds = right.truth if isinstance(right, Unknown) else _holds(right)
    is_result = left.is_result and (right.is_result if isinstance(right, Unknown) else isinstance(right, bool))
    return Unknown(_names(left, right), _open_truth(operator, left, holds), is_result)


def _open_truth(operator: str, left: Unknown, right: bool | None) -> bool | None:
    """Return whether it holds; an empty text on the left is blank, yet Ruby takes it for true."""
    if operator == "&&":
        if right is False or (left.is_result and left.truth is False):
            return False
        return True if left.truth and right else None
    if left.truth:
        return True
    if right is False:
        return left.truth
    return right if left.is_result and (right or left.truth is False) else None


def _compared(operator: str, left: _Value, right: _Value) -> _Value:
    if operator in ("==", "!="):
        return _equality(left, right, wanted=operator == "==")
    if right is None or right is False:
        return operator == "!~"
    if right is True:
        raise Crash
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown(_names(left, right))
    return _is_found(_written(left), right) == (operator == "=~")


def _equality(left: _Value, right: _Value, *, wanted: bool) -> _Value:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown(_names(left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return (_written(left) == _written(right)) == wanted
    if isinstance(left, Pattern) and not isinstance(right, Pattern):
        raise Crash  # the class of the left side asks the other for its source
    return (left == right) == wanted


def _is_found(text: str, right: str | Pattern) -> bool:
    """Tell whether `text` matches; a right side that is no regular expression is itself searched for `text`."""
    made = pattern(right.replace("\\/", "/")) if isinstance(right, str) else right
    return made.is_in(text) if made is not None else text in str(right)


def _written(value: _Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else "" if value is None else "#<Gitlab::UntrustedRegexp>"


def _names(*values: _Value) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for value in values if isinstance(value, Unknown) for name in value.names))
