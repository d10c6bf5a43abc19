"""Markdown tables for the benchmarks, and one line that says what they ran on."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Header and rows, columns padded to the same width."""
    lines = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        cells = " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print(f"| {cells} |", flush=True)
    print(flush=True)


def say(*words: object) -> None:
    """One line of progress on stderr; tables are on stdout."""
    print(*words, file=sys.stderr, flush=True)


def machine() -> str:
    """Processor, cores and load: without them a time means little."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    return f"{_processor()}, {cores} cores, load {load:.1f}, one thread, Python {_python()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _python() -> str:
    return platform.python_version()
