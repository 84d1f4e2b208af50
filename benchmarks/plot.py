"""One picture: wengert over the best rival, kernel by kernel, on a logarithmic scale."""

from __future__ import annotations

from pathlib import Path

from benchmarks import figures
from benchmarks.measure import Results


def draw(results: Results, file: Path) -> None:
    """Write the picture; the file's ending says which format. Needs the extra `plot`."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "wengert"  # the same picture gives the same file
    ratios = {
        kernel: [figures.compare(rows, what).ratio for what in ("forward", "gradient")]
        for kernel, rows in results.items()
    }
    kernels = sorted(ratios, key=lambda kernel: ratios[kernel][1] or 1.0, reverse=True)
    figure = Figure(figsize=(7, 1.2 + 0.24 * len(kernels)), layout="constrained")
    axes = figure.subplots()
    for k, (what, marker) in enumerate((("forward", "o"), ("gradient", "D"))):
        points = [(ratios[kernel][k], y) for y, kernel in enumerate(kernels) if ratios[kernel][k]]
        if points:
            axes.plot(*zip(*points), marker, label=what, markersize=5)
            mean = figures.geometric_mean(ratio for ratio, _ in points)
            axes.axvline(mean or 1.0, linestyle=":", linewidth=1, color=f"C{k}")
    axes.axvline(1.0, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(kernels)), kernels)
    axes.set_xlabel("time of wengert / time of the best rival (left of 1: wengert is ahead; dotted: geometric means)")
    axes.grid(axis="x", which="both", alpha=0.3)
    axes.legend()
    metadata = {"Date": None} if file.suffix == ".svg" else None
    figure.savefig(file, metadata=metadata)
