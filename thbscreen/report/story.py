"""A narrative as titled parts of paragraphs and lists, and the same told as text, Markdown and a page."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from thbscreen.report.export.texts import shown
from thbscreen.report.layout import printable
from thbscreen.report.look import COLOURS, DRAWING, PAGE

WIDTH = 96
_STYLE = COLOURS + PAGE + DRAWING
#: Nothing is fetched, sent, framed or run.
_POLICY = "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'"
_STEERS = re.compile(r"[\\`*_{}\[\]<>&|~#]")
_AT_START = re.compile(r"^(?=[-+=])|^(\d+)(?=[.)])")
_LINKS = re.compile(r":(?=//)|(?<=www)\.|@", re.IGNORECASE)
#: Titles of parts that stand out on a page.
APART, CARE = "Possible victims", "Care"


@dataclass(frozen=True, slots=True)
class Part:
    """A section title, a paragraph, or a list."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()


@dataclass(slots=True)
class Story:
    """Parts in order; every character that could hide something is shown when they are told."""

    title: str
    parts: list[Part] = field(default_factory=list)

    def section(self, title: str) -> None:
        """Begins a section."""
        self.parts.append(Part("section", title))

    def paragraph(self, text: str) -> None:
        """Adds a paragraph; an empty one is left out."""
        if text:
            self.parts.append(Part("paragraph", text))

    def bullets(self, items: Iterable[str]) -> None:
        """Adds a list; an empty one says `nothing`."""
        self.parts.append(Part("bullets", items=tuple(items) or ("nothing",)))

    def text(self) -> str:
        """Gives plain text, wrapped at blanks so that ids can be searched for."""
        title = printable(self.title)
        lines = [title, "=" * min(len(title), WIDTH)]
        for part in self.parts:
            told = printable(part.text)
            if part.kind == "section":
                lines += ["", told, "-" * len(told)]
            elif part.kind == "paragraph":
                lines += ["", *_wrapped(told)]
            else:
                lines.append("")
                for item in part.items:
                    lines += _wrapped(printable(item), "- ")
        return "\n".join(lines) + "\n"

    def markdown(self) -> str:
        """Gives Markdown in which nothing from the data is a mark, a link or an element."""
        lines = [f"# {plain_markdown(self.title)}"]
        for part in self.parts:
            if part.kind == "section":
                lines += ["", f"## {plain_markdown(part.text)}"]
            elif part.kind == "paragraph":
                lines += ["", plain_markdown(part.text)]
            else:
                lines += ["", *(f"- {plain_markdown(item)}" for item in part.items)]
        return "\n".join(lines) + "\n"

    def html(self, drawing: str = "", files: Sequence[str] = ()) -> str:
        """Gives one self-contained page without scripts.

        Args:
            drawing: an SVG of `thbscreen.report.drawing`, shown after the first section.
            files: names of files beside the page, linked at its end.
        """
        body = self.body(drawing)
        if files:
            links = "".join(f"<li>{link(name)}</li>\n" for name in files)
            body += f"\n<section><h2>Files beside this page</h2><ul>\n{links}</ul></section>"
        return document(self.title, body)

    def body(self, drawing: str = "") -> str:
        """Gives the content of the page, see `html`."""
        body, inside, drawn = [f"<h1>{_escaped(self.title)}</h1>"], False, not drawing
        for part in self.parts:
            if part.kind == "section":
                body.append("</section>" * inside)
                if inside and not drawn:
                    body.append(f"<figure>{drawing}</figure>")
                    drawn = True
                kind = {APART: ' class="apart"', CARE: ' class="care"'}.get(part.text, "")
                body.append(f"<section{kind}><h2>{_escaped(part.text)}</h2>")
                inside = True
            elif part.kind == "paragraph":
                body.append(f"<p>{_escaped(part.text)}</p>")
            else:
                items = "".join(f"<li>{_escaped(item)}</li>\n" for item in part.items)
                body.append(f"<ul>\n{items}</ul>")
        body.append("</section>" * inside)
        return "\n".join(filter(None, body))


def document(title: str, body: str) -> str:
    """Gives a page around HTML that is escaped already; nothing else can load or run in it."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = _POLICY.format(f"'sha256-{digest}'")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy, quote=False)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_escaped(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n"
        "</main>\n</body>\n</html>\n"
    )


def link(path: str, name: str = "") -> str:
    """Gives a link to a file below the page; such paths come from ids and are checked before."""
    return f'<a href="{_escaped(path)}">{_escaped(name or path)}</a>'


def plain_markdown(text: str) -> str:
    r"""Shows a text in Markdown as it is: `a*b` becomes `a\*b`."""
    told = _STEERS.sub(r"\\\g<0>", printable(text).strip())
    told = _LINKS.sub(lambda found: f"\\{found.group()}", told)
    return _AT_START.sub(lambda found: f"{found.group(1) or ''}\\", told)


def _escaped(text: str) -> str:
    return html.escape(shown(text), quote=True)


def _wrapped(text: str, first: str = "") -> list[str]:
    """Wraps at blanks only, so that ids of rules and hits can be searched for."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
