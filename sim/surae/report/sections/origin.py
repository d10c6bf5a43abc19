"""Where the numbers come from: model, task, versions, and the inputs that reproduce them."""

from __future__ import annotations

from surae.report.markup import Section, table, words
from surae.report.subject import Subject


def section(subject: Subject) -> Section:
    """One fact a line."""
    gait = subject.strides[0].gait
    facts = {
        "model": str(getattr(gait.runner, "name", "")),
        "mode": gait.mode,
        "speed": f"{float(gait.speed):g} m/s",
        "body mass": f"{float(gait.runner.body_mass):.1f} kg",
        **{f"status of {s.name}": s.gait.status for s in subject.strides},
        **{name: str(value) for name, value in subject.provenance.items()},
    }
    rows = [[words(name), words(value, kind="long")] for name, value in facts.items() if value]
    heads = [words("Fact"), words("value")]
    body = table("Provenance", heads, [("", rows)], hidden_caption=True)
    return Section("origin", "Where this comes from", "Origin", body)
