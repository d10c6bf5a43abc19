"""What the pages name exists: files, functions in them, flags, commands, defaults, Python names."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import re
import shlex
from pathlib import Path

import pytest

import surae
from surae._errors import UnusableInput
from surae.cli.main import VERBS, build_parser
from surae.study.case import MODES, default_costs

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *(path for folder in ("docs", "slurm") for path in sorted((ROOT / folder).glob("*.md"))),
]
CODE = [
    path
    for folder in ("sim", "tests", "benchmarks", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "library" not in path.parts
]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# `gait/equations.py: body`, `_boundary`: a file, names in it, and the names that follow.
FUNCTIONS = re.compile(r"`([\w/]+\.py): ([\w., ]+)`((?:(?:,| and) `\w+`)*)")
FILE = re.compile(r"`([\w./]*[\w/]+\.(?:py|toml|csv|md|ipynb|cff))`")
MADE_BY_USERS = re.compile(r"study\.toml|model\.toml|path_errors\.csv|IMPORT\.md|MODEL|STUDY|SITE")
PLACEHOLDER = re.compile(r"\b[A-Z]+\b|\.\.\.")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@functools.cache
def prose(page: Path) -> str:
    """The page without its blocks, each run of white space one blank."""
    return re.sub(r"\s+", " ", FENCE.sub("", page.read_text(encoding="utf-8")))


@functools.cache
def inline(page: Path) -> list[str]:
    return re.findall(r"(?<!`)`([^`]+)`(?!`)", prose(page))


def files_called(name: str) -> list[Path]:
    """Files of the repository that a page may mean: by the end of their path."""
    if (ROOT / name).is_file():
        return [ROOT / name]
    return [path for path in CODE if path.as_posix().endswith("/" + name)]


@functools.cache
def names_in(path: Path) -> set[str]:
    """Functions, classes, methods and constants of a file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def parse(parser, words: list[str]) -> None:
    """Values must be allowed; a verb with a flag alone (`surae run --cadence`) is a name."""
    try:
        parser.parse_args(words)
    except UnusableInput as error:
        if not re.search("are required|expected one argument", str(error)):
            raise


@functools.cache
def options_of_scripts() -> set[str]:
    scripts = [path for path in CODE if path.parts[len(ROOT.parts)] in ("benchmarks", "tools")]
    return set(re.findall(r'"(--[\w-]+)"', "".join(path.read_text() for path in scripts)))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_functions_are_in_the_files_that_the_page_says(page):
    for file, first, more in FUNCTIONS.findall(prose(page)):
        found = files_called(file)
        assert found, f"{named(page)} names {file}, which does not exist"
        for name in [*re.split(r", ?", first), *re.findall(r"`(\w+)`", more)]:
            top = name.split(".")[-1]
            assert any(top in names_in(path) for path in found), f"{named(page)}: {file}: {name}"


def test_every_change_names_a_test():
    """How to change things: which file, and which test."""
    page = (ROOT / "docs" / "how_to_change.md").read_text(encoding="utf-8")
    for section in page.split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        known = re.search(r"tests/[\w/]+|make test|benchmarks/\w+\.py", text)
        assert known, f"'{title}' does not say which test tells whether it was done right"


def test_theory_names_many_functions():
    """The pattern of the test above still finds what it is about."""
    assert len(FUNCTIONS.findall(prose(ROOT / "docs" / "theory.md"))) >= 25


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_files_that_the_page_names_exist(page):
    for file in FILE.findall(prose(page)):
        if MADE_BY_USERS.search(file):
            continue
        somewhere = [*ROOT.glob(f"models/*/{file}"), *ROOT.glob(f"experiments/{file}")] or list(
            page.parent.glob(file)
        )
        assert files_called(file) or somewhere, f"{named(page)} names {file}"
    for folder in re.findall(
        r"`((?:sim|docs|tests|models|experiments|slurm)/[\w/]*)`", prose(page)
    ):
        assert (ROOT / folder).exists(), f"{named(page)} names {folder}"


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "slurm" / "README.md"], ids=named)
def test_links_lead_somewhere(page):
    """Links inside docs/ are mkdocs' to check, with --strict."""
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_inline_commands_have_their_flags(page):
    _, verbs = build_parser()
    flags = {verb: set(parser._option_string_actions) for verb, parser in verbs.items()}
    known = {"--help", "--version"}.union(options_of_scripts(), *flags.values())
    for text in inline(page):
        if text.startswith("surae "):
            words = text.split()
            verb = next((word for word in words[1:] if not word.startswith("-")), "")
            used = {word.split("=")[0] for word in words if word.startswith("--")}
            if verb and verb != "VERB":
                assert verb in VERBS, f"{named(page)}: `{text}`"
                assert used <= flags[verb], f"{named(page)}: `{text}`"
            if verb in VERBS and len(words) > 2 and not PLACEHOLDER.search(text):
                parse(verbs[verb], shlex.split(text)[2:])
        elif found := re.match(r"(?:\.venv/bin/)?python ([\w/]+\.py)", text):
            script = ROOT / found[1]
            assert script.is_file(), f"{named(page)}: `{text}`"
            for option in re.findall(r"--[\w-]+", text):
                assert f'"{option}"' in script.read_text(), f"{named(page)}: `{text}`"
        elif text.startswith("make "):
            target = text.split()[1]
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), text
        elif re.fullmatch(r"--[a-z-]+(?: [\w.=]+)?", text):
            assert text.split()[0] in known, f"{named(page)}: `{text}`"


def test_the_map_of_the_command_line_is_whole():
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    _, verbs = build_parser()
    for verb in VERBS:
        assert f"`surae {verb}" in page, verb
    for verb in ("run", "sweep"):
        flags = {f for f in verbs[verb]._option_string_actions if f.startswith("--")} - {"--help"}
        missing = {flag for flag in flags if not re.search(rf"`{flag}\b", page)}
        assert not missing, f"docs/cli.md lacks flags of surae {verb}: {sorted(missing)}"


def test_weights_in_the_table_of_costs_are_the_defaults():
    table = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8").split("## Cost")[1]
    header = next(line for line in table.splitlines() if line.startswith("| term"))
    modes = [cell.strip() for cell in header.strip("|").split("|")][2 : 2 + len(MODES)]
    assert set(modes) == set(MODES)
    fields = {field.name for field in dataclasses.fields(default_costs("calibrated"))}
    told = set()
    for line in table.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        if cells[0] not in fields:
            continue
        told.add(cells[0])
        for mode, cell in zip(modes, cells[2 : 2 + len(MODES)], strict=True):
            assert float(cell) == getattr(default_costs(mode), cells[0]), (cells[0], mode)
    assert fields - told == {"exponent", "tracking_angle"}  # told in the integrands


@pytest.mark.parametrize("name", [name for name in surae.__all__ if not name.startswith("__")])
def test_a_public_name_tells_its_parameters_and_what_it_raises(name):
    thing = getattr(surae, name)
    told = inspect.getdoc(thing) or ""
    if inspect.isclass(thing):
        assert told
        return
    untold = [p for p in inspect.signature(thing).parameters if p != "runner" and p not in told]
    assert not untold, f"surae.{name} does not say what these are: {untold}"
    assert re.search(r"[Rr]aises|never raises", told), f"surae.{name}: what does it raise?"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_names_of_the_page_exist(page):
    for name in re.findall(r"\bsurae\.(\w+)\(", page.read_text(encoding="utf-8")):
        assert name in surae.__all__, f"{named(page)}: surae.{name}"
