"""One-line comparisons: text to tokens, tokens to a tree with units, units checked.

line       = sum comparator sum
sum        = product (("+" | "-") product)*
product    = operand (("*" | "/") operand)*
operand    = number [unit] | date | name | "$" name | "(" sum ")" | "-" operand
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast

from thbscreen.diagnostics import suggest
from thbscreen.rules.ast import BinOp, Compare, CompareOp, Expr, Name, Param, Unit, Value
from thbscreen.rules.literals import LENGTH_UNITS, LiteralError, article, parse_value, with_unit

COMPARATORS = (">=", "<=", "==", "!=", ">", "<")
_ONE_EACH = "give each comparison its own list item"
_COMPARATORS_HELP = "use one of " + " ".join(COMPARATORS)
_TOKEN = re.compile(
    r"""(?P<blank>\s+)
      | (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9]))
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<param>\$[^\W0-9]\w*)
      | (?P<name>[^\W0-9]\w*(?:\.[^\W0-9]\w*)*)
      | (?P<op>>=|<=|==|!=|[><+\-*/()%])
      | (?P<wrong>.)""",
    re.VERBOSE | re.DOTALL,
)
_ORDERED = {Unit.NUMBER, Unit.SHARE, Unit.MONEY, Unit.LENGTH, Unit.DATE, Unit.TIME}
_PLAIN_NUMBERS = {Unit.NUMBER, Unit.SHARE}
MAX_LINE = 400
MAX_NESTING = 20


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong with a line, and where in its text (0-based start, length)."""

    code: str
    message: str
    start: int
    length: int
    help: str | None = None


class _Stop(Exception):  # noqa: N818 -- control flow inside this file only
    """Carries the one error of a line; None when the fault was reported elsewhere."""

    def __init__(self, error: LineError | None) -> None:
        super().__init__()
        self.error = error


