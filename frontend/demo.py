"""``wengert demo``: recover the initial temperature of a plate from its final temperature.

The simulation is ordinary NumPy; the gradient with respect to 40,000 unknowns comes from `wengert.value_and_grad`, the
minimiser from SciPy.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.syntax import Syntax
from scipy.optimize import minimize

import wengert

SIZE, STEPS, RATE = 200, 200, 0.2
ITERATIONS = 60
SHOWN_STAGES = ("nd", "transposed", "memref", "llvmir")
SHOWN_LINES = 12


def diffuse(u: np.ndarray, steps: int, rate: float) -> np.ndarray:
    """Explicit finite differences for the heat equation, in place; the border keeps its temperature.

    Args:
        u: temperatures, shape (n, n); changed.
        rate: diffusivity * dt / dx**2, at most 1/4.
    """
    for _ in range(steps):
        u[1:-1, 1:-1] += rate * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4.0 * u[1:-1, 1:-1])
    return u


def misfit(initial: np.ndarray, observed: np.ndarray, steps: int, rate: float) -> float:
    """Half the squared distance between the simulated and the observed final temperature."""
    final = diffuse(initial.copy(), steps, rate)
    return 0.5 * np.sum((final - observed) ** 2)


def hidden_field(size: int) -> np.ndarray:
    """The temperature to be found: two warm discs and a cold bar."""
    y, x = np.mgrid[0:size, 0:size] / (size - 1)
    field = np.zeros((size, size))
    field[(x - 0.3) ** 2 + (y - 0.35) ** 2 < 0.02] = 1.0
    field[(x - 0.7) ** 2 + (y - 0.6) ** 2 < 0.01] = 0.7
    field[(np.abs(x - 0.45) < 0.25) & (np.abs(y - 0.8) < 0.03)] = -0.6
    return field


def main(output: Path, console: Console | None = None, size: int = SIZE, steps: int = STEPS) -> int:
    """Run the demo, print each step with its time, write the picture; 0 if the misfit fell at least 1000-fold."""
    console = console or Console()
    truth, start = hidden_field(size), np.zeros((size, size))
    console.print(
        f"[bold]wengert demo[/]: heat equation, {size} x {size} points, {steps} steps, {size * size:,} unknowns"
    )
    with _step(console, "simulate the observation with NumPy"):
        observed = diffuse(truth.copy(), steps, RATE)
    primal, gradient = wengert.compile(misfit), wengert.value_and_grad(misfit)
    with _step(console, "compile the misfit"):
        primal(start, observed, steps, RATE)
    with _step(console, "compile its gradient"):
        gradient(start, observed, steps, RATE)
    _show_stages(console, gradient, (start, observed, steps, RATE))
    _show_speed(console, primal, gradient, (start, observed, steps, RATE))
    difference = dot_product_test(gradient, (start, observed, steps, RATE))
    console.print(f"dot-product test: <gradient, v> against the tangent along v, relative difference {difference:.1e}")

    def value_and_gradient(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = gradient(x.reshape(size, size), observed, steps, RATE)
        return float(value), slope.ravel()

    with _step(console, "minimise with scipy.optimize (L-BFGS-B)"):
        found = minimize(
            value_and_gradient,
            start.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": ITERATIONS, "ftol": 0.0, "gtol": 0.0},
        )
    before = float(primal(start, observed, steps, RATE))
    fold = before / found.fun
    console.print(
        f"misfit {before:.4g} -> {found.fun:.4g}, {fold:,.0f}-fold less, by {found.nfev} gradients"
    )
    console.print(_picture(output, truth, start, found.x.reshape(size, size)))
    return 0 if fold >= 1000 and difference < 1e-9 else 1


def dot_product_test(gradient: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    """``|<grad f, v> - df(v)| / |df(v)|`` for a random direction v: reverse mode against forward mode."""
    direction = np.random.default_rng(0).standard_normal(arguments[0].shape)
    _, slope = gradient(*arguments)
    _, tangent = wengert.jvp(misfit, arguments, (direction, None, None, None))
    return abs(float(np.vdot(slope, direction)) - float(tangent)) / abs(float(tangent))


@contextmanager
def _step(console: Console, name: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    console.print(f"{name}: [cyan]{time.perf_counter() - begin:.2f} s[/]")


def _show_stages(console: Console, function: wengert.Function, arguments: tuple[Any, ...]) -> None:
    stages = function.lower(*arguments)
    for name in SHOWN_STAGES:
        lines = [
            line[:140] for line in stages.as_text(name).splitlines() if line.strip() and not line.startswith("#loc")
        ]
        middle = max(0, len(lines) // 2 - SHOWN_LINES // 2)
        console.print(f"[bold]stage {name}[/] ({len(lines)} lines, {SHOWN_LINES} of them)")
        console.print(Syntax("\n".join(lines[middle : middle + SHOWN_LINES]), "llvm", background_color="default"))


def _show_speed(
    console: Console, primal: wengert.Function, gradient: wengert.Function, arguments: tuple[Any, ...]
) -> None:
    reference = _best(lambda: misfit(*arguments), 2)
    compiled, derivative = _best(lambda: primal(*arguments), 5), _best(lambda: gradient(*arguments), 5)
    console.print(
        f"one call: NumPy {reference * 1e3:.1f} ms, compiled {compiled * 1e3:.1f} ms ({reference / compiled:.1f}x), "
        f"value and gradient {derivative * 1e3:.1f} ms ({derivative / compiled:.1f} times the compiled value)"
    )


def _best(call: Callable[[], Any], repetitions: int) -> float:
    times = []
    for _ in range(repetitions):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


def _picture(output: Path, truth: np.ndarray, start: np.ndarray, found: np.ndarray) -> str:
    """Write the three fields side by side; what happened, as a sentence."""
    try:
        import matplotlib
    except ImportError:
        return "no picture: matplotlib is not installed (pip install 'wengert[plot]')"
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(12, 4), layout="constrained")
    for axis, field, title in zip(axes, (truth, start, found), ("true initial field", "first guess", "recovered")):
        image = axis.imshow(field, vmin=-1, vmax=1, cmap="RdBu_r", origin="lower")
        axis.set_title(title)
        axis.set_axis_off()
    figure.colorbar(image, ax=axes, shrink=0.8, label="temperature")
    figure.savefig(output, dpi=100)
    pyplot.close(figure)
    return f"picture: {output}"
