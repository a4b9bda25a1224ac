"""Text to `Query`. Parsed queries are remembered, since clients send the same few again and again."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from local.salesforce_org.errors import SalesforceError

from .model import And, Call, Comparison, FieldRef, Literal, Not, Or, OrderItem, Query, SelectItem
from .refusals import malformed, with_caret

MAX_LENGTH = 100_000
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"'}
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)


def unescape(text: str) -> str:
    """The text between the quotes. `\\%` and `\\_` stay as they are: they mean something to LIKE."""

    def replace(match: re.Match[str]) -> str:
        found = match.group(1)
        if len(found) == 5:
            return chr(int(found[1:], 16))
        if found in "%_":
            return match.group(0)
        if found not in ESCAPES:
            raise malformed(
                f"Invalid string literal '{text}'. Illegal character sequence '\\{found}' in string literal."
            )
        return ESCAPES[found]

    return ESCAPE.sub(replace, text) if "\\" in text else text


def _string(token: Token) -> Literal:
    position = token.start_pos or 0
    return Literal("string", unescape(token[1:-1]), position)


@v_args(inline=True)
class _Build(Transformer[Token, Any]):
    """Turns the grammar's pieces into the model, as they are recognised."""

    def start(self, query: Query) -> Query:
        return query

    def query(self, *parts: Any) -> Query:
        named: dict[str, Any] = {}
        for key, value in parts:
            named.update({key: value} if key != "source" else value)
        return Query(**named)

    def select_list(self, *items: Any) -> tuple[str, Any]:
        return "select", tuple(SelectItem(item) if isinstance(item, Query) else item for item in items)

    def field_item(self, name: Token, alias: Token | None = None) -> SelectItem:
        return SelectItem(_ref(name), str(alias) if alias else None)

    def call_item(self, call: Call, alias: Token | None = None) -> SelectItem:
        return SelectItem(call, str(alias) if alias else None)

    def empty_call(self, name: Token) -> Call:
        return Call(name.upper(), None, name.start_pos or 0)

    def name_call(self, name: Token, argument: Token) -> Call:
        return Call(name.upper(), _ref(argument), name.start_pos or 0)

    def nested_call(self, name: Token, argument: Call) -> Call:
        return Call(name.upper(), argument, name.start_pos or 0)

    def source(self, name: Token, alias: Token | None = None) -> tuple[str, Any]:
        return "source", {
            "source": str(name),
            "source_position": name.start_pos or 0,
            "alias": str(alias) if alias else None,
        }

    def scope(self, name: Token) -> tuple[str, Any]:
        return "source", {}

    def security(self, name: Token) -> tuple[str, Any]:
        return "source", {}

    def where(self, condition: Any) -> tuple[str, Any]:
        return "where", condition

    def having(self, condition: Any) -> tuple[str, Any]:
        return "having", condition

    def and_(self, *parts: Any) -> And:
        return And(parts)

    def or_(self, *parts: Any) -> Or:
        return Or(parts)

    def not_(self, part: Any) -> Not:
        return Not(part)

    def simple(self, part: Any) -> Any:
        return part

    def compare(self, operand: Any, operator: Token, value: Literal) -> Comparison:
        sign = "!=" if operator == "<>" else str(operator)
        return Comparison(operand, sign, value, operand.position)

    def like(self, operand: Any, value: Literal) -> Comparison:
        return Comparison(operand, "like", value, operand.position)

    def in_(self, operand: Any, values: Any) -> Comparison:
        return Comparison(operand, "in", values, operand.position)

    def not_in(self, operand: Any, values: Any) -> Comparison:
        return Comparison(operand, "not in", values, operand.position)

    def includes(self, operand: Any, values: Any) -> Comparison:
        return Comparison(operand, "includes", values, operand.position)

    def excludes(self, operand: Any, values: Any) -> Comparison:
        return Comparison(operand, "excludes", values, operand.position)

    def field_operand(self, name: Token) -> FieldRef:
        return _ref(name)

    def call_operand(self, call: Call) -> Call:
        return call

    def string_list(self, token: Token) -> tuple[Literal, ...]:
        start = token.start_pos or 0
        found = STRING.finditer(token)
        return tuple(Literal("string", unescape(m.group(1)), start + m.start()) for m in found)

    def value_list(self, *values: Literal) -> tuple[Literal, ...]:
        return values

    def subselect(self, query: Query) -> Query:
        return query

    def string(self, token: Token) -> Literal:
        return _string(token)

    def datetime(self, token: Token) -> Literal:
        return Literal("datetime", str(token), token.start_pos or 0)

    def date(self, token: Token) -> Literal:
        return Literal("date", str(token), token.start_pos or 0)

    def number(self, token: Token) -> Literal:
        value = float(token) if "." in token else int(token)
        return Literal("number", value, token.start_pos or 0)

    def word(self, token: Token) -> Literal:
        lowered = token.lower()
        if lowered in ("true", "false"):
            return Literal("boolean", lowered == "true", token.start_pos or 0)
        if lowered == "null":
            return Literal("null", None, token.start_pos or 0)
        return Literal("period", (token.upper(), None), token.start_pos or 0)

    def numbered_word(self, token: Token, number: Token) -> Literal:
        return Literal("period", (token.upper(), int(number)), token.start_pos or 0)

    def group(self, *operands: Any) -> tuple[str, Any]:
        return "group_by", operands

    def order(self, *items: OrderItem) -> tuple[str, Any]:
        return "order_by", items

    def order_item(self, operand: Any, *words: Token) -> OrderItem:
        said = [word.upper() for word in words]
        return OrderItem(operand, "DESC" in said, any(word.endswith("LAST") for word in said))

    def limit(self, number: Token) -> tuple[str, Any]:
        return "limit", int(number)

    def offset(self, number: Token) -> tuple[str, Any]:
        return "offset", int(number)


def _ref(token: Token) -> FieldRef:
    return FieldRef(str(token), token.start_pos or 0)


_GRAMMAR = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
_PARSER = Lark(_GRAMMAR, parser="lalr", transformer=_Build(), propagate_positions=False, maybe_placeholders=False)


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """Raises SalesforceError MALFORMED_QUERY."""
    if len(text) > MAX_LENGTH:
        raise malformed(f"SOQL statements can not be longer than {MAX_LENGTH} characters")
    try:
        return cast(Query, _PARSER.parse(text))
    except UnexpectedInput as problem:
        raise _unexpected(text, problem) from problem


def _unexpected(text: str, problem: UnexpectedInput) -> SalesforceError:
    if isinstance(problem, UnexpectedToken) and problem.token.type == "$END":
        return malformed(with_caret(text, len(text), "unexpected token: '<EOF>'"))
    position = problem.pos_in_stream or 0
    word = re.match(r"\s*([A-Za-z0-9_.]+|.)?", text[position:])
    shown = (word.group(1) if word else None) or "<EOF>"
    if not text[:position].strip():
        return malformed(f"unexpected token: {shown}")
    if isinstance(problem, UnexpectedCharacters) and shown == "'":
        return malformed(with_caret(text, position, "Illegal character in string literal"))
    return malformed(with_caret(text, position, f"unexpected token: '{shown}'"))
