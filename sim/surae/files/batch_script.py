"""The batch script of a sweep, as text: stops before the time limit, goes on until all is solved.

One shell decides, by the cases left before and after each sweep:

    none left            done
    the time is up       requeue or resubmit; given up if no case was finished
    else (rank killed)   again at once; given up after three sweeps that finished no case
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from surae.files.site_file import Site

# The last seconds before the time limit: end a sweep that has not ended by itself, then requeue.
_LAST_SECONDS = 30
# srun otherwise waits for ever for the ranks that are left when one of them was killed.
# Ranks that end as they should end together: MPI_Finalize waits for all.
_WAIT_FOR_OTHER_RANKS = 20  # s
# MPICH names a node's shared memory after job and step. After a killed rank it is left there, and
# the requeued job dies of it: "UCX ERROR failed to unpack address, invalid bandwidth".
_NO_SHARED_MEMORY = """\
# MPICH is to leave /dev/shm alone: a requeued job would find there what a killed rank has left.
export MPIR_CVAR_NOLOCAL=1"""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PJRT_NPROC")


@dataclass(frozen=True)
class Job:
    """What is to run. Paths are absolute: a job starts somewhere else than its user."""

    name: str  # of the study: letters, digits and _ . + -
    study: Path
    out: Path
    folder: Path  # of script and logs
    programs: Path  # folder that holds `surae`, and what is installed with it

    @property
    def script(self) -> Path:
        """Where the script is kept."""
        return self.folder / f"{self.name}.sbatch"


def batch_script(job: Job, site: Site) -> str:
    """The whole script."""
    parts = (_options(job, site), _paths(job), _environment(site), _functions(site), _LOOP)
    return "\n\n".join(parts) + "\n"


def _options(job: Job, site: Site) -> str:
    given = {
        "job-name": job.name,
        "partition": site.partition,
        "account": site.account,
        "qos": site.qos,
        "time": _clock(site.time_limit),
        "nodes": site.nodes,
        "ntasks-per-node": site.ranks_per_node,
        "cpus-per-task": site.threads_per_rank,
        "mem-per-cpu": _megabytes(site),
        "array": None if site.launcher else f"1-{site.array_size}",
    }
    lines = [f"--{key}={value}" for key, value in given.items() if value is not None]
    # Names without a folder: sbatch is called in the folder of the logs, whatever its name is.
    log = f"{job.name}_%j.log" if site.launcher else f"{job.name}_%A_%a.log"
    lines += [f"--output={log}", "--open-mode=append", "--requeue", *site.options]
    sbatch = "\n".join(f"#SBATCH {line}" for line in lines)
    return f"""\
#!/bin/bash
# A sweep of surae, written by 'surae submit'. It may be edited; submit it again with
# 'sbatch {job.script.name}', called in the folder of this file.
{sbatch}
# Only this shell gets USR1, {site.signal_before} s before the time limit.
#SBATCH --signal=B:USR1@{site.signal_before}"""


def _paths(job: Job) -> str:
    return f"""\
study={shlex.quote(str(job.study))}
out={shlex.quote(str(job.out))}
job_folder={shlex.quote(str(job.folder))}
script={shlex.quote(str(job.script))}
programs={shlex.quote(str(job.programs))}
surae=$programs/surae"""


def _environment(site: Site) -> str:
    lines = []
    if site.modules:
        lines.append("type module >/dev/null 2>&1 || . /etc/profile")
        lines.append(f"module load {' '.join(site.modules)} || exit 2")
    lines += [f"export {name}={shlex.quote(value)}" for name, value in site.variables]
    if site.mpi_library:
        lines.append("# The site's own MPI: mpi4py loads it, and its mpiexec is the first one.")
        lines.append(f"export MPI4PY_LIBMPI={shlex.quote(site.mpi_library)}")
        lines.append("export PATH=$PATH:$programs")
    else:
        lines.append("export PATH=$programs:$PATH")
    lines += site.lines
    lines.append("# One rank, one thread: parallelism is across cases.")
    lines.append("export " + " ".join(f"{name}=1" for name in _ONE_THREAD))
    lines.append(
        "export XLA_FLAGS='--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1'"
    )
    lines.append("# srun takes over neither this from sbatch, nor anything after --export=NONE.")
    lines.append(f"export SRUN_CPUS_PER_TASK={site.threads_per_rank} SLURM_EXPORT_ENV=ALL")
    if site.launcher:
        lines.append(_NO_SHARED_MEMORY)
    return "\n".join(lines)