#: Gives the unit of a name, "poisoned" when its definition failed, or None when it is unknown.
Lookup = Callable[[str], "Unit | Literal['poisoned'] | None"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that a line may use.

    Attributes:
        name: looks up a measure or row field.
        names: known names, for the help text.
        param: looks up a parameter.
        params: known parameters, for the help text.
        what: what a name stands for, in the words of an error.
        unknown_code: code of the error for an unknown name.
    """

    name: Lookup
    names: Collection[str]
    param: Lookup
    params: Collection[str]
    what: str = "measure"
    unknown_code: str = "R031"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


def _tokens(text: str) -> list[_Token]:
    if len(text) > MAX_LINE:
        raise _Stop(LineError("R030", f"the line is longer than {MAX_LINE} characters", 0, 1))
    out = []
    for found in _TOKEN.finditer(text):
        kind = str(found.lastgroup)
        if kind == "wrong" or (kind == "number" and len(found.group()) > 20):
            arrow = found.group() == "=" and text[found.end() : found.end() + 1] in {">", "<"}
            hint = "write == for equality" if found.group() == "=" else None
            hint = "write >= or <=" if arrow else hint
            raise _Stop(LineError("R030", f"unexpected '{found.group()[:20]}'", found.start(), 1, hint))
        if kind != "blank":
            out.append(_Token(kind, found.group(), found.start()))
    return out


class _Parser:
    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.tokens = _tokens(text)
        self.at = 0
        self.depth = 0
        self.poisoned = False

    def peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += 1
        return token

    def unexpected(self, instead: str) -> _Stop:
        token = self.peek()
        if token is None:
            return _Stop(LineError("R030", f"the line ends where {instead} is expected", len(self.text), 1))
        return _Stop(
            LineError(
                "R030", f"unexpected '{token.text}' where {instead} is expected", token.start, len(token.text)
            )
        )

    def line(self) -> Compare:
        left = self.sum()
        token = self.peek()
        if token is None:
            raise _Stop(LineError("R032", "the line compares nothing", 0, len(self.text), _COMPARATORS_HELP))
        if token.text not in COMPARATORS:
            raise self.unexpected("a comparison")
        self.take()
        right = self.sum()
        if (rest := self.peek()) is not None:
            hint = _ONE_EACH
            raise _Stop(
                LineError(
                    "R030", f"unexpected '{rest.text}' after the comparison", rest.start, len(rest.text), hint
                )
            )
        if self.poisoned:
            raise _Stop(None)
        _check_comparison(left, token, right)
        return Compare(left, cast("CompareOp", token.text), right, " ".join(self.text.split()))

    def only_sum(self) -> Expr:
        found = self.sum()
        if (rest := self.peek()) is not None:
            raise _Stop(
                LineError("R030", f"unexpected '{rest.text}' after the value", rest.start, len(rest.text))
            )
        if self.poisoned:
            raise _Stop(None)
        return found

    def sum(self) -> Expr:
        left = self.product()
        while (token := self.peek()) is not None and token.text in {"+", "-"}:
            self.take()
            left = self.join(left, token, self.product())
        return left

    def product(self) -> Expr:
        left = self.operand()
        while (token := self.peek()) is not None and token.text in {"*", "/"}:
            self.take()
            left = self.join(left, token, self.operand())
        return left

    def operand(self) -> Expr:
        token = self.peek()
        if token is None:
            raise self.unexpected("a value")
        if token.kind == "date":
            self.take()
            try:
                return parse_value(token.text)
            except LiteralError as error:
                raise _Stop(LineError("R021", str(error), token.start, len(token.text))) from None
        if token.kind == "number":
            return self.number()
        if token.kind == "param":
            self.take()
            return Param(token.text[1:], self.unit(token, self.scope.param, token.text[1:]))
        if token.kind == "name":
            self.take()
            return Name(token.text, self.unit(token, self.scope.name, token.text))
        if token.text == "(":
            return self.bracket()
        if token.text == "-":
            self.take()
            self.depth += 1
            if self.depth > MAX_NESTING:
                raise self.unexpected("a value")
            value = self.operand()
            self.depth -= 1
            return BinOp("-", Value(value.unit, _zero(value.unit), "0"), value, value.unit)
        raise self.unexpected("a value")

    def bracket(self) -> Expr:
        opening = self.take()
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise _Stop(LineError("R030", "too many brackets", opening.start, 1))
        inner = self.sum()
        self.depth -= 1
        closing = self.peek()
        if closing is None or closing.text != ")":
            raise _Stop(LineError("R030", "this bracket is not closed", opening.start, 1))
        self.take()
        return inner

    def number(self) -> Value:
        token = self.take()
        unit, end = None, token.start + len(token.text)
        following = self.peek()
        if following is not None and (following.text == "%" or following.kind == "name"):
            # `3 days` is a length even where a measure is called days; `3 * days` is the measure
            known = following.text in {"%", "EUR"} or following.text in LENGTH_UNITS
            if not known:
                joins = following.text in {"and", "or"}
                hint = _ONE_EACH if joins else "units are EUR, %, minutes, hours, days, weeks, months"
                raise _Stop(
                    LineError(
                        "R030", f"unexpected '{following.text}' after a number",
                        following.start, len(following.text), hint,
                    )
                )  # fmt: skip
            self.take()
            unit, end = following.text, following.start + len(following.text)
        try:
            return with_unit(Decimal(token.text), unit, self.text[token.start : end])
        except LiteralError as error:
            raise _Stop(LineError("R021", str(error), token.start, end - token.start)) from None

    def unit(self, token: _Token, look: Lookup, name: str) -> Unit:
        found = look(name)
        if found is None:
            is_param = token.kind == "param"
            what = "parameter" if is_param else self.scope.what
            known = self.scope.params if is_param else self.scope.names
            code = "R010" if is_param else self.scope.unknown_code
            hint = suggest(name, sorted(known))
            if not is_param and name in self.scope.params:
                hint = f"a parameter is written '${name}'"
            elif is_param and name in self.scope.names:
                hint = f"'{name}' is no parameter: write it without $"
            if token.text in {"and", "or", "not"}:
                code, hint = "R030", "give each comparison its own list item; any_of and none_of join lines"
            raise _Stop(LineError(code, f"unknown {what} '{token.text}'", token.start, len(token.text), hint))
        if found == "poisoned":
            self.poisoned = True
            return Unit.NUMBER
        return found

    def join(self, left: Expr, op: _Token, right: Expr) -> Expr:
        symbol = cast("Literal['+', '-', '*', '/']", op.text)
        if self.poisoned:
            return BinOp(symbol, left, right, Unit.NUMBER)
        unit = _joined_unit(symbol, left.unit, right.unit)
        if unit is None:
            verb = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}[symbol]
            raise _Stop(
                LineError(
                    "R033", f"cannot {verb} {left.unit} and {right.unit}", op.start, 1,
                    _sides(left, right),
                )
            )  # fmt: skip
        if symbol == "/" and isinstance(right, Value) and right.payload in {0, Decimal(0)}:
            raise _Stop(LineError("R024", "division by zero", op.start, 1))
        return BinOp(symbol, left, right, unit)


def _zero(unit: Unit) -> Decimal | int:
    return 0 if unit is Unit.MONEY else Decimal(0)


def _joined_unit(op: str, left: Unit, right: Unit) -> Unit | None:
    plain_left, plain_right = left in _PLAIN_NUMBERS, right in _PLAIN_NUMBERS
    if op in "+-":
        if plain_left and plain_right:
            return left if left is right else Unit.NUMBER
        return left if left is right and left in {Unit.MONEY, Unit.LENGTH} else None
    if op == "*":
        if plain_left and plain_right:
            return left if left is right else Unit.NUMBER
        if plain_left and right is Unit.MONEY:
            return right
        return left if plain_right and left is Unit.MONEY else None
    if plain_left and plain_right:
        return Unit.SHARE if left is right else Unit.NUMBER
    if left is right and left in {Unit.MONEY, Unit.LENGTH}:
        return Unit.SHARE
    return left if plain_right and left is Unit.MONEY else None


def _sides(left: Expr, right: Expr) -> str:
    return f"the left side is {article(left.unit)}, the right side is {article(right.unit)}"


def _check_comparison(left: Expr, op: _Token, right: Expr) -> None:
    units = {left.unit, right.unit}
    same = left.unit is right.unit or units <= _PLAIN_NUMBERS or units == {Unit.DATE, Unit.TIME}
    for counted, share in ((left, right), (right, left)):
        # `share >= 0.5` is a share without its sign; `deposits >= 50%` asks nothing that anybody means
        if isinstance(counted, Name) and counted.unit is Unit.NUMBER and isinstance(share, Value | Param):
            same = same and share.unit is not Unit.SHARE
    if same and (left.unit in _ORDERED or (left.unit is Unit.TEXT and op.text in {"==", "!="})):
        return
    hint = _sides(left, right)
    if not same:
        message = f"cannot compare {left.unit} with {right.unit}"
    elif left.unit is Unit.FLAG:
        message, hint = "flags are not compared", "test them in where, such as own_transfer: false"
    else:
        message = f"{left.unit} knows no order"
        hint = "use == or !="
    raise _Stop(LineError("R033", message, op.start, len(op.text), hint))


def parse_line(text: str, scope: Scope) -> Compare | LineError | None:
    """Reads a comparison; None means that a name in it failed elsewhere (one fault, one error)."""
    try:
        return _Parser(text, scope).line()
    except _Stop as stop:
        return stop.error


def parse_sum(text: str, scope: Scope) -> Expr | LineError | None:
    """Reads an expression without comparison, such as a formula or `$near * $threshold`."""
    try:
        return _Parser(text, scope).only_sum()
    except _Stop as stop:
        return stop.error
