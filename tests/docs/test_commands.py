"""Every command of the README and of docs/ does what the page says, run from the page's own text.

A page is a story: its blocks run in order, in one folder that holds a copy of the checkout. Blocks
of `sh` and `python` are run, `toml` and `text` are shown. What stands above a block is a comment of
Markdown, one a line, which readers of the source see and readers of the page do not:

    <!-- not run: WHY -->         never run here
    <!-- slow: WHY -->            run by `make test-all` alone
    <!-- installs: WHY -->        the same, and makes the environment .venv that later blocks use
    <!-- needs WHAT: WHY -->      run where there is this Python module, or VARIABLE that is set
    <!-- exit NUMBER: WHY -->     ends with this status instead of 0
    <!-- before: COMMAND -->      what the page takes for granted, run first
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "slurm" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN, SHOWN = {"sh", "python"}, {"toml", "text", "bibtex"}
NOT_COPIED = (".git", ".venv*", "results", ".cache", "site", "build", "dist", "__pycache__")
MARK = re.compile(r"<!-- (not run|slow|installs|needs|exit|before)(?: (\S+))?: (.+) -->")
LONGEST_S = 1800


class Block(NamedTuple):
    """A fenced block of a page: where, in which language, what stands above it, what it says."""

    line: int
    language: str
    marks: dict[str, tuple[str, str]]
    text: str

    @property
    def slow(self) -> bool:
        return "slow" in self.marks or "installs" in self.marks


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    blocks, marks, inside, start, language = [], {}, None, 0, ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if inside is not None:
            if line.startswith("```"):
                blocks.append(Block(start, language, marks, "\n".join(inside)))
                inside, marks = None, {}
            else:
                inside.append(line)
        elif line.startswith("```"):
            inside, start, language = [], number, line.removeprefix("```").strip()
        elif found := MARK.fullmatch(line):
            kind, word, why = found.groups()
            marks[kind] = (word or "", why)
        elif line.strip():
            marks = {}
    assert inside is None, f"{page.name}:{start}: the block has no end"
    return blocks


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


ALL = {page: blocks_of(page) for page in PAGES}
WITH_QUICK = [
    page
    for page, blocks in ALL.items()
    if any(b.language in RUN and not b.slow and "not run" not in b.marks for b in blocks)
]
WITH_SLOW = [page for page, blocks in ALL.items() if any(b.slow for b in blocks)]


@pytest.fixture(scope="module", autouse=True)
def somebodys_model() -> Iterator[None]:
    """An OpenSim model to bring, where the checkout has one beside it."""
    models = ROOT.parent / "shared/data/models/opencap-processing"
    model = models / "LaiArnoldModified2017_contacts.osim"
    with pytest.MonkeyPatch.context() as patch:
        if model.is_file() and "MY_MODEL_OSIM" not in os.environ:
            patch.setenv("MY_MODEL_OSIM", str(model))
        yield


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout, where commands may write."""
    shutil.copytree(
        ROOT, tmp_path / "surae", symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED)
    )
    return tmp_path / "surae"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_says_what_it_is(page):
    for block in ALL[page]:
        where = f"{named(page)}:{block.line}"
        assert block.language in RUN | SHOWN, f"{where}: say sh, python, toml or text"
        assert block.language in RUN or not block.marks, f"{where}: is shown, not run"
        # Else it would install into the environment that runs these tests.
        installing = re.search(r"pip install|-m venv|make (study|venv|test)", block.text)
        fenced_in = {"installs", "not run"} & block.marks.keys()
        assert not installing or block.language not in RUN or fenced_in, where
    marks = re.findall(r"<!--.*?-->", page.read_text(encoding="utf-8"), re.DOTALL)
    kept = sum(len(block.marks) for block in ALL[page])
    assert len(marks) == kept, f"{named(page)}: a comment that is no mark, or stands over no block"


@pytest.mark.parametrize("page", WITH_QUICK, ids=named)
def test_quick_commands_of_the_page_run(page, checkout):
    link_environment(checkout)
    walk(page, checkout, [block for block in ALL[page] if not block.slow])


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_SLOW, ids=named)
def test_all_commands_of_the_page_run(page, checkout):
    blocks = ALL[page]
    if any("installs" in block.marks for block in blocks) and not packages_can_be_had(checkout):
        blocks = [block for block in blocks if "installs" not in block.marks]
    if not any("installs" in block.marks for block in blocks):
        link_environment(checkout)
    walk(page, checkout, blocks)


def test_a_command_that_fails_is_told(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- exit 3: on purpose -->\n```sh\nexit 3\n```\n```sh\ntrue\nfalse\n```\n")
    blocks = blocks_of(page)
    with pytest.raises(AssertionError, match=r"page\.md:5: ended with 1, not 0"):
        walk(page, tmp_path, blocks)


def link_environment(checkout: Path) -> None:
    """`.venv` of the copy is the environment of this test."""
    (checkout / ".venv").symlink_to(sys.prefix)


def packages_can_be_had(folder: Path) -> bool:
    """Whether pip can download: there may be no network."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "packaging"]
    return subprocess.run(command, cwd=folder.parent, capture_output=True).returncode == 0


def walk(page: Path, folder: Path, blocks: list[Block]) -> None:
    """Run blocks one after another; the first that ends otherwise than it says fails."""
    installed, left_out = False, []
    for block in blocks:
        if block.language not in RUN or "not run" in block.marks:
            continue
        if lacks := missing(block):
            left_out.append(f"{page.name}:{block.line} needs {', '.join(lacks)}")
            continue
        installed = installed or "installs" in block.marks
        before = block.marks.get("before", ("", "true"))[1]
        wanted = int(block.marks.get("exit", ("0", ""))[0])
        for language, text, status in (("sh", before, 0), (block.language, block.text, wanted)):
            done = run(language, text, folder, installed)
            said = f"\n{text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            told = f"{page.name}:{block.line}: ended with {done.returncode}, not {status}"
            assert done.returncode == status, told + said
    if left_out:
        pytest.skip("the rest ran; " + "; ".join(left_out))


def missing(block: Block) -> list[str]:
    """What the block needs and is not here."""
    needs = block.marks.get("needs", ("", ""))[0].split(",")
    found = {need: os.environ.get(need) or (need.islower() and find_spec(need)) for need in needs}
    return [need for need in needs if need and not found[need]]


def run(language: str, text: str, folder: Path, installed: bool) -> subprocess.CompletedProcess:
    """Run one block as a reader would, with the environment first on the path."""
    own = str(folder / ".venv" / "bin")
    paths = [own, str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    environment["PATH"] = os.pathsep.join(paths)
    if installed:  # what the page has installed, and nothing that leads back to this checkout
        environment.pop("PYTHONPATH", None)
    elif (ROOT / "sim").is_dir():
        environment["PYTHONPATH"] = str(ROOT / "sim")
    if "JAX_COMPILATION_CACHE_DIR" not in environment:  # never into a tester's home
        environment.setdefault("SURAE_CACHE", str(folder.parent / "cache"))
    script = folder.parent / f"block.{language}"
    script.write_text(text + "\n", encoding="utf-8")
    program = ["bash", "-euo", "pipefail"] if language == "sh" else ["python", "-W", "error"]
    return subprocess.run(
        [*program, str(script)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )
