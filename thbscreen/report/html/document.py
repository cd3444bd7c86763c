"""Puts the page together: data as text that cannot run, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any

from thbscreen.report.html.facts import Block
from thbscreen.report.html.pool import shown

_HERE = resources.files("thbscreen.report.html")
#: Own parts in the order in which they are joined; they share one scope.
OWN = (
    "1_core.js",
    "2_queue.js",
    "3_case.js",
    "4_network.js",
    "5_drawing.js",
    "6_chart.js",
    "7_run.js",
    "9_app.js",
)
LIBRARIES = ("cytoscape.min.js", "uPlot.iife.min.js")
LICENCES = {"Cytoscape.js": "cytoscape.LICENSE.txt", "uPlot": "uPlot.LICENSE.txt"}
#: The graph library would add this style by itself, against the policy, were there no element of that id.
_GRAPH_STYLE = ("__________cytoscape_stylesheet", ".__________cytoscape_container { position: relative; }")
#: Nothing is fetched, sent or framed, and no text can become an element or a script.
_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_PLACE = re.compile(r"\{(\w+)\}")


def page(
    index: dict[str, Any], blocks: Iterable[Block], texts: dict[str, str], language: str
) -> Iterator[str]:
    """Gives the page in pieces.

    Args:
        index: what is read at once.
        blocks: (id, facts) of alerts and networks.
        texts: the page's own texts by key.
        language: code of their language.
    """
    styles = [(None, _text("vendor", "uPlot.min.css")), _GRAPH_STYLE, (None, _text("assets", "report.css"))]
    scripts = [*(_text("vendor", name) for name in LIBRARIES), _own()]
    policy = _POLICY.format(
        scripts=" ".join(_digest(s) for s in scripts), styles=" ".join(_digest(s) for _, s in styles)
    )
    parts = {
        "language": html.escape(language), "policy": html.escape(policy, quote=True),
        "title": html.escape(texts["title"]), "noscript": html.escape(texts["noscript"]),
        "styles": "\n".join(
            f'<style id="{name}">{text}</style>' if name else f"<style>{text}</style>"
            for name, text in styles
        ),
        "scripts": "\n".join(f"<script>{text}</script>" for text in scripts),
    }  # fmt: skip
    pieces = _PLACE.split(_text("assets", "page.html"))
    for text, name in zip(pieces[::2], [*pieces[1::2], None], strict=True):
        yield text
        if name == "data":
            yield from _data(index, blocks, texts)
        elif name:
            yield parts[name]


def _data(index: dict[str, Any], blocks: Iterable[Block], texts: dict[str, str]) -> Iterator[str]:
    yield _held("index", index)
    yield _held("texts", texts)
    yield _held("licences", {name: _text("vendor", file) for name, file in LICENCES.items()}, plain=True)
    for name, facts in blocks:
        yield _held(f"b-{name}", facts)


def _held(name: str, facts: Any, *, plain: bool = False) -> str:
    """Gives data in an element that is never run; no character of it can end that element."""
    text = json.dumps(
        facts if plain else shown(facts), ensure_ascii=False, separators=(",", ":"), allow_nan=False,
        sort_keys=True,
    )  # fmt: skip
    text = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return f'<script type="application/json" id="{html.escape(name, quote=True)}">{text}</script>\n'


@cache
def _text(folder: str, name: str) -> str:
    return _HERE.joinpath(folder, name).read_text(encoding="utf-8")


@cache
def _own() -> str:
    return "(function () {\n'use strict';\n" + "".join(_text("assets", name) for name in OWN) + "})();\n"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
