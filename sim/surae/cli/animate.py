"""`surae animate`: the runner as a film or a strip of pictures, for papers and talks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from surae._errors import UnusableInput
from surae.cli.arguments import count, one_of, positive
from surae.cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from surae.report.scene import Scene

SUMMARY = "a film (.gif, .mp4) or a strip (.png) of the runner, the healthy one as a ghost"
DESCRIPTION = """\
Draw a stride in space: bones, muscles by activation, the Achilles tendon by force, the ground
reaction as arrows. Of two results the healthy one stands behind the other as a grey ghost."""
EPILOG = """\
exit status: 0 written, 2 unusable input
MP4 needs ffmpeg on the path; GIF and PNG need nothing more.
examples: surae animate weak.h5 --out weak.gif
          surae animate healthy.h5 weak.h5 --view back --out strip.png"""
VIEWS = ("side", "oblique", "front", "back")
KINDS = (".gif", ".mp4", ".png")
_FILM_HEIGHT, _STRIP_HEIGHT = 480, 640  # pixels
_SLOWER, _POSES = 2.0, 10
_HIGHEST, _MOST_POSES = 2000, 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument(
        "results", type=Path, nargs="+", metavar="RESULT.h5", help="a stride, and a healthy one"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="FILE.gif, .mp4 or .png; default RESULT.gif"
    )
    parser.add_argument(
        "--view",
        type=one_of("view", VIEWS),
        default=VIEWS[0],
        metavar="VIEW",
        help=f"{', '.join(VIEWS)}; default {VIEWS[0]}",
    )
    parser.add_argument(
        "--slower",
        type=positive,
        default=_SLOWER,
        metavar="TIMES",
        help=f"of films: how much slower than real; default {_SLOWER:g}",
    )
    parser.add_argument(
        "--height",
        type=count,
        metavar="PIXELS",
        help=f"default {_FILM_HEIGHT} of films, {_STRIP_HEIGHT} of strips",
    )
    parser.add_argument(
        "--poses", type=count, metavar="N", help=f"of strips: how many; default {_POSES}"
    )


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae._runtime import use_one_thread
    from surae.cli.destination import check_folder
    from surae.report import film

    path = arguments.out or arguments.results[0].with_suffix(".gif")
    _check(arguments, path)
    check_folder(path.parent, f"--out {path}")
    if path.suffix == ".mp4" and not film.has_ffmpeg():
        raise UnusableInput(
            f"--out {path}: MP4 is written by ffmpeg, which is not on the path; install it, or "
            "write a .gif."
        )
    use_one_thread()
    poses = (arguments.poses or _POSES) if path.suffix == ".png" else None
    scene, ghost = _scenes(arguments.results, poses)
    if poses is not None:
        height = arguments.height or _STRIP_HEIGHT
        film.save_strip(scene, ghost, path, height, arguments.view, poses)
    else:
        height = arguments.height or _FILM_HEIGHT
        film.save_film(scene, ghost, path, height, arguments.view, arguments.slower)
    print(f"{path}: {scene.name}{'' if ghost is None else f', grey behind it {ghost.name}'}")
    return ExitStatus.SOLVED


def _check(arguments: argparse.Namespace, path: Path) -> None:
    if path.suffix not in KINDS:
        raise UnusableInput(f"--out {path} is no {', '.join(KINDS[:-1])} or {KINDS[-1]}; give one.")
    if path.is_dir():
        raise UnusableInput(f"--out {path} is a folder; give the name of a file in it.")
    if len(arguments.results) > 2:
        raise UnusableInput(
            f"{len(arguments.results)} results are given; give one, or a what-if and a healthy one."
        )
    for result in arguments.results:
        if result.is_dir():
            raise UnusableInput(f"{result} is a folder; give result files (*.h5).")
    if arguments.poses is not None and path.suffix != ".png":
        raise UnusableInput("--poses is for strips; give --out FILE.png, or leave it out.")
    for flag, most in (("height", _HIGHEST), ("poses", _MOST_POSES)):
        given = getattr(arguments, flag)
        if given is not None and given > most:
            raise UnusableInput(f"--{flag} is {given}; allowed are 1 to {most}.")


def _scenes(results: list[Path], poses: int | None) -> tuple[Scene, Scene | None]:
    """The stride to show, and the other one as its ghost; of a strip, its poses alone."""
    import numpy as np

    from surae.cli.reporting import read_strides, stride_names
    from surae.loads.stride import prepare
    from surae.report.scene import scene

    strides = read_strides(results)
    percent = None if poses is None else np.linspace(0.0, 100.0, poses, endpoint=False)
    drawn = [
        scene(name, prepare(stride.gait), percent)
        for name, stride in zip(stride_names(strides), strides, strict=True)
    ]
    return drawn[-1], drawn[0] if len(drawn) > 1 else None
