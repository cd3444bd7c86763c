"""Binds network rules: a star of cycles, or a named shape that is put into ordinary aggregate parts.

Every shape but the star becomes derived columns, grouping keys and a window, so that one engine judges
it, one explanation tells it and one slow interpreter checks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from thbscreen.diagnostics import suggest
from thbscreen.rules import ast
from thbscreen.rules.ast import Unit
from thbscreen.rules.context import FieldInfo
from thbscreen.rules.derive import bind_derive, compared_fields
from thbscreen.rules.evaluate import never
from thbscreen.rules.measures import Links, bind_flag_when, bind_headline, bind_measures
from thbscreen.rules.where import bind_where

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thbscreen.rules.context import Context
    from thbscreen.rules.yamltree import Map, Node

LEG_KEYS = ("name", "direction", "member", "where")
_COMMON = (
    "kind",
    "pattern",
    "centre",
    "derive",
    "where",
    "links",
    "within",
    "measures",
    "flag_when",
    "headline",
)
Side = Literal["credit", "debit"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a named shape needs.

    Attributes:
        directions: of its links, in the order of the chain; None where either goes.
        keys: keys of `detect` besides the common ones; all are required but those in `optional`.
        means: one line for error texts, the schema and the reference.
    """

    directions: tuple[Side | None, ...]
    keys: tuple[str, ...]
    means: str
    optional: tuple[str, ...] = ()


#: Shapes by name; `star` has keys of its own.
SHAPES: dict[str, Shape] = {
    "fan_in_forward": Shape(
        ("credit", "debit"), ("forward_within",),
        "many pay the centre, and the centre passes the same money on in time",
    ),
    "through_workers": Shape(
        ("credit", "debit"), ("forward_within", "share"),
        "people who were paid pass a share of it on to the centre in time",
    ),
    "two_way_return": Shape(
        (None, None), ("return_within",),
        "money goes from the centre to a member and comes back, or the reverse",
    ),
    "shared_attributes": Shape(
        ("debit",), ("joined_by", "at_most"), "customers joined by shared details all pay the centre",
    ),
    "payers_of_one": Shape(
        ("debit",), ("joined_by", "at_most"), "customers who share nothing with each other pay one centre",
    ),
    "rotation": Shape(
        (None,), ("step", "share"), "the centre is paid by one source after the other, each in its turn",
    ),
    "funnel_by_place": Shape(
        ("credit", "debit"), ("forward_within", "place"),
        "money comes in at some places and goes out at another in time",
    ),
}  # fmt: skip
STAR_KEYS = (
    "kind", "pattern", "centre", "where", "legs", "cycle_within", "links", "within", "measures", "flag_when",
    "headline",
)  # fmt: skip
PATTERNS = ("star", *SHAPES)
#: Columns that a shape gives to measures and tests of rows.
GIVEN = {"forwarded": Unit.MONEY, "returned": Unit.MONEY, "cluster": Unit.TEXT}


def pattern_keys(name: str) -> tuple[str, ...]:
    """Lists the keys of `detect` that go with a pattern, in their order of writing."""
    if name == "star":
        return STAR_KEYS
    keys = [k for k in _COMMON if name != "rotation" or k != "within"]
    at = keys.index("links") + 1
    return (*keys[:at], *SHAPES[name].keys, *keys[at:])


def played_roles(detect: ast.Detect | None) -> set[str | None] | None:
    """Gives the roles that the centre and the members of a network rule play; None for other kinds."""
    if isinstance(detect, ast.Star):
        return {detect.centre, *(leg.member for leg in (*detect.legs, *detect.links))}
    if isinstance(detect, ast.Aggregate) and detect.pattern is not None:
        return {d.name for d in detect.derive if isinstance(d, ast.RoleOf)}
    return None


def bind_network(ctx: Context, mapping: Map, roles: Map | None) -> ast.Star | ast.Aggregate | None:
    """Binds a network rule; without `pattern` it is a star."""
    node = mapping.get("pattern")
    name = ctx.choice(node, "'pattern'", PATTERNS, "R020") if node is not None else "star"
    if name is None:
        return None
    ctx.mapping(mapping, f"'detect' of the pattern {name}", pattern_keys(name))
    if name == "star":
        return _star(ctx, mapping, roles)
    return _Shaped(ctx, mapping, roles, name).bind()


# --- star --------------------------------------------------------------------------------------


def _star(ctx: Context, mapping: Map, roles: Map | None) -> ast.Star | None:
    ctx.require(mapping, ("centre", "legs", "cycle_within", "within", "measures", "flag_when"), "'detect'")
    ctx.columns |= {"account_id", "cp_account_id", "booking_ts", "direction"}
    where = bind_where(ctx, mapping.get("where"))
    names = [key.text for key, _ in roles or ()]
    centre = _centre(ctx, mapping, names, roles)
    taken: set[str] = set()
    legs = _legs(ctx, mapping.get("legs"), "'legs'", taken, names)
    links = _legs(ctx, mapping.get("links"), "'links'", taken, names)
    if mapping.get("legs") is not None and len(legs) == 1 and not ctx.findings.failed:
        node = mapping.get("legs")
        assert node is not None
        ctx.findings.error("R052", "a cycle needs at least two legs", node.span)
    cycle = ctx.length(mapping.get("cycle_within"), "'cycle_within'")
    within = ctx.length(mapping.get("within"), "'within'")
    measures = bind_measures(ctx, mapping.get("measures"), (), Links(tuple(sorted(taken)), {}, star=True))
    flag_when = bind_flag_when(ctx, mapping)
    headline = bind_headline(ctx, mapping.get("headline"))
    if centre is None or cycle is None or within is None:
        return None
    return ast.Star(centre, where, legs, links, cycle, within, measures, flag_when, headline)


def _centre(ctx: Context, mapping: Map, names: list[str], roles: Map | None) -> str | None:
    centre = ctx.scalar(mapping.get("centre"), "'centre'")
    if centre is not None and roles is not None and centre.text not in names:
        hint = suggest(centre.text, names)
        ctx.findings.error(
            "R051", f"'roles' does not name the centre '{centre.text}'", centre.span, help=hint
        )
    return centre.text if centre else None


def _legs(
    ctx: Context, node: Node | None, what: str, taken: set[str], roles: Sequence[str]
) -> tuple[ast.Leg, ...]:
    out = []
    for item in ctx.sequence(node, what):
        leg = ctx.mapping(item, f"an item of {what}", LEG_KEYS)
        if leg is None:
            continue
        ctx.require(leg, ("name", "direction"), f"an item of {what}")
        key = ctx.scalar(leg.get("name"), "'name'")
        name = ctx.new_name(key, "a leg", taken) if key else None
        direction = ctx.choice(leg.get("direction"), "'direction'", ("credit", "debit"), "R022")
        member = ctx.scalar(leg.get("member"), "'member'")
        if member is not None and roles and member.text not in roles:
            hint = suggest(member.text, roles)
            ctx.findings.error("R051", f"'roles' does not name '{member.text}'", member.span, help=hint)
        where = bind_where(ctx, leg.get("where"))
        if direction and (key := leg.key("where")) is not None and not ctx.findings.failed:
            whole = _link_where(ast.Leg("", cast("Side", direction), where))
            if (field := never(whole, ctx.defaults())) is not None:
                message = f"no row can pass: the tests on '{field}' contradict the link's direction"
                ctx.findings.error("R024", message, key.span)
        if name:
            taken.add(name)
        if name and direction:
            out.append(ast.Leg(name, cast("Side", direction), where, member.text if member else None))
    return tuple(out)


# --- shapes ------------------------------------------------------------------------------------


def _link_where(leg: ast.Leg) -> ast.Where:
    """Gives what rows of a link pass: its direction and its own tests."""
    side = ast.Test("direction", "is", ast.Value(Unit.TEXT, leg.direction, leg.direction))
    return ast.Where((side, *leg.where.conditions))


