"""What the numbers and words of a case may be."""

from __future__ import annotations

from surae.transcription.collocation import SCHEMES as _SCHEMES

# The speeds at which the normative stride was measured (models/normative_running).
SPEED_RANGE = (2.0, 5.0)  # m/s
# Men of the normative data take 0.59 to 0.81 s; this leaves room for what-ifs.
STRIDE_TIME_RANGE = (0.4, 1.2)  # s
STEP_WIDTH_RANGE = (-0.1, 0.3)  # m; below 0 feet cross over
CADENCE_RANGE = (2.0 / STRIDE_TIME_RANGE[1], 2.0 / STRIDE_TIME_RANGE[0])  # steps per s
INTERVALS_RANGE = (4, 400)  # over half a stride
WEIGHT_RANGE = (0.0, 1e4)
SYMMETRIES = ("auto", "half", "full")
SCHEMES = tuple(_SCHEMES)
