"""The proof of a network: the payments of its patterns in order of time, with what each stands for.

Money is conserved: of a payment out of a ledger, at most what earlier payments of the same hit brought into
that ledger counts as passed on, and every cent counts once.

Source: docs/explanation/networks.md
"""

from __future__ import annotations

import polars as pl

from thbscreen.engine import tables
from thbscreen.network import links, wording
from thbscreen.rules.ast import ROLES

_KEYS = ["network_id", "hit_id"]
#: A pattern's money is followed when at least this part of what goes on was listed as coming in before.
FOLLOWED = 0.5
_MEMBER, _OUTSIDE, _UNNAMED = "member", "somebody else", "an unnamed account or cash"


def proof_table(
    networks: pl.DataFrame,
    members: pl.DataFrame,
    hits: pl.DataFrame,
    hit_members: pl.DataFrame,
    steps: pl.DataFrame,
    movements: pl.DataFrame,
    subjects: pl.DataFrame,
) -> pl.DataFrame:
    """Gives the payments, in order, of every third-party or network hit that counts in a network.

    Args:
        networks: network_id, hit_ids.
        members: table NETWORK_MEMBERS.
        hits: table HITS.
        hit_members: table HIT_MEMBERS; whom a hit names may be named here.
        steps: hit_id, tx_id, step.
        movements: table MOVEMENTS.
        subjects: account_id, subject_id.

    Returns:
        Table NETWORK_PROOF. `source` and `target` are subjects; who is neither a member of the network nor
        named by the hit stays without an id.
    """
    counted = networks.select("network_id", hit_id="hit_ids").explode("hit_id").drop_nulls()
    proving = hits.filter(pl.col("third_party") | (pl.col("family") == "network"))
    rows = counted.join(proving.select("hit_id", "rule", tx_id="tx_ids"), on="hit_id")
    rows = rows.explode("tx_id").drop_nulls("tx_id").join(movements, on="tx_id")
    if rows.is_empty():
        return tables.NETWORK_PROOF.empty()
    named = steps.group_by("hit_id", "tx_id").agg(pl.col("step").unique().sort().str.join(", "))
    rows = rows.join(named, on=["hit_id", "tx_id"], how="left").with_columns(pl.col("step").fill_null(""))
    rows = _with_ends(rows, members, hit_members, subjects)
    rows = rows.sort(*_KEYS, "time", "tx_id")
    rows = rows.with_columns(
        seq=pl.int_range(1, pl.len() + 1).over(_KEYS), ledger=_either(pl.lit("target"), pl.lit("source"))
    )
    rows = with_passed_on(rows)
    return tables.NETWORK_PROOF.conform(rows.with_columns(what=_words()))


def _either(of_credit: pl.Expr, of_debit: pl.Expr) -> pl.Expr:
    return pl.when("credit").then(of_credit).otherwise(of_debit)


def _with_ends(
    rows: pl.DataFrame, members: pl.DataFrame, hit_members: pl.DataFrame, subjects: pl.DataFrame
) -> pl.DataFrame:
    """Adds source, target, and words for each: own and other side of a ledger become payer and payee."""
    rows = links.to_node(links.to_node(rows, "account_id", subjects, "own"), "cp_account_id", subjects, "cp")
    inside = members.select("network_id", node="member_id", role="role")
    by_hit = links.to_node(hit_members, "member_id", subjects, "node").select("hit_id", "node", "role")
    order = {role: i for i, role in enumerate(ROLES)}
    place = pl.col("role").replace_strict(order, default=len(order), return_dtype=pl.Int32)
    by_hit = by_hit.sort("hit_id", "node", place).unique(["hit_id", "node"], keep="first")
    for side in ("own", "cp"):
        told = rows.select("network_id", "hit_id", node=side)
        told = told.join(inside, on=["network_id", "node"], how="left", maintain_order="left")
        told = told.join(by_hit, on=["hit_id", "node"], how="left", maintain_order="left", suffix="_hit")
        role = pl.coalesce("role", "role_hit")
        words = (
            pl.when(pl.col("node").is_null()).then(pl.lit(_UNNAMED))
            .when(role.is_null()).then(pl.lit(_OUTSIDE))
            .when(role == "unknown").then(pl.lit(_MEMBER))
            .otherwise(role.str.replace_all("_", " "))
        )  # fmt: skip
        shown = told.select(
            pl.when(role.is_not_null()).then("node").alias(side), words.alias(f"{side}_words")
        )
        rows = rows.with_columns(shown.get_columns())
    return rows.with_columns(
        source=_either(pl.col("cp"), pl.col("own")),
        target=_either(pl.col("own"), pl.col("cp")),
        source_words=_either(pl.col("cp_words"), pl.col("own_words")),
        target_words=_either(pl.col("own_words"), pl.col("cp_words")),
    )


