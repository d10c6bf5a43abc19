"""Site files: the documented ones can be read, a wrong one is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from surae._errors import UnusableInput
from surae.files.site_file import Site, read_site

TEMPLATES = Path(__file__).resolve().parents[2] / "slurm"


def site(folder: Path, slurm: str = "", environment: str = "", mpi: str = "") -> Site:
    path = folder / "site.toml"
    limit = "" if "time_limit" in slurm else 'time_limit = "04:00:00"'
    path.write_text(
        f"[slurm]\n{slurm}\n{limit}\n[environment]\n{environment}\n[mpi]\n{mpi}\n", encoding="utf-8"
    )
    return read_site(path)


@pytest.mark.parametrize("name", ["example", "openmpi", "array"])
def test_templates_can_be_read(name):
    read = read_site(TEMPLATES / f"{name}.toml")
    assert read.time_limit == 4 * 3600
    assert read.signal_before == 300
    assert bool(read.launcher) == (name != "array")


def test_the_defaults_in_the_example_are_the_real_ones(tmp_path):
    """The example names them in its commented lines."""
    bare = site(tmp_path)
    text = (TEMPLATES / "example.toml").read_text()
    assert f"# threads_per_rank = {bare.threads_per_rank}\n" in text
    assert f"# signal_before_s = {bare.signal_before}\n" in text
    assert f'# when_time_is_up = "{bare.when_time_is_up}"\n' in text
    assert bare.launcher == ("srun", "--mpi=pmi2")


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:01:00", 60), ("48:00:00", 172800), ("2-01:00:05", 176405)]
)
def test_time_limits_are_slurms(tmp_path, text, seconds):
    assert site(tmp_path, f'time_limit = "{text}"').time_limit == seconds


def test_a_short_job_is_warned_in_its_last_quarter(tmp_path):
    assert site(tmp_path, 'time_limit = "00:02:00"').signal_before == 30


def test_the_environment_lies_beside_the_site_file(tmp_path):
    assert site(tmp_path, environment='venv = "../venv"').venv == tmp_path / ".." / "venv"


SLURM = [
    ('partitoin = "main"', ("partitoin", "'partition'", "line 2")),
    ('partition = "my part"', ("my part", "one word")),
    ("partition = 3", ("partition is 3", "quotes")),
    ('time_limit = "4h"', ("4h", "HH:MM:SS")),
    ('time_limit = "00:00:10"', ("00:00:10", "00:01:00")),
    ("time_limit = 60", ("60", "quotes")),
    ("nodes = 0", ("nodes is 0", "1 to")),
    ("ranks_per_node = 2.5", ("2.5", "whole")),
    ('ranks_per_node = "all"', ("'all'", "no number")),
    ("signal_before_s = 5", ("signal_before_s is 5", "10 to 65535")),
    ("signal_before_s = 14400", ("14400", "give less")),
    ("memory_per_rank_GB = -1", ("memory_per_rank_GB", "0.1 to")),
    ('when_time_is_up = "requeu"', ("requeu", "'requeue'")),
    ('lines = ["constraint=rome"]', ("constraint=rome", "starts with -")),
    ('lines = ["--time=5"]', ("--time", "time_limit")),
    ('lines = ["-pmain"]', ("-p", "partition")),
    ('lines = ["#SBATCH --output=x"]', ("--output", "surae submit")),
    ('lines = ["--comment=a\\n#SBATCH --time=1"]', ("one line",)),
    ('lines = "--exclusive"', ("--exclusive", "brackets")),
]
OTHERS = [
    ("environment", 'module = ["a"]', ("module", "'modules'")),
    ("environment", 'modules = ["a; rm b"]', ("a; rm b", "one word")),
    ("environment", 'variables = ["A=1"]', ("NAME",)),
    ("environment", 'variables = { "A B" = "1" }', ("A B", "letters")),
    ("environment", "variables = { A = [1] }", ("A is [1]", "text")),
    ("mpi", 'launcher = "sruun --mpi=pmi2"', ("sruun", "'srun'")),
    ("mpi", 'launcher = "srun \'"', ("quotation",)),
    ("mpi", 'launcher = ""', ("launcher", "quotes")),
    ("mpi", 'launcher = "none -n 4"', ("none", "alone")),
    ("mpi", "array_size = 4", ("array_size", "launcher = 'none'")),
    ("mpi", 'launcher = "none"\nlibrary = "libmpi.so"', ("library", "launcher = 'none'")),
]


@pytest.mark.parametrize(
    ("table", "text", "says"), [*(("slurm", text, says) for text, says in SLURM), *OTHERS]
)
def test_what_cannot_be_used_is_named_with_its_line(tmp_path, table, text, says):
    with pytest.raises(UnusableInput) as refusal:
        site(tmp_path, **{table: text})
    message = str(refusal.value)
    for words in ("site.toml, line ", *says):
        assert words in message, message


def test_an_array_has_one_rank_a_task(tmp_path):
    with pytest.raises(UnusableInput, match="array_size"):
        site(tmp_path, slurm="ranks_per_node = 4", mpi='launcher = "none"')


def test_a_time_limit_is_needed(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text("[slurm]\nnodes = 1\n")
    with pytest.raises(UnusableInput, match="time_limit"):
        read_site(path)


def test_a_mistyped_name_is_answered_with_the_nearest():
    with pytest.raises(UnusableInput, match=r"did you mean .*openmpi\.toml"):
        read_site(TEMPLATES / "openmp.toml")


def test_a_folder_is_no_site_file():
    with pytest.raises(UnusableInput, match=r"holds array\.toml, example\.toml"):
        read_site(TEMPLATES)
