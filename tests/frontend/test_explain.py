"""wengert.explain: the reason of a NaN, infinite, zero or huge gradient, with its line; what is shown of each line."""

from __future__ import annotations

import html.parser
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import wengert
from wengert.frontend.explanation.render import number


def norm(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += square(x[i])
    if s < 0.0:
        s = -s
    return np.sqrt(s)


def square(x):
    y = x * x
    return y  # noqa: RET504


def angle(x):
    return np.sum(np.arctan2(x, 0.0 * x))


def softplus(x):
    return np.sum(np.log(1.0 + np.exp(x)))


def quotient(x):
    return 1.0 / (x - 1.0)


def masked(x):
    y = x - x
    return np.sqrt(y) * 0.0


def rounded(x):
    y = int(3.0 * x)
    return y * 1.0


def chosen(x):
    if x > 1.0:
        return 2.0
    return x * x


def stopped(x):
    return wengert.stop_gradient(x) * 3.0


def flat(x):
    return np.sum(np.tanh(30.0 * x))


def unused(x):
    y = x * x
    return y * 0.0 + 1.0


def left_out(x):
    a = np.zeros(3)
    a[0] = x
    a[0] = 1.0
    return a[0]


def relu(x):
    return np.sum(np.where(x > 0.0, x, 0.0))


def steep(x):
    return 1e-3 / (x - 1.0)


def logistic(x, n):
    for _ in range(n):
        x = 4.0 * x * (1.0 - x)
    return x


def tied(x):
    return np.max(x) * 2.0


#: function, arguments, line of the finding counted from the def, and words of (what, why).
FINDINGS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], int, str, str]] = {
    "edge of the domain": (norm, (np.zeros(2),), 6, "sqrt(0) receives the adjoint 1 and has the derivative inf",
                           "edge of the domain"),
    "zero times infinity": (masked, (3.0,), 2, "sqrt(0) receives the adjoint 0 and has the derivative inf", "0 * inf"),
    "no derivative": (angle, (np.zeros(2),), 1, "atan2(0, 0) at element 0 receives", "no value there"),
    "overflow": (softplus, (np.array([1.0, 800.0]),), 1, "forward: exp(800) at element 1 is inf", "overflow"),
    "no value": (lambda x: np.log(x - 3.0), (2.0,), 0, "forward: log(-1) is nan", "no value there"),
    "from outside": (softplus, (np.array([1.0, np.nan]),), 1, "forward: exp(nan) at element 1 has an operand that",
                     "comes from an argument"),
    "division by zero": (quotient, (1.0,), 1, "forward: 1 / 0 is inf", "division by zero"),
    "integer": (rounded, (0.4,), 1, "a path ends in trunc(1.2)", "step function"),
    "inactive branch": (chosen, (2.0,), 1, "a path ends in 2 > 1", "only compared"),
    "stop_gradient": (stopped, (2.0,), 1, "a path ends in stop_gradient(2)", "stopped here"),
    "saturated": (flat, (np.array([1.0, -2.0]),), 1, "a path ends in tanh(30) at element 0", "saturated"),
    "multiplied by zero": (unused, (2.0,), 2, "a path ends in 4 * 0", "multiplied by zero"),
    "overwritten": (left_out, (2.0,), 3, "a path ends in insert", "overwritten"),
    "not chosen": (relu, (np.array([-1.0, -2.0]),), 1, "a path ends in select", "other side was chosen"),
    "steep": (steep, (1.0 + 1e-9,), 1, "as large as 1e+15: ", "largest single factor"),
    "unstable": (logistic, (0.3, 60), 2, "it grows by about 2 in each of 60 iterations", "no operation alone"),
    "kink": (tied, (np.array([1.0, 1.0]),), 1, "max is at a kink", "shared equally"),
    "nothing": (lambda x: 1.0 + 0.0 * len(str(type(x))), (2.0,), -1, "the gradient of x is zero: nothing is computed",
                "no path"),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_finding(name: str) -> None:
    function, arguments, line, what, why = FINDINGS[name]
    explanation = wengert.explain(wengert.grad(function), *arguments)
    found = [f for f in explanation.findings if what in f.what]
    assert len(found) == 1, [f.what for f in explanation.findings]
    assert why in found[0].why
    assert found[0].help
    if line >= 0:
        assert found[0].position is not None
        assert found[0].position.line == function.__code__.co_firstlineno + line
    else:
        assert found[0].position is None
    np.testing.assert_allclose(explanation.result, wengert.grad(function)(*arguments), rtol=1e-12)


def test_infinities_on_purpose_are_no_trouble() -> None:
    def smallest(x):
        best = np.inf
        for i in range(x.shape[0]):
            best = min(best, x[i])
        return best * best

    assert wengert.explain(wengert.grad(smallest), np.array([3.0, 2.0, 4.0])).findings == ()


def test_a_gradient_without_trouble() -> None:
    explanation = wengert.explain(wengert.value_and_grad(norm), np.array([3.0, 4.0]))
    assert explanation.findings == ()
    value, gradient = explanation.result
    assert value == 5.0
    np.testing.assert_allclose(gradient, [0.6, 0.8])
    (name, at, shown), = explanation.inputs
    assert name == "x"
    np.testing.assert_array_equal(at, [3.0, 4.0])
    np.testing.assert_array_equal(shown, gradient)


def test_lines() -> None:
    """The functions in the order in which they begin; values, runs, adjoints and shares of their statements."""
    explanation = wengert.explain(wengert.grad(norm), np.array([3.0, 4.0]))
    outer, inner = explanation.blocks
    assert (outer.title.split(",")[0], inner.title.split(",")[0]) == ("norm", "square")
    first = norm.__code__.co_firstlineno
    lines = {line.number - first: line for line in outer.lines}
    assert lines[0].text == "def norm(x):"
    assert lines[3].name == "s"
    assert lines[3].site is not None
    assert (lines[3].site.count, lines[3].site.first, lines[3].site.last) == (2, 9.0, 25.0)
    assert lines[3].site.adjoint == pytest.approx(0.1)
    assert lines[5].ran is False
    assert lines[6].name == "return"
    shares = explanation.shares
    assert sum(shares.values()) == pytest.approx(1.0)
    # |value * adjoint| is 5 * 1 for the result, 9 * 0.1 + 25 * 0.1 for s, (9 + 16) * 0.1 for y
    assert shares[lines[6].site] == pytest.approx(5.0 / (5.0 + 3.4 + 2.5))
    assert shares[lines[3].site] == pytest.approx(3.4 / (5.0 + 3.4 + 2.5))


def test_text() -> None:
    explanation = wengert.explain(wengert.grad(norm), np.zeros(2))
    text = str(explanation)
    assert repr(explanation) == text
    for part in ("norm: 1 finding", "x = [0 0], gradient [nan nan]", "backward: sqrt(0)", "why: ", "help: ",
                 "    return np.sqrt(s)", "not run", "y = 0", "by reference, 8 B", "read again"):
        assert part in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_in_a_terminal() -> None:
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(wengert.explain(wengert.grad(norm), np.array([3.0, 4.0])))
    shown = console.export_text()
    assert "s += square(x[i])" in shown
    assert "46 %" in shown


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_in_a_notebook() -> None:
    """One well-formed fragment: nothing is loaded from elsewhere, headers have a scope, tables a caption."""
    page = wengert.explain(wengert.grad(norm), np.zeros(2))._repr_html_()
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags.seen}
    assert not any(name in ("src", "href") for _, attributes in tags.seen for name in attributes)
    assert all("scope" in attributes for tag, attributes in tags.seen if tag == "th")
    assert page.count("<caption>") == page.count("<table>") == 2
    assert "if s &lt; 0.0:" in page