def with_passed_on(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `passed_on_eur`: cents of a payment that earlier rows of its hit had brought into its ledger.

    Args:
        rows: network_id, hit_id, source, target, ledger, amount_eur; in order of network, hit, time and id.

    Notes:
        A ledger's money of a hit is what came in less what went out, and never below nothing: what goes out
        beyond it came from elsewhere. Over the running sum S of all rows, what went out beyond it so far is
        the depth of the lowest S.
    """
    purse = [*_KEYS, "_own"]
    cents = pl.col("amount_eur").fill_null(0)
    debit = pl.col("ledger") == "source"
    out = rows.with_columns(_own=pl.when(debit).then("source").otherwise("target"))
    out = out.with_columns(_sum=pl.when(debit).then(-cents).otherwise(cents).cum_sum().over(purse))
    out = out.with_columns(_lacked=(-pl.col("_sum")).cum_max().clip(0).over(purse))
    newly = pl.col("_lacked") - pl.col("_lacked").shift(1, fill_value=0).over(purse)
    known = debit & pl.col("_own").is_not_null()
    return out.with_columns(passed_on_eur=pl.when(known).then(cents - newly).otherwise(0)).drop(
        "_own", "_sum", "_lacked"
    )


def _words() -> pl.Expr:
    step = pl.when(pl.col("step") != "").then(pl.format("{}: ", pl.col("step").str.replace_all("_", " ")))
    passed = pl.col("passed_on_eur").map_elements(wording.money, return_dtype=pl.String)
    part = pl.when(pl.col("passed_on_eur") < pl.col("amount_eur")).then(passed).otherwise(pl.lit("all"))
    tail = pl.when(pl.col("passed_on_eur") > 0).then(pl.format("; {} of it had come in before", part))
    return pl.format("{}{} pays {}{}", step.otherwise(pl.lit("")), "source_words", "target_words",
                     tail.otherwise(pl.lit("")))  # fmt: skip


def faults(proof: pl.DataFrame) -> list[str]:
    """Says where a proof does not respect time or does not conserve money; empty when it does both.

    Args:
        proof: table NETWORK_PROOF, rows in any order.
    """
    out = []
    rows = proof.sort(*_KEYS, "seq")
    numbered = rows["seq"] == rows.select(pl.int_range(1, pl.len() + 1).over(_KEYS)).to_series()
    if not numbered.all():
        out.append("payments of a pattern are not numbered from 1 without a gap")
    by_time = rows.with_columns(
        _place=pl.struct("time", "tx_id").rank("ordinal").over(_KEYS)
    ).filter(pl.col("_place") != pl.col("seq"))  # fmt: skip
    if by_time.height:
        out.append(f"{by_time.height} payments are not in the order of time")
    debit = pl.col("ledger") == "source"
    cents = pl.col("amount_eur").fill_null(0)
    wrong = (pl.col("passed_on_eur") < 0) | (
        pl.col("passed_on_eur") > pl.when(debit).then(cents).otherwise(0)
    )
    if (n := rows.filter(wrong).height) > 0:
        out.append(f"{n} payments pass on more than their own sum")
    own = rows.with_columns(_own=pl.when(debit).then("source").otherwise("target")).drop_nulls("_own")
    purse = [*_KEYS, "_own"]
    came = pl.when(~debit).then(cents).otherwise(0).cum_sum().over(purse)
    went = pl.col("passed_on_eur").cum_sum().over(purse)
    if (n := own.filter(went > came).height) > 0:
        out.append(f"{n} payments pass on more than had come in before")
    return out


def followed(proof: pl.DataFrame) -> pl.DataFrame:
    """Says per network in how many patterns the listed payments show where the money that goes on came from.

    Returns:
        network_id, n_patterns (hits in which money goes out), n_followed (at least `FOLLOWED` of it had come
        in before), passed_on_eur and paid_eur of the followed ones.
    """
    out = proof.filter(pl.col("ledger") == "source").group_by(_KEYS).agg(
        pl.col("amount_eur").sum(), pl.col("passed_on_eur").sum()
    )  # fmt: skip
    good = (pl.col("passed_on_eur") > 0) & (pl.col("passed_on_eur") >= FOLLOWED * pl.col("amount_eur"))
    return out.group_by("network_id").agg(
        n_patterns=pl.len(),
        n_followed=good.sum(),
        passed_on_eur=pl.col("passed_on_eur").filter(good).sum(),
        paid_eur=pl.col("amount_eur").filter(good).sum(),
    )
