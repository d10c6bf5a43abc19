"""The runner in three dimensions: the stage, its controls, and a strip where neither can run."""

from __future__ import annotations

import numpy as np

from surae.report import palette
from surae.report.film import strip_png
from surae.report.markup import Section, escaped, figure, paragraph
from surae.report.scene import scene
from surae.report.scene_json import scenes_text
from surae.report.subject import Subject

TITLE = "The runner"
_PACES = (("1", "real time"), ("0.5", "1/2"), ("0.25", "1/4"), ("0.1", "1/10"), ("0.04", "1/25"))
_FIRST_PACE = "0.25"
_FLAT = (
    "This browser does not draw in three dimensions (WebGL is off or missing): a strip of pictures "
    "stands in its place."
)
_VIEWS = (("side", "Side"), ("oblique", "Oblique"), ("front", "Front"), ("back", "Back"))


def section(subject: Subject) -> Section:
    """The stage with everything that it needs; the last stride is shown first."""
    scenes = [scene(s.name, at) for s, at in zip(subject.shown, subject.ready, strict=True)]
    several = len(scenes) > 1
    last = scenes[-1]
    ghost = scenes[0] if several else None
    start = 0.5 * last.toe_off if np.isfinite(last.toe_off) else 0.0
    data = scenes_text(scenes, 0 if several else None, round(start, 1)).replace("<", "\\u003c")
    body = [
        paragraph(_text(subject), "quiet"),
        '<div class="stage">',
        '<div class="canvas"><canvas data-part="canvas" tabindex="0" role="img" aria-label='
        f'"{escaped(_label(subject))}"></canvas></div>',
        _controls(subject, several),
        f'<p class="alert" data-part="flat" hidden>{_FLAT}</p>',
        _scales(),
        _strip(last.name, ghost.name if ghost else "", strip_png(last, ghost)),
        "</div>",
        f'<script type="application/json" id="runner-data">{data}</script>',
    ]
    return Section("runner", TITLE, "Runner", "\n".join(body))


def _text(subject: Subject) -> str:
    text = (
        "Bodies, contact spheres, ground reaction and forces are the solver's; the bones on the "
        "bodies are drawing. "
    )
    if subject.shown[0].gait.runner.lines_of_action is not None:
        text += "Muscles run along the model's lines of action, each as thick as it is strong."
    else:
        text += (
            "Muscles pass each joint at the distance of their moment arm, each as thick as it is "
            "strong."
        )
    if not any("humerus" in name for name in subject.shown[0].gait.runner.skeleton.body_names):
        text += " The model has no arms; their mass is in the trunk."
    return text


def _label(subject: Subject) -> str:
    behind = f", {subject.names[0]} as a ghost" if len(subject.names) > 1 else ""
    return (
        f"Moving picture of the runner {subject.names[-1]}{behind}. Keys: space plays and stops, "
        "arrows turn, comma and full stop go one per cent back and on."
    )


def _controls(subject: Subject, several: bool) -> str:
    views = "".join(
        f'<button type="button" data-view="{key}">{name}</button>' for key, name in _VIEWS
    )
    paces = "".join(
        f'<option value="{key}"{" selected" if key == _FIRST_PACE else ""}>{name}</option>'
        for key, name in _PACES
    )
    rows = [
        '<div class="row"><button type="button" class="main" data-part="play">Play</button>'
        '<label class="scrub">Stride <input type="range" data-part="scrub" min="0" max="100" '
        'step="0.5" value="0"></label><span class="told" data-part="told"></span></div>',
        f'<div class="row"><label>Speed <select data-part="pace">{paces}</select></label>'
        f'<span class="buttons" role="group" aria-label="View">{views}</span>'
        '<span class="buttons" role="group" aria-label="Turn"><button type="button" data-turn="-15"'
        ' aria-label="Turn left">&#8634;</button><button type="button" data-turn="15" '
        'aria-label="Turn right">&#8635;</button></span>'
        '<label><input type="checkbox" data-part="flesh" checked> Muscles</label></div>',
    ]
    if several:
        rows.append(_choices(subject))
    rows.append(
        '<p class="quiet hint">Drag to turn. With the picture in focus: space plays, arrows turn, '
        "comma and full stop step.</p>"
    )
    return f'<div class="controls" role="group" aria-label="Animation">{"".join(rows)}</div>'


def _choices(subject: Subject) -> str:
    last = len(subject.names) - 1
    runners = "".join(
        f'<option value="{i}"{" selected" if i == last else ""}>{escaped(name)}</option>'
        for i, name in enumerate(subject.names)
    )
    baseline = escaped(subject.names[0])
    return (
        f'<div class="row"><label>Runner <select data-part="runner">{runners}</select></label>'
        f'<label>Ghost of {baseline} <select data-part="ghost"><option value="over">at the same '
        'place</option><option value="beside">beside</option><option value="off">none</option>'
        "</select></label></div>"
    )


def _scales() -> str:
    full = f"{palette.TENDON_FULL:g} BW"
    bars = (
        ("Activation", "0", "1", palette.ACTIVATION),
        ("Achilles force", "0", full, palette.TENDON),
    )
    items = [
        f'<li>{name} {low} <span class="bar" style="background:linear-gradient(90deg,'
        f'{",".join(f"rgb{color}" for color in stops)})"></span> {high}</li>'
        for name, low, high, stops in bars
    ]
    items.append(
        f'<li><span class="dot" style="background:rgb{palette.REACTION}"></span>'
        "ground reaction</li>"
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _strip(name: str, ghost: str, image: str) -> str:
    behind = f", {ghost} as a grey ghost" if ghost else ""
    text = f"{name}{behind}, seen from the right at shares of the stride from right contact."
    picture = '<div class="wide" tabindex="0" role="region" aria-label="Strip of the stride">'
    picture += f'<img src="{image}" alt="{escaped(text)}"></div>'
    return f'<div class="strip">{figure(picture, text)}</div>'
