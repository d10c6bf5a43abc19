"""A Slurm of one node that lives as long as the tests, and a stand-in for the sweep."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from surae.files.library import library_path

_DAEMONS = ("munged", "slurmctld", "slurmd")
# Tasks run as they are (no cgroups), on four cores whether the machine has them or not. The node
# counts as free 5 s after a requeue (cred_expire), which otherwise takes two minutes.
_CONFIGURATION = """\
ClusterName=throwaway
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=pmi2
KillWait=5
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=4000
PartitionName=main Nodes=n1 Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A running Slurm; its folder. SLURM_CONF points to it meanwhile."""
    missing = [name for name in (*_DAEMONS, "sbatch") if _program(name) is None]
    if missing:
        pytest.skip(f"no Slurm to test against: {', '.join(missing)} not installed")
    if os.geteuid() != 0:
        pytest.skip("a Slurm of one's own needs root")
    # Not pytest's folder: munge wants every folder above its socket open to all.
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        try:
            _start(folder)
            yield folder
        finally:
            _stop(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


def _start(folder: Path) -> None:
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.touch(0o600)
    key.write_bytes(os.urandom(1024))
    text = _CONFIGURATION.format(
        folder=folder,
        host=socket.gethostname().split(".")[0],
        controller_port=_free_port(),
        node_port=_free_port(),
    )
    configuration = folder / "slurm.conf"
    configuration.write_text(text)
    munge = {"socket": "socket", "key-file": "key", "pid-file": "pid", "log-file": "log"}
    options = [f"--{option}={folder}/munge.{end}" for option, end in munge.items()]
    _launch("munged", *options, f"--seed-file={folder}/munge.seed")
    _launch("slurmctld", "-f", str(configuration))
    _launch("slurmd", "-N", "n1", "-f", str(configuration))
    wait_for(lambda: "idle" in slurm("sinfo", "--noheader", "--format=%T"), "an idle node", 30)


def _launch(name: str, *words: str) -> None:
    program = _program(name)
    assert program is not None
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"{name} does not start here: {done.stderr.strip().splitlines()[-1:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _stop(folder: Path) -> None:
    """End the daemons, and only these: each by the number it wrote down itself."""
    if (folder / "slurmctld.pid").exists():
        slurm("scancel", "--user=root")
    for name in ("slurmd", "slurmctld", "munge"):
        path = folder / f"{name}.pid"
        if not path.exists():
            continue
        number = int(path.read_text())
        os.kill(number, signal.SIGTERM)
        wait_for(lambda n=number: not Path(f"/proc/{n}").exists(), f"the end of {name}", 30)


def slurm(*words: str) -> str:
    """What a command of Slurm prints on stdout."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def wait_for(condition: Callable[[], object], what: str, patience: float = 120.0) -> None:
    """Look until it is so; fail after `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"{what} did not come within {patience:g} s"
        time.sleep(0.2)


@pytest.fixture(name="wait_for")
def _wait_for() -> Callable[..., None]:
    return wait_for


@pytest.fixture(name="slurm")
def _slurm(cluster: Path) -> Iterator[Callable[..., str]]:
    yield slurm
    slurm("scancel", "--user=root")
    wait_for(lambda: not slurm("squeue", "--noheader"), "an empty queue", 60)


class Place(NamedTuple):
    """A study, and an environment whose `surae` is the stand-in; `site` writes the site file."""

    folder: Path
    study: Path
    out: Path
    site: Callable[..., Path]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Everything that `surae submit` needs, in a folder with an awkward name."""
    folder = tmp_path / 'it\'s $HOME; a "folder" 100%'
    programs = folder / "venv" / "bin"
    programs.mkdir(parents=True)
    stand_in = Path(__file__).with_name("stand_in_surae.sh")
    shutil.copy(stand_in, programs / "surae")
    (programs / "surae").chmod(0o755)
    study = folder / "study.toml"
    shutil.copy(library_path() / "experiments" / "planar_gluteus_maximus" / "study.toml", study)

    def site(slurm: str = "", mpi: str = "", venv: bool = True, **variables: object) -> Path:
        path = folder / "site.toml"
        given = "".join(f'{name} = "{value}"\n' for name, value in variables.items())
        limit = "" if "time_limit" in slurm else 'time_limit = "00:10:00"\n'
        path.write_text(
            f"[slurm]\n{limit}{slurm}\n[mpi]\n{mpi}\n[environment]\n"
            + ('venv = "venv"\n' if venv else "")
            + (f"[environment.variables]\n{given}" if given else "")
        )
        return path

    return Place(folder, study, folder / "results" / "out", site)
