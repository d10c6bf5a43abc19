"""When a healthy runner's muscles are active in stance: writes bursts.csv of a model folder.

    python tools/bursts.py planar healthy_3.h5 healthy_4.h5 healthy_5.h5

The results are solved healthy strides of the model, one a speed. By which rule: loads/bursts.py. A
muscle gets rows where it has a burst at every speed. Of a model with `symmetric = true` the right
side is written.
"""

from __future__ import annotations

import sys

from surae.files.model_bursts import BURST_COLUMNS, BURST_HEADER, BURSTS
from surae.files.model_folder import find_model
from surae.files.model_reading import read_records
from surae.files.model_writing import csv_text
from surae.files.results import open_result
from surae.loads.bursts import bursts_of


def main(model: str, *results: str) -> None:
    """Write bursts.csv, and print the bursts."""
    folder = find_model(model)
    strides = sorted(map(open_result, results), key=lambda stride: float(stride.gait.speed))
    for stride in strides:
        if stride.gait.status != "solved" or stride.case.changes:
            raise SystemExit(f"{stride.path} is no solved stride of the healthy runner.")
    by_speed = [(f"{float(stride.gait.speed):g}", bursts_of(stride.gait)) for stride in strides]
    symmetric = read_records(folder).symmetric
    fields = [field for field, _, _ in BURST_COLUMNS.values()]
    table = [
        [name, speed, *(f"{bursts[name][field]:.4g}" for field in fields)]
        for name in strides[0].gait.runner.muscle_names
        if not (symmetric and name.endswith("_l"))
        if all(name in bursts for _, bursts in by_speed)
        for speed, bursts in by_speed
    ]
    text = csv_text(BURST_HEADER, table)
    (folder / BURSTS).write_text(text, encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