def _functions(site: Site) -> str:
    patience = max(site.signal_before - _LAST_SECONDS, site.signal_before // 2)
    sweep, stop = _sweep(site)
    return f"""\
say() {{ echo "$(date '+%F %T') job $SLURM_JOB_ID: $*"; }}

left() {{ "$surae" status "$out" --left; }} # cases that are neither solved nor finally failed

run_sweep() {{ exec {sweep}; }}

stop_sweep() {{ {stop}; }} # hands out no more cases, lets running ones finish

time_is_up() {{
    stopping=time signals=$((signals + 1))
    say "the time limit is near: no more cases are started"
    [ -n "$sweep" ] || return
    stop_sweep
    # Finished cases are kept in any case; what has not finished by then is repeated.
    {{ sleep {patience}; kill -TERM "$sweep"; sleep 5; kill -KILL "$sweep"; }} 2>/dev/null &
}}

cancelled() {{
    stopping=cancelled signals=$((signals + 1))
    [ -z "$sweep" ] || stop_sweep
}}

continue_later() {{
{_continuation(site)}
}}"""


def _sweep(site: Site) -> tuple[str, str]:
    """How the sweep is started, and how it is asked to stop."""
    if not site.launcher:
        # Other tasks of the array share the folder: only this one is to stop, so no stop file.
        return '"$surae" sweep "$study" --out "$out" --join', 'kill -USR1 "$sweep"'
    words = shlex.join(site.launcher)
    program = Path(site.launcher[0]).name
    given = [word.split("=")[0] for word in site.launcher]
    if program == "srun":
        if not {"--wait", "-W", "-K", "--kill-on-bad-exit"} & set(given):
            words += f" --wait={_WAIT_FOR_OTHER_RANKS}"
    elif program != "ibrun" and not {"-n", "-np", "--np"} & set(given):
        words += ' -n "$SLURM_NTASKS"'
    return f'{words} "$surae" sweep "$study" --out "$out"', 'touch "$out/stop"'


def _continuation(site: Site) -> str:
    if site.when_time_is_up == "no":
        return '    say "$after cases left; continue with: sbatch $script"\n    exit 130'
    if site.when_time_is_up == "requeue":
        number = "$SLURM_JOB_ID"
        if not site.launcher:
            number = "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
        action = f'scontrol requeue "{number}"'
    else:
        task = "" if site.launcher else ' --array="$SLURM_ARRAY_TASK_ID"'
        action = f'sbatch{task} "$script"'
    return f"""\
    say "$after cases left: {site.when_time_is_up}"
    cd "$job_folder" && {action} && exit 0
    say "that failed; continue with: sbatch $script"
    exit 130"""


_LOOP = """\
trap time_is_up USR1
trap cancelled TERM
stopping= sweep= signals=0

"$surae" --version >/dev/null || { say "no surae that works in $programs"; exit 2; }
mkdir -p "$out"
# Cases left at the start of each sweep of this job; 'surae submit' begins a new list.
starts=$job_folder/starts${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}

while [ -z "$stopping" ]; do
    before=$(left 2>/dev/null || echo all) # all: nothing has been tried yet
    echo "$before" >>"$starts"
    # One may fail by chance, or with a lost node (Slurm itself starts that job again).
    if [ "$(tail -n 4 "$starts" | grep -cxF "$before")" = 4 ]; then
        say "$before cases left after three sweeps as before them: given up; the reasons are above"
        exit 3
    fi
    say "start on $SLURM_JOB_NODELIST, $before cases left"
    rm -f "$out/stop" # an old one: below, a stop file is somebody's wish
    run_sweep &
    sweep=$!
    # A signal ends 'wait' but not the sweep: then wait again.
    while :; do
        seen=$signals
        wait "$sweep"
        status=$?
        [ "$signals" = "$seen" ] && break
    done
    sweep=
    after=$(left)
    say "the sweep ended with status $status, ${after:-all} cases left"
    case $status in 0 | 2 | 3) exit "$status" ;; esac
    [ "$after" = 0 ] && exit 0
    [ -z "$stopping" ] && { [ "$status" = 130 ] || [ -e "$out/stop" ]; } && exit 130
    if [ "$stopping" = time ]; then
        [ "${after:-all}" = "$before" ] && {
            say "no case was finished in all this time: given up; try a longer time_limit"
            exit 3
        }
        continue_later
    fi
    sleep 2 # for what is left of the ranks
done
# Cancelled or preempted: Slurm ends this job, and only what it ends itself will it requeue.
sleep 300
exit 130"""


def _clock(seconds: int) -> str:
    """Days-hours:minutes:seconds."""
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return f"{days}-{clock}" if days else clock


def _megabytes(site: Site) -> str | None:
    if site.memory_per_rank is None:
        return None
    return f"{-int(-1024 * site.memory_per_rank // site.threads_per_rank)}M"