# ---------------------------------------------------------------- what may be explained


def test_other_functions_are_explained_by_the_gradient_of_what_they_return() -> None:
    """Of a plain function, and of one that takes derivatives in another mode."""
    x = np.array([0.5, 0.25])
    np.testing.assert_allclose(wengert.explain(np.sin, x).result[0], np.cos(x))
    (second,) = wengert.explain(wengert.jacfwd(lambda t: t * t * t), 2.0).result
    assert second == pytest.approx(12.0)


def test_many_derivatives() -> None:
    def descent(x, steps):
        for _ in range(steps):
            x -= 0.1 * wengert.grad(quotient)(x)
        return x

    explanation = wengert.explain(descent, 3.0, 4)
    assert any("differentiated 4 times" in note for note in explanation.notes)
    explanation = wengert.explain(wengert.jacrev(lambda x: x * x), np.array([1.0, 2.0]))
    assert any("2 reverse sweeps" in note for note in explanation.notes)


def test_of_a_second_derivative() -> None:
    explanation = wengert.explain(wengert.grad(wengert.grad(quotient)), 3.0)
    assert explanation.result == pytest.approx(0.25)
    assert explanation.findings == ()


def test_arguments_are_not_changed() -> None:
    def doubled(a):
        a *= 2.0
        return np.sum(a * a)

    a = np.array([1.0, 2.0])
    np.testing.assert_array_equal(wengert.explain(wengert.grad(doubled), a).result, 8.0 * a)
    np.testing.assert_array_equal(a, [1.0, 2.0])


def test_a_long_run_is_stopped() -> None:
    explanation = wengert.explain(wengert.grad(logistic), 0.3, 10**9, limit=1000)
    assert explanation.result is None
    assert "stopped after 1,000 operations" in explanation.notes[0]
    assert "x = 0.84 .. " in str(explanation)


@pytest.mark.parametrize("g, arguments", [(lambda x: x > 1.0, (2.0,)), (lambda n: n * 1.5, (2,))])
def test_without_floats_there_is_nothing_to_explain(g: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    with pytest.raises(wengert.DifferentiationError, match="explain needs a function with a float as") as caught:
        wengert.explain(g, *arguments)
    assert caught.value.help


@pytest.mark.parametrize("x, text", [
    (1.0, "1"), (np.float64(0.1), "0.1"), (True, "True"), (np.array([1.0, 2.5]), "[1 2.5]"),
    (np.zeros((2, 3)), "2x3: 0 .. 0, norm 0"), (np.ones(7, bool), "7: 7 of 7 true"),
])
def test_number(x: Any, text: str) -> None:
    assert number(x) == text