class _Shaped:
    """Binds one named shape."""

    def __init__(self, ctx: Context, mapping: Map, roles: Map | None, name: str) -> None:
        self.ctx, self.mapping, self.roles, self.name = ctx, mapping, roles, name
        self.shape = SHAPES[name]
        self.derive: list[ast.Derive] = []
        self.conditions: list[ast.Condition] = []

    def bind(self) -> ast.Aggregate | None:
        ctx, mapping = self.ctx, self.mapping
        needed = [k for k in pattern_keys(self.name) if k not in {"derive", "where", "headline"}]
        ctx.require(mapping, needed, "'detect'")
        ctx.columns |= {"account_id", "cp_account_id", "booking_ts", "direction", "amount_eur"}
        self.derive += bind_derive(ctx, mapping.get("derive"))
        where = bind_where(ctx, mapping.get("where"))
        names = [key.text for key, _ in self.roles or ()]
        centre = _centre(ctx, mapping, names, self.roles)
        taken: set[str] = {*ctx.derived, *GIVEN}
        legs = _legs(ctx, mapping.get("links"), "'links'", taken, names)
        values = {key: self.value(key) for key in self.shape.keys}
        rolling = ctx.length(mapping.get("within"), "'within'")
        if not self.fits(legs) or centre is None or None in values.values():
            return None
        wheres = [_link_where(leg) for leg in legs]
        window: ast.Window | None = ast.Rolling(rolling) if rolling else None
        keys = self.shaped(legs, wheres, values)
        if self.name == "rotation":
            step = cast("Literal['week', 'month']", values["step"])
            share = cast("ast.Expr", values["share"])
            window = ast.Turns("account_id" if keys == ("cp_account_id",) else "cp_account_id", step, share)
        self.role(centre, keys[0], ast.Where())
        by_name = {leg.name: where for leg, where in zip(legs, wheres, strict=True)}
        links = Links(tuple(by_name), by_name, star=False)
        measures = bind_measures(ctx, mapping.get("measures"), keys, links, window)
        flag_when = bind_flag_when(ctx, mapping)
        headline = bind_headline(ctx, mapping.get("headline"))
        if window is None:
            return None
        every = ast.Where((*where.conditions, *self.conditions))
        return ast.Aggregate(
            every, keys, window, measures, flag_when, tuple(self.derive), headline,
            pattern=self.name, centre=centre, links=tuple(by_name),
        )  # fmt: skip

    def value(self, key: str) -> object:
        """Binds one key of the shape's own."""
        ctx, node = self.ctx, self.mapping.get(key)
        match key:
            case "forward_within" | "return_within":
                return ctx.length(node, f"'{key}'")
            case "share":
                return ctx.value(node, Unit.SHARE, "'share'")
            case "at_most":
                return ctx.value(node, Unit.NUMBER, "'at_most'")
            case "step":
                return ctx.choice(node, "'step'", ("week", "month"), "R025")
            case "joined_by":
                return self.joined_by(node)
            case _:
                fields = compared_fields(ctx, node, key)
                info = ctx.find_field(fields[0]) if fields else None
                if node is not None and (info is None or isinstance(info, str) or info.unit is not Unit.TEXT):
                    if fields:
                        hint = "name a town, a country or a district, such as location_city"
                        ctx.findings.error("R040", f"'{fields[0]}' is no place", node.span, help=hint)
                    return None
                return fields[0] if fields else None

    def joined_by(self, node: Node | None) -> tuple[str, ...] | None:
        out: list[str] = []
        for item in self.ctx.scalars(node, "'joined_by'"):
            info = self.ctx.field(item)
            if info is None:
                continue
            if not info.path.startswith("party.") or not info.path.endswith("_hash"):
                hint = "name hashed details of customers, such as party.phone_hash"
                self.ctx.findings.error(
                    "R040", f"'{item.text}' does not join customers", item.span, help=hint
                )
            elif info.path not in out:
                out.append(info.path)
        self.ctx.columns.add("party_id")
        return tuple(out) or None

    def fits(self, legs: tuple[ast.Leg, ...]) -> bool:
        """Checks number and directions of the links (R055)."""
        wanted, node = self.shape.directions, self.mapping.get("links")
        if node is None or self.ctx.findings.failed or not self.own_members(legs, node):
            return False
        hint = f"{self.name}: {self.shape.means}"
        if len(legs) != len(wanted):
            count = "one link" if len(wanted) == 1 else f"{len(wanted)} links"
            self.ctx.findings.error("R055", f"the pattern {self.name} has {count}", node.span, help=hint)
            return False
        for leg, direction in zip(legs, wanted, strict=True):
            if direction is not None and leg.direction != direction:
                message = f"the link '{leg.name}' of the pattern {self.name} is a {direction}"
                self.ctx.findings.error("R055", message, node.span, help=hint)
                return False
        if self.name == "two_way_return" and legs[0].direction == legs[1].direction:
            message = "both links go the same way, so nothing comes back"
            self.ctx.findings.error("R055", message, node.span, help="make one a credit and one a debit")
            return False
        return True

    def own_members(self, legs: tuple[ast.Leg, ...], node: Node) -> bool:
        """Checks that a member is not the centre, nor the member of two links (R051)."""
        centre = self.ctx.scalar(self.mapping.get("centre"), "'centre'")
        members = [leg.member for leg in legs if leg.member]
        if centre is not None and centre.text in members:
            message = f"'{centre.text}' is the centre and a member too"
            hint = "the centre needs no member; name the other side of the link"
            self.ctx.findings.error("R051", message, node.span, help=hint)
            return False
        twice = next((m for m in members if members.count(m) > 1), None)
        if twice is not None and self.name != "two_way_return":
            message = f"'{twice}' is the member of two links"
            self.ctx.findings.error("R051", message, node.span, help="give each link a role of its own")
            return False
        return True

    def role(self, name: str | None, field: str, where: ast.Where) -> None:
        """Makes a role a column that holds who plays it on each row."""
        if name is None or any(d.name == name for d in self.derive):
            return
        self.derive.append(ast.RoleOf(name, field, where))
        self.ctx.derived[name] = FieldInfo(name, Unit.TEXT)

    def column(self, derive: ast.Derive) -> None:
        """Adds a column that measures and tests may name."""
        self.derive.append(derive)
        self.ctx.derived[derive.name] = FieldInfo(derive.name, GIVEN[derive.name])

    def shaped(
        self, legs: tuple[ast.Leg, ...], wheres: list[ast.Where], values: dict[str, object]
    ) -> tuple[str, ...]:
        """Adds the shape's columns and conditions; gives the grouping keys, the centre's first."""
        first, last = wheres[0], wheres[-1]
        within = cast("ast.Expr", values.get("forward_within") or values.get("return_within"))
        match self.name:
            case "fan_in_forward" | "funnel_by_place":
                place = cast("str | None", values.get("place"))
                self.column(ast.PassedOn("forwarded", first, last, within, elsewhere=place))
                self.conditions.append(ast.AnyOf((first, last)))
                for leg, where in zip(legs, wheres, strict=True):
                    self.role(leg.member, "cp_account_id", where)
                return ("account_id",)
            case "through_workers":
                share = cast("ast.Expr", values["share"])
                self.column(ast.PassedOn("forwarded", first, last, within))
                self.conditions += last.conditions
                name = ast.Name("forwarded.share", Unit.SHARE)
                self.conditions.append(ast.Compare(name, ">=", share, "forwarded.share >= share"))
                self.derive.append(ast.Follows("paid", first, within))
                self.ctx.derived["paid"] = FieldInfo("paid", Unit.TEXT, match=True)
                self.role(legs[0].member, "paid.cp_account_id", ast.Where())
                self.role(legs[1].member, "account_id", ast.Where())
                return ("cp_account_id",)
            case "two_way_return":
                self.column(ast.PassedOn("returned", first, last, within, same="cp_account_id"))
                self.conditions += last.conditions
                self.conditions.append(ast.Test("returned", "above", ast.Value(Unit.MONEY, 0, "0 EUR")))
                for leg in legs:
                    self.role(leg.member, "cp_account_id", ast.Where())
                return ("account_id",)
            case "rotation":
                self.conditions += first.conditions
                inward = legs[0].direction == "credit"
                self.role(legs[0].member, "cp_account_id" if inward else "account_id", ast.Where())
                return ("account_id",) if inward else ("cp_account_id",)
            case _:
                fields = cast("tuple[str, ...]", values["joined_by"])
                self.column(ast.Cluster("cluster", fields, cast("ast.Expr", values["at_most"])))
                self.conditions += first.conditions
                self.role(legs[0].member, "account_id", ast.Where())
                apart = self.name == "payers_of_one"
                return ("cp_account_id",) if apart else ("cp_account_id", "cluster")
