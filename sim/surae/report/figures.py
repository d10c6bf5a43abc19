"""All drawing: figures of a comparison as PNG and SVG. What is drawn is made in the other files.

Colors are Okabe & Ito's, safe for color-blind readers. Text and the baseline are drawn in `INK`,
which the page replaces by its own text color. No pyplot and no display; the same input gives the
same bytes.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import FuncNorm, LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure

from surae.loads.agreement import Band
from surae.loads.validation import PASS
from surae.report import palette
from surae.report.curves import PERCENT, Curves
from surae.report.dose_response import DoseResponse
from surae.report.validation_chart import FARTHEST, Mark
from surae.report.worth_map import WorthMap, name_of, of_shown, shown
from surae.sensitivity.worth import Worth

INK = "#1b1c1f"
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)
COLORS = (INK, VERMILLION, BLUE, GREEN, PURPLE, ORANGE)
DASHES = ("-", "-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (5, 1, 1, 1)), (0, (3, 1)))
WIDTHS = (2.8, *(1.4,) * (len(COLORS) - 1))  # the baseline shows on both sides of the others
MOST_CURVES = len(COLORS)

STYLE: dict[Any, Any] = {
    "font.size": 10.0,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "figure.facecolor": "#ffffff",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "svg.hashsalt": "surae",
    "svg.fonttype": "path",
    "path.simplify": False,
}
LABELS = {
    "pelvis_tilt": ("Pelvis tilt", "backward +"),
    "hip_flexion": ("Hip", "flexion +"),
    "knee_angle": ("Knee", "flexion +"),
    "ankle_angle": ("Ankle", "dorsiflexion +"),
}


def styled(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """`draw` under `STYLE`: Matplotlib reads it when text and lines are made."""

    @functools.wraps(draw)
    def inside(*args, **options) -> Figure:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **options)

    return inside


@styled
def achilles(strides: Sequence[Curves], noise_bw: float | None = None) -> Figure:
    """Force and strain of the tendon, and below each the difference to the baseline, magnified.

    noise_bw: noise floor of the peak force; three times it is shaded in the force's difference.
    """
    many = len(strides) > 1
    figure, axes = _grid(2 if many else 1, 2, 9.0, 5.4 if many else 3.4, [2.0, 1.1][: 1 + many])
    quantities = (("Achilles force (BW)", "achilles_force"), ("Achilles strain (%)", _STRAIN))
    for column, (title, name) in enumerate(quantities):
        top = axes[0, column]
        _overlay(top, strides, lambda c, n=name: getattr(c, n))
        _stance(top, strides[0])
        top.set(title=title, ylim=(0.0, None))
        if many:
            below = axes[1, column]
            for i, other in enumerate(strides[1:], start=1):
                change = getattr(other, name) - getattr(strides[0], name)
                below.plot(PERCENT, change, color=COLORS[i], ls=DASHES[i])
            below.axhline(0.0, color=INK, lw=0.8)
            if noise_bw is not None and name != _STRAIN:
                below.axhspan(-3.0 * noise_bw, 3.0 * noise_bw, color=INK, alpha=0.12, lw=0)
            _stance(below, strides[0])
            unit = title[title.index("(") :]
            below.set_title(f"Difference to {strides[0].name} {unit}, magnified")
    _percent_axes(axes)
    return _legend(figure, axes[0, 0])


_STRAIN = "achilles_strain"


@styled
def angles(strides: Sequence[Curves], bands: Mapping[str, Band], shifts: Mapping) -> Figure:
    """Angles of pelvis, hip, knee and ankle; `shifts` (deg) bring the bands to our pelvis frame."""
    names = [name for name in LABELS if name in strides[0].angles]
    figure, axes = _grid(2, 2, 9.0, 6.0)
    for ax, name in zip(axes.flat, names, strict=False):
        _band(ax, bands.get(name), shifts.get(name, 0.0))
        _overlay(ax, strides, lambda c, n=name: c.angles[n])
        _stance(ax, strides[0])
        joint, sign = LABELS[name]
        ax.set(title=f"{joint} (deg, {sign})")
    return _finish(figure, axes, len(names))


@styled
def ground_reaction(strides: Sequence[Curves], bands: Mapping[str, Band]) -> Figure:
    """Vertical and fore-aft force of one foot after the 15 Hz filter that the bands have too."""
    figure, axes = _grid(1, 2, 9.0, 3.5)
    rows = (
        ("Vertical (BW)", "vertical_force", "grf_y"),
        ("Fore-aft (BW, forward +)", "forward_force", "grf_x"),
    )
    for ax, (title, name, band) in zip(axes.flat, rows, strict=True):
        _band(ax, bands.get(band))
        _overlay(ax, strides, lambda c, n=name: getattr(c, n))
        ax.set(title=title)
    return _finish(figure, axes, 2)


@styled
def moments(strides: Sequence[Curves], bands: Mapping[str, Band]) -> Figure:
    """Net internal moments of hip, knee and ankle."""
    names = [name for name in LABELS if name in strides[0].moments]
    figure, axes = _grid(1, max(len(names), 1), 9.0, 3.5)
    for ax, name in zip(axes.flat, names, strict=True):
        _band(ax, bands.get(f"{name}_moment"))
        _overlay(ax, strides, lambda c, n=name: c.moments[n])
        _stance(ax, strides[0])
        joint, sign = LABELS[name]
        ax.set_title(f"{joint} (N m/kg, {sign})")
    return _finish(figure, axes, len(names))


@styled
def agreement(panels: Sequence[tuple[str, np.ndarray, Band, float]]) -> Figure:
    """Both sides of ours over mean and SD; a panel: title, (percent, side), band, its shift."""
    figure, axes = _grid(-(-len(panels) // 4), 4, 13.0, 0.6 + 2.3 * -(-len(panels) // 4))
    for ax, (title, ours, band, shift) in zip(axes.flat, panels, strict=False):
        _band(ax, band, shift)
        for column, color, dash in zip(ours.T, (INK, VERMILLION), ("-", (0, (4, 2))), strict=False):
            label = "right" if color == INK else "left (its own stride)"
            ax.plot(np.asarray(band.percent), column, color=color, ls=dash, lw=1.4, label=label)
        ax.set_title(title)
    return _finish(figure, axes, len(panels))


@styled
def activations(strides: Sequence[Curves]) -> Figure:
    """Activation of every muscle of one side, stance shaded."""
    names = list(strides[0].activations)
    columns = min(5, max(len(names), 1))
    rows = -(-len(names) // columns)
    figure, axes = _grid(rows, columns, 10.0, 1.2 + 1.75 * rows, sharey=True)
    for ax, name in zip(axes.flat, names, strict=False):
        _overlay(ax, strides, lambda c, n=name: c.activations[n], scale=0.8)
        _stance(ax, strides[0])
        ax.set_title(name.replace("_", " ").capitalize(), fontsize=9)
        ax.set(ylim=(0.0, 1.0), yticks=[0.0, 0.5, 1.0])
    for ax in axes[:, 0]:
        ax.set_ylabel("Activation (1)")
    return _finish(figure, axes, len(names))


@styled
def dose_response(dose: DoseResponse) -> Figure:
    """Change of the Achilles peak force against the force that remains in the weakened muscles."""
    figure, axes = _grid(1, 1, 6.0, 3.6)
    ax = axes[0, 0]
    if dose.noise is not None:
        label = "below 3 x noise floor: not resolved"
        ax.axhspan(-3 * dose.noise, 3 * dose.noise, color=INK, alpha=0.12, lw=0, label=label)
    ax.axhline(0.0, color=INK, lw=0.8)
    ax.plot(100.0 * dose.strength, dose.change, "o-", color=VERMILLION, label="solved strides")
    ax.invert_xaxis()
    ax.set(
        xlabel="Active force that remains (% of healthy)",
        ylabel="Change (%)",
        title="Achilles peak force",
    )
    return _legend(figure, ax) if dose.noise is not None else figure


@styled
def worth(
    found: WorthMap,
    pictures: Sequence[tuple[str, np.ndarray]],
    title: str,
    about: str,
    top: int,
) -> Figure:
    """Bars of the strengths that matter most to a load, and beside them the body in their colors.

    pictures: (name of the view, (row, column, rgba) weighted by alpha). top: bars a part.
    """
    parts = [("Groups", found.groups[:top]), ("Single muscles", found.muscles[:top])]
    parts = [part for part in parts if part[1]]
    count = sum(len(rows) for _, rows in parts)
    sizes = [np.shape(image)[1] / np.shape(image)[0] for _, image in pictures]
    height = max(2.1 + 0.24 * count, 4.6)
    widths = [4.8, max(0.74 * height * sum(sizes), 3.0)]
    figure = Figure(figsize=(sum(widths), height), layout="constrained")
    halves: Any = figure.subfigures(1, 2, width_ratios=widths)
    left, right = halves
    axes = left.subplots(
        len(parts), 1, squeeze=False, sharex=True, height_ratios=[len(r) + 1 for _, r in parts]
    )
    for ax, part in zip(axes.flat, parts, strict=True):
        _worth_bars(ax, *part)
    axes[-1, 0].set_xlabel(f"Change ({found.unit}) per 10 % weaker")
    floor = "the slope on two other meshes" if found.has_floor else "not measured (--floor)"
    figure.suptitle(f"{title}\n{about}; noise floor (whiskers): {floor}", x=0.01, ha="left")
    _worth_body(right, found, pictures, sizes)
    return figure


def _worth_bars(ax: Axes, title: str, rows: Sequence[Worth]) -> None:
    change = np.array([row.change for row in rows])
    hues = [VERMILLION if each > 0.0 else BLUE for each in change]
    ax.barh(range(len(rows)), change, color=hues, height=0.72)
    for place, row in enumerate(rows):
        if row.floor is not None:
            ax.errorbar(row.change, place, xerr=row.floor, color=INK, lw=1.2, capsize=2.5)
    ax.axvline(0.0, color=INK, lw=0.8)
    ax.set_yticks(range(len(rows)), [name_of(row) for row in rows], fontsize=9)
    ax.set(title=title, ylim=(len(rows) - 0.4, -0.6))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _worth_body(
    figure: SubFigure, found: WorthMap, pictures: Sequence[tuple[str, np.ndarray]], sizes: list
) -> None:
    axes = figure.subplots(1, len(pictures), squeeze=False, width_ratios=sizes)
    for ax, (name, image) in zip(axes.flat, pictures, strict=True):
        ax.imshow(image[..., :3] + 1.0 - image[..., 3:], interpolation="antialiased")
        ax.set_axis_off()
        ax.set_title(name.capitalize(), loc="center")
    end = found.largest
    scale = ScalarMappable(
        FuncNorm((lambda x: shown(x / end), lambda y: end * of_shown(y)), -end, end),
        LinearSegmentedColormap.from_list("worth", np.array(palette.WORTH) / 255.0),
    )
    bar = figure.colorbar(scale, ax=axes, location="bottom", shrink=0.9, aspect=34)
    bar.set_ticks(
        [-end, -end / 4, 0.0, end / 4, end],
        labels=[f"{-end:.2g}", f"{-end / 4:.2g}", "0", f"+{end / 4:.2g}", f"+{end:.2g}"],
    )
    bar.set_label(f"Each muscle alone ({found.unit})")


@styled
def validation(marks: Sequence[Mark]) -> Figure:
    """Every row of the validation table in the interval that it allows, scaled to one width."""
    figure, axes = _grid(1, 1, 10.0, 1.2 + 0.27 * max(len(marks), 1))
    ax = axes[0, 0]
    ax.axvspan(0.0, 1.0, color=INK, alpha=0.10, lw=0)
    for row, mark in enumerate(marks):
        good = mark.verdict == PASS
        shape = {-1: "<", 1: ">"}.get(mark.clipped, "o" if good else "D")
        fill = BLUE if good else VERMILLION
        ax.plot(
            mark.position,
            row,
            shape,
            color=fill,
            ms=7,
            mfc=fill if good else "none",
            mew=1.6,
            clip_on=False,
        )
        text = f"{mark.numbers}, {mark.verdict} ({mark.gate})"
        ax.text(
            1.04 + FARTHEST,
            row,
            text,
            va="center",
            fontsize=8.5,
            fontweight="normal" if good else "bold",
        )
    ax.set_yticks(range(len(marks)), [f"{m.id}  {m.quantity}" for m in marks], fontsize=8.5)
    ax.set(ylim=(len(marks) - 0.4, -0.6), xlim=(-FARTHEST, 1 + FARTHEST), xticks=[0, 1])
    ax.set_xticklabels(["lower end", "upper end"])
    ax.set_xlabel("Interval allowed by the row")
    ax.tick_params(axis="y", length=0)
    return figure


def _overlay(ax: Axes, strides: Sequence[Curves], of: Callable, scale: float = 1.0) -> None:
    for i, stride in enumerate(strides):
        look = {"color": COLORS[i], "ls": DASHES[i], "lw": scale * WIDTHS[i]}
        ax.plot(PERCENT, of(stride), label=stride.name, **look)


def _stance(ax: Axes, stride: Curves) -> None:
    if np.isfinite(stride.toe_off):
        ax.axvspan(0.0, stride.toe_off, color=INK, alpha=0.05, lw=0, zorder=0)


def _band(ax: Axes, band: Band | None, shift: float = 0.0) -> None:
    if band is not None:
        low, high = band.mean + shift - band.sd, band.mean + shift + band.sd
        label = "measured, mean and SD"
        ax.fill_between(band.percent, low, high, color=SKY, alpha=0.30, lw=0, label=label)
        ax.plot(band.percent, band.mean + shift, color=SKY, lw=1.2)


def _grid(rows, columns, width, height, heights=None, sharey=False) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(width, height), layout="constrained")
    heights = heights or [1.0] * rows
    return figure, figure.subplots(
        rows, columns, squeeze=False, sharey=sharey, height_ratios=heights
    )


def _percent_axes(axes: np.ndarray) -> None:
    for ax in axes.flat:
        ax.set(xlim=(0.0, 100.0), xticks=[0, 25, 50, 75, 100])
    for ax in axes[-1]:
        ax.set_xlabel("Stride (%)")


def _finish(figure: Figure, axes: np.ndarray, used: int) -> Figure:
    _percent_axes(axes)
    for ax in axes.flat[used:]:
        ax.set_axis_off()
    return _legend(figure, max(axes.flat, key=lambda ax: len(ax.get_lines())))


def _legend(figure: Figure, ax: Axes) -> Figure:
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=9.5)
    return figure


def as_svg(figure: Figure) -> str:
    """The figure as SVG text without dates, so that the same figure is the same text."""
    out = io.StringIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def save_png(figure: Figure, path: Path) -> None:
    """The figure at 150 dots per inch."""
    FigureCanvasAgg(figure)
    with matplotlib.rc_context(STYLE):
        figure.savefig(path, format="png", dpi=150, metadata={"Software": None})


def save(figure: Figure, path: Path) -> None:
    """The figure as PNG, SVG or PDF, by the ending of the path; the same figure, the same bytes."""
    if path.suffix == ".svg":
        path.write_text(as_svg(figure), encoding="utf-8")
    elif path.suffix == ".pdf":
        with matplotlib.rc_context(STYLE):
            figure.savefig(path, format="pdf", metadata={"CreationDate": None, "Producer": None})
    else:
        save_png(figure, path)
