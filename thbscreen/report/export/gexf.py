"""GEXF 1.3: a dynamic directed graph; an edge is there from its first to its last payment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

import thbscreen
from thbscreen.report.export import graph
from thbscreen.report.export.handover import Handover
from thbscreen.report.export.texts import shown

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://gexf.net/1.3" version="1.3" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://gexf.net/1.3 http://gexf.net/1.3/gexf.xsd">
"""
#: GEXF calls whole numbers integer.
_TYPES = {"int": "integer"}
#: Tools drop edges without weight; old links may round to nothing.
_LEAST = 0.0001


def write_gexf(handover: Handover, stream: TextIO) -> None:
    """Writes the networks as GEXF 1.3.

    Notes:
        The time format is called `date` although values have a time of day: tools read such values under
        either name, and networkx refuses the name `dateTime`.
    """
    about = graph.about(handover)
    text = f"{about['caution']} Run manifest SHA-256: {about['run_manifest_sha256']}. {about['networks']}"
    stream.write(_HEAD)
    stream.write(
        f"  <meta>\n    <creator>thbscreen {thbscreen.__version__}</creator>\n"
        f"    <description>{escape(shown(text))}</description>\n  </meta>\n"
        '  <graph mode="dynamic" timeformat="date" timerepresentation="interval" '
        'defaultedgetype="directed">\n'
    )
    for scope, attributes in (("node", graph.NODE_ATTRIBUTES), ("edge", graph.EDGE_ATTRIBUTES)):
        stream.write(f'    <attributes class="{scope}" mode="static">\n')
        for name, kind in attributes.items():
            stream.write(f'      <attribute id="{name}" title="{name}" type="{_TYPES.get(kind, kind)}"/>\n')
        stream.write("    </attributes>\n")
    stream.write("    <nodes>\n")
    for node in graph.nodes(handover):
        values = _values(graph.NODE_ATTRIBUTES, node.values)
        label = quoteattr(shown(node.label))
        stream.write(f'      <node id="{node.id}" label={label}>\n{values}      </node>\n')
    stream.write("    </nodes>\n    <edges>\n")
    for edge in graph.edges(handover):
        stream.write(_edge(edge))
    stream.write("    </edges>\n  </graph>\n</gexf>\n")


def _edge(edge: graph.Edge) -> str:
    values = dict(zip(graph.EDGE_ATTRIBUTES, edge.values, strict=True))
    span = "".join(
        f' {name}="{values[column]}"'
        for name, column in (("start", "first"), ("end", "last"))
        if values[column] is not None
    )
    # Each payment is a moment at which the edge is there.
    moments = "".join(f'          <spell start="{t}" end="{t}"/>\n' for t in edge.times)
    spells = f"        <spells>\n{moments}        </spells>\n" if moments else ""
    return (
        f'      <edge id="{edge.id}" source="{edge.source}" target="{edge.target}" '
        f'weight="{max(edge.weight, _LEAST)!r}" kind={quoteattr(shown(edge.kind))} '
        f"label={quoteattr(shown(edge.label))}{span}>\n"
        f"{spells}{_values(graph.EDGE_ATTRIBUTES, edge.values)}      </edge>\n"
    )


def _values(names: Mapping[str, str], values: Iterable[Any]) -> str:
    rows = "".join(
        f'          <attvalue for="{name}" value={quoteattr(shown(graph.plain(value)))}/>\n'
        for name, value in zip(names, values, strict=True)
        if value is not None
    )
    return f"        <attvalues>\n{rows}        </attvalues>\n"
