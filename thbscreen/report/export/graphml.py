"""GraphML: a directed graph with typed keys, one edge per pair, direction and kind of link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from thbscreen.report.export import graph
from thbscreen.report.export.handover import Handover
from thbscreen.report.export.texts import CAUTION, shown

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns \
http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_NODE = {"label": "string", **graph.NODE_ATTRIBUTES}
#: `weight` is the name under which tools look for the strength of an edge.
_EDGE = {"label": "string", "weight": "double", **graph.EDGE_ATTRIBUTES}


def write_graphml(handover: Handover, stream: TextIO) -> None:
    """Writes the networks as GraphML."""
    about = graph.about(handover)
    stream.write(_HEAD)
    stream.write(f"  <desc>{escape(CAUTION)}</desc>\n")
    for scope, keys in (("graph", dict.fromkeys(about, "string")), ("node", _NODE), ("edge", _EDGE)):
        for name, kind in keys.items():
            stream.write(
                f'  <key id="{scope}.{name}" for="{scope}" attr.name="{name}" attr.type="{kind}"/>\n'
            )
    stream.write('  <graph id="networks" edgedefault="directed">\n')
    stream.write(_data("graph", about, about.values(), "    "))
    for node in graph.nodes(handover):
        data = _data("node", _NODE, (node.label, *node.values))
        stream.write(f'    <node id="{node.id}">\n{data}    </node>\n')
    for edge in graph.edges(handover):
        data = _data("edge", _EDGE, (edge.label, edge.weight, *edge.values))
        ends = f"source={quoteattr(edge.source)} target={quoteattr(edge.target)}"
        stream.write(f'    <edge id="{edge.id}" {ends}>\n{data}    </edge>\n')
    stream.write("  </graph>\n</graphml>\n")


def _data(scope: str, names: Mapping[str, str], values: Iterable[Any], indent: str = "      ") -> str:
    return "".join(
        f'{indent}<data key="{scope}.{name}">{escape(shown(graph.plain(value)))}</data>\n'
        for name, value in zip(names, values, strict=True)
        if value is not None
    )
