"""How pages and drawings of a case look: light and dark, on a screen and on paper, without any other file."""

from __future__ import annotations

from thbscreen.rules import ast

#: Colours; roles as in `report.html`.
COLOURS = """\
:root { color-scheme: light dark; --ground: #ffffff; --text: #1b1f24; --quiet: #57606a; --line: #d0d5dc;
  --apart: #6b21a8; --care: #fff4d6; --flow: #5c6b7a; --accent: #0b57d0;
  --possible_victim: #c9a6e8; --possible_controller: #e8915b; --possible_recruiter: #e3c04d;
  --possible_organiser: #e06c75; --possible_facilitator: #7fb3d9; --employer: #9bbf85;
  --possible_client: #b9a48c; --place: #b8c0c8; --unknown: #dfe3e8; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181d; --text: #e8ebee; --quiet: #a5afba;
  --line: #3a434d; --apart: #d6b4f5; --care: #3a3013; --flow: #93a3b3; --accent: #8ab4f8;
  --possible_victim: #8f5fc0; --possible_controller: #c2662c; --possible_recruiter: #a98415;
  --possible_organiser: #b3404a; --possible_facilitator: #3f7fae; --employer: #5d8a43;
  --possible_client: #86705a; --place: #67727d; --unknown: #4a545f; } }
"""
#: Pages.
PAGE = """\
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; }
p, li, td { unicode-bidi: isolate; } p { margin: .5rem 0; } ul { padding-left: 1.25rem; }
a { color: var(--accent); } section { border-top: 1px solid var(--line); }
section.apart { border: 2px solid var(--apart); border-radius: .5rem; padding: 0 1rem .5rem;
  margin: 1.5rem 0; }
section.care { background: var(--care); border: 0; border-radius: .5rem; padding: .1rem 1rem .5rem;
  margin: 1.5rem 0; }
figure { margin: 1rem 0; overflow-x: auto; } figure svg { min-width: 34rem; max-width: 100%; height: auto; }
table { border-collapse: collapse; } td, th { border-bottom: 1px solid var(--line);
  padding: .25rem .75rem .25rem 0;
  text-align: left; vertical-align: top; } .wide { overflow-x: auto; }
@media print { :root { color-scheme: light; } body { max-width: none; font-size: 10.5pt; }
  figure { overflow: visible; } figure svg { min-width: 0; } h2 { break-after: avoid; }
  li { break-inside: avoid; } }
"""
#: Drawings; roles have their colour beside their shape and their words.
DRAWING = """\
svg.drawing { background: var(--ground);
  font: 12px system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
.drawing text { fill: var(--text); paint-order: stroke; stroke: var(--ground); stroke-width: 3px;
  stroke-linejoin: round; } .drawing .quiet { fill: var(--quiet); }
  .drawing .head { font-size: 15px; font-weight: 600; }
.drawing .node { stroke: var(--text); stroke-width: 1.5; } .drawing .node.unknown { stroke-dasharray: 4 3; }
.drawing .flow { fill: none; stroke: var(--flow); } .drawing .tip { fill: var(--flow); }
.drawing .sum { font-size: 11px; }
.drawing .frame { fill: none; stroke: var(--apart); stroke-width: 2; }
  .drawing .apart { fill: var(--apart); font-weight: 600; }
""" + "\n".join(f".drawing .{role} {{ fill: var(--{role}); }}" for role in ast.ROLES)
