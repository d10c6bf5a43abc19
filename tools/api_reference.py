"""The Python reference, written from docstrings, signatures and records while mkdocs builds.

A hook of mkdocs (mkdocs.yml). In docs/api.md a line `::: surae` becomes every name of
`surae.__all__`, `::: NAME` one function or record, and `::: metrics` the table of all metrics.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import surae
from surae.loads.all_metrics import DEFINITIONS

ROOT = Path(__file__).resolve().parents[1]
_DIRECTIVE = re.compile(r"^::: (\S+)$", re.MULTILINE)
# `mass (kg): of the whole body` or `Raises UnusableInput: ...` at the beginning of a line.
_WORDS = r"[a-z_]+(?: \([\w/]+\))?(?:, [a-z_]+)*"
_ITEM = re.compile(rf"^(?:{_WORDS}|Raises \w+|Source|Pure):", re.MULTILINE)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """What mkdocs calls for each page."""
    if page.file.src_uri != "api.md":
        return markdown
    return _DIRECTIVE.sub(lambda found: reference(found[1]), markdown)


def reference(name: str) -> str:
    """The Markdown that a directive stands for."""
    if name == "metrics":
        return _metrics()
    if name == "surae":
        public = [each for each in surae.__all__ if not each.startswith("__")]
        return "\n".join(reference(f"surae.{each}") for each in sorted(public, key=str.lower))
    module, _, attribute = name.rpartition(".")
    thing = getattr(importlib.import_module(module), attribute)
    title = attribute if module == "surae" else name
    parts = [f"### `{title}` {{#{attribute}}}\n", _signature(title, thing), _prose(thing)]
    if dataclasses.is_dataclass(thing):
        parts += [_fields(thing), *_properties(thing)]
    return "\n".join([*parts, _where(thing), ""])


def _signature(title: str, thing: Any) -> str:
    if inspect.isclass(thing):
        return ""
    signature = inspect.signature(thing)
    # Annotations are text in the source; defaults keep their quotes.
    words = [re.sub(r": '(.*?)'", r": \1", str(p)) for p in signature.parameters.values()]
    keyword = [n for n, p in enumerate(signature.parameters.values()) if p.kind is p.KEYWORD_ONLY]
    if keyword:
        words.insert(keyword[0], "*")
    returns = str(signature.return_annotation).replace("'", "")
    line = f"surae.{title}({', '.join(words)}) -> {returns}"
    if len(line) > 96:
        inner = "".join(f"    {word},\n" for word in words)
        line = f"surae.{title}(\n{inner}) -> {returns}"
    return f"```python\n{line}\n```\n"


def _prose(thing: Any) -> str:
    """A docstring as Markdown: lines that begin with a name and a colon become a list."""
    paragraphs = (inspect.getdoc(thing) or "").split("\n\n")
    return "\n".join(f"{_listed(each)}\n" for each in paragraphs)


def _listed(paragraph: str) -> str:
    if not _ITEM.search(paragraph):
        return paragraph
    lines, listing = [], False
    for line in paragraph.splitlines():
        item = _ITEM.match(line)
        sentence = item is None and line[:1].isupper() and lines[-1:] and lines[-1].endswith(".")
        if item:
            lines += [] if listing or not lines else [""]
            lines.append(f"- **{item[0]}**{line[item.end() :]}")
            listing = True
        elif listing and not sentence:
            lines.append(f"    {line}")
        else:  # a sentence of its own after the list
            lines += ["", line] if listing else [line]
            listing = False
    return "\n".join(lines)


def _fields(record: Any) -> str:
    """The fields of a record with dims and unit, where they are arrays."""
    rows = ["| field | dims | unit | type |", "|---|---|---|---|"]
    for each in dataclasses.fields(record):
        dims = ", ".join(each.metadata.get("dims", ()))
        unit = each.metadata.get("unit", "")
        kind = str(each.type).replace("|", "or").replace("'", "")
        rows.append(f"| `{each.name}` | {dims} | {unit} | `{kind}` |")
    return "\n".join(rows) + "\n"


def _properties(record: Any) -> list[str]:
    own = inspect.getmembers(record, lambda each: isinstance(each, property))
    return [f"`.{name}`: {inspect.getdoc(each) or ''}\n" for name, each in own]


def _where(thing: Any) -> str:
    path = Path(inspect.getsourcefile(thing) or "").resolve()
    return f"Code: `{path.relative_to(ROOT / 'sim').as_posix()}`\n"


def _metrics() -> str:
    rows = ["| metric | dims | unit | meaning |", "|---|---|---|---|"]
    for name, metric in sorted(DEFINITIONS.items()):
        meaning = metric.meaning.replace("|", "\\|")
        rows.append(f"| `{name}` | {', '.join(metric.dims)} | {metric.unit} | {meaning} |")
    return "\n".join(rows) + "\n"
