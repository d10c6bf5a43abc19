"""`surae sensitivity` from a solved stride to its table, its CSV and its figure."""

from __future__ import annotations

import csv

import numpy as np
import pytest

STRENGTHS = ("strength.soleus", "strength.triceps_surae", "body.mass_kg")


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A planar stride on a coarse mesh."""
    from surae.cli.main import main

    path = tmp_path_factory.mktemp("stride") / "healthy.h5"
    words = ("run", "--speed", "4", "--intervals", "12", "--quiet", "--out", str(path))
    assert main(list(words)) == 0
    return path


@pytest.fixture(scope="module")
def found(solved):
    import surae

    return surae.sensitivities(solved, STRENGTHS)


def read(path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_csv_is_what_python_gets(surae, solved, found, tmp_path):
    said = surae("sensitivity", solved, "--parameters", *STRENGTHS, "--csv", "worth.csv")
    assert said.status == 0
    lines = read(tmp_path / "worth.csv")
    loads = [name for name in found.data_vars if f"{name}_value" in found]
    assert list(dict.fromkeys(line["load"] for line in lines)) == loads and len(loads) > 50
    for load in loads:
        ours = [line for line in lines if line["load"] == load]
        for column, expected in (
            ("derivative", found[load]),
            ("spread", found[f"{load}_spread"]),
            ("load_value", np.broadcast_to(found[f"{load}_value"], found[load].shape)),
        ):
            values = np.array([float(line[column]) for line in ours])
            rough = 5e-3 if column == "spread" else 1e-9  # printed with three digits
            np.testing.assert_allclose(values, np.ravel(expected), rtol=rough, err_msg=load)
        assert {line["load_unit"] for line in ours} == {found[f"{load}_value"].attrs["unit"]}
    for line in lines:
        step = -0.1 if line["parameter"].startswith("strength.") else 0.1
        tenth = step * float(line["parameter_value"]) * float(line["derivative"])
        assert float(line["tenth"]) == pytest.approx(tenth, rel=1e-8, nan_ok=True)
        assert line["floor"] == "", "not asked for"


def test_the_table_tells_a_tenth_of_each(surae, solved, found):
    said = surae("sensitivity", solved, "--parameters", *STRENGTHS)
    assert said.status == 0
    row = next(line for line in said.out.splitlines() if line.startswith("strength.soleus"))
    slope = float(found["achilles_peak_force"].sel(parameter="strength.soleus").values.ravel()[0])
    assert float(row.split()[3]) == pytest.approx(-0.1 * slope, rel=0.05)
    weaker, more = said.out.split("10 % more")
    assert "triceps_surae" in weaker and "body.mass_kg" in more


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_figure_is_written_over_an_older_one(surae, solved, tmp_path, ending):
    path = tmp_path / f"worth.{ending}"
    path.write_text("older", encoding="utf-8")
    said = surae("sensitivity", solved, "--parameters", *STRENGTHS, "--figure", path)
    assert said.status == 0 and str(path) in said.err
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert path.read_bytes().startswith(starts[ending]) and path.stat().st_size > 10_000


def test_a_report_shows_what_muscles_are_worth(surae, solved, tmp_path):
    said = surae("report", solved, "--worth", "--out", "page")
    assert said.status == 0
    text = (tmp_path / "page" / "report.html").read_text(encoding="utf-8")
    part = text.split('<section id="worth"')[1].split("</section>")[0]
    assert "soleus" in part and "gluteus maximus" in part
