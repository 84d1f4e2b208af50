"""Sparse Jacobians and Hessians: the pattern from the program, few sweeps, a SciPy array.

    dependency sweeps -> pattern (patterns.py) -> colours (coloring.py) -> one compressed evaluation -> CSR

The pattern is that of the program, not of its values: an entry is stored where the program could make it different from
zero.  It is kept for as long as what decides it is the same: the kinds of the arguments, and the values of those that
indices, trip counts or branches depend on.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from wengert.dialects.errors import UnsupportedError, WengertError, WengertTypeError
from wengert.frontend import library
from wengert.frontend.arguments import flatten
from wengert.frontend.calls import call
from wengert.frontend.coloring import Coloring, color_hessian, color_jacobian
from wengert.frontend.derivatives import Inner, Linearized, dependencies, trace_inner
from wengert.frontend.forms import Form
from wengert.frontend.function import Function, in_trace
from wengert.frontend.options import CompileOptions
from wengert.frontend.patterns import find_pattern
from wengert.frontend.positions import definition_of
from wengert.frontend.selection import Argnums, choose, listed
from wengert.frontend.single_results import scalar_output
from wengert.frontend.stages import Stages
from wengert.frontend.trace import fail, tracing
from wengert.frontend.tracebacks import without_compiler
from wengert.frontend.transforms import grad
from wengert.runtime.environment import settings

#: Patterns that are kept, of one function.
MOST_KEPT = 8


def sparse_jacobian(f: Callable[..., Any], argnums: Argnums = 0) -> SparseDerivative:
    """The Jacobian of a function as a sparse matrix, without a hint where its entries are.

    The program itself says which entries there can be; columns (or rows) that have none in common are computed
    together.  A five-point stencil takes five sweeps, however many points the grid has.

    Args:
        f: a function of floats whose results are floats.
        argnums: what to differentiate with respect to, as in `grad`: one thing or several, by number or by name.

    Returns:
        A `SparseDerivative`: called with the arguments of `f` it gives a ``scipy.sparse.csr_array`` of shape
        ``(number of results, number of inputs)``.  Rows are the elements of the results, leaf by leaf, each in C order;
        columns are the elements of the argument likewise (of several: in the order of `argnums`, each once).

    Raises:
        WengertTypeError, WengertNameError: at the call, as `grad`, and when the result is not made of floats.
        UnsupportedError: when it is called in compiled code.

    >>> import numpy as np, wengert
    >>> jacobian = wengert.sparse_jacobian(lambda x: x[1:] * x[:-1])
    >>> jacobian(np.array([1.0, 2.0, 3.0])).toarray()
    array([[2., 1., 0.],
           [0., 3., 2.]])
    >>> jacobian.sweeps(np.ones(1000))
    2
    """
    return SparseDerivative(f, argnums, "sparse_jacobian", hessian=False)


def sparse_hessian(f: Callable[..., Any], argnums: Argnums = 0) -> SparseDerivative:
    """The matrix of second derivatives of a function with one float as its result, sparse.

    Only what is nonlinear in two inputs together makes an entry.  The sweeps are products of the Hessian and a vector,
    and as many as a star colouring of its graph has colours.

    Returns:
        A `SparseDerivative`, whose result is a symmetric ``csr_array``; rows and columns as in `sparse_jacobian`.

    Raises:
        DifferentiationError: at the call, when the result is not one float.

    >>> import numpy as np, wengert
    >>> def energy(x):
    ...     return np.sum((x[1:] - x[:-1] ** 2) ** 2)
    >>> wengert.sparse_hessian(energy)(np.array([1.0, 2.0, 3.0])).toarray()
    array([[ 4., -4.,  0.],
           [-4., 38., -8.],
           [ 0., -8.,  2.]])
    """
    return SparseDerivative(f, argnums, "sparse_hessian", hessian=True)


class SparseDerivative:
    """A sparse Jacobian or Hessian: call it with the arguments of the function.

    `pattern`, `colors` and `sweeps` show how it is computed for these arguments, `lower` and `lower_pattern` the code.
    """

    def __init__(self, f: Callable[..., Any], argnums: Argnums, name: str, *, hessian: bool) -> None:
        self._name, self._symmetric = name, hessian
        self._argnums = listed(argnums)
        self.py_func = f.py_func if isinstance(f, Function) else f
        self._f = _gradient(f, argnums, name) if hessian else f
        # Nothing that is chosen for the evaluation may decide what the masks read.
        plain = Function(f.py_func, CompileOptions(), look=f) if isinstance(f, Function) else f
        self._plain = _gradient(plain, argnums, name) if hessian else plain
        options = f.options if isinstance(f, Function) else CompileOptions()
        self._masks = self._traced(self._trace_masks, CompileOptions())
        self._forward = self._traced(self._trace_forward, options)
        self._reverse = self._traced(self._trace_reverse, options)
        self._kept: dict[Any, _Analysis] = {}

    def __repr__(self) -> str:
        return f"<wengert {self._name} of {getattr(self.py_func, '__qualname__', self.py_func)!s}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The derivative as a ``scipy.sparse.csr_array``; entries of the pattern are stored also where they are 0."""
        try:
            return self._evaluate(*self._prepared(args, kwargs))
        except WengertError as error:
            raise without_compiler(error) from error.__cause__

    def pattern(self, *args: Any, **kwargs: Any) -> Any:
        """Where entries can be, as a ``csr_array`` of bool."""
        return self._prepared(args, kwargs)[1].pattern.copy()

    def colors(self, *args: Any, **kwargs: Any) -> Coloring:
        """Which columns are computed in the same forward sweep, which rows in the same reverse sweep."""
        return self._prepared(args, kwargs)[1].coloring

    def sweeps(self, *args: Any, **kwargs: Any) -> int:
        """How many times the linearized function is applied."""
        return self._prepared(args, kwargs)[1].coloring.sweeps

    def lower(self, *args: Any, **kwargs: Any) -> Stages:
        """The stages of the program of all forward sweeps, or of the reverse sweeps where there are no others."""
        problem, analysis = self._prepared(args, kwargs)
        coloring = analysis.coloring
        if coloring.reverse and not coloring.forward:
            colors = _split(coloring.rows, analysis.outputs)
            return self._reverse.lower(problem.args, problem.kwargs, colors, coloring.reverse)
        return self._forward.lower(problem.args, problem.kwargs, problem.split(coloring.columns), coloring.forward)

    def lower_pattern(self, *args: Any, **kwargs: Any) -> Stages:
        """The stages of the dependency sweep, which finds the pattern."""
        problem = self._problem(args, kwargs)
        return self._masks.lower(problem.args, problem.kwargs, problem.split(np.zeros(problem.size)))

    # ------------------------------------------------------------ outside of compiled code

    def _prepared(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[_Problem, _Analysis]:
        if tracing():
            fail(
                f"{self._name} is called in compiled code",
                error=UnsupportedError,
                why="its result is a SciPy array, whose number of entries is known only when it has been computed",
                help="call it outside; inside, jvp, vjp and hvp multiply with the derivative without making it",
            )
        try:
            problem = self._problem(args, kwargs)
            key = self._key(problem)
            if key not in self._kept:
                self._keep(key, self._analysed(problem))
            return problem, self._kept[key]
        except WengertError as error:
            raise without_compiler(error) from error.__cause__

    def _problem(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Problem:
        chosen = {c.where: c.tree for c in choose(self._f, args, kwargs, self._argnums, self._name)}
        return _Problem(args, kwargs, tuple(leaf for tree in chosen.values() for leaf in flatten(tree)[0]))

    def _key(self, problem: _Problem) -> Any:
        """What decides the pattern: the compiled dependency sweep, and the values it reads besides masks."""
        if settings().disable_jit:
            return object()
        leaves, structure = flatten(((problem.args, problem.kwargs, problem.split(np.zeros(problem.size, int))), {}))
        specialization = self._masks.specialization(leaves, structure)
        count = len(flatten((problem.args, problem.kwargs))[0])
        digest = hashlib.blake2b()
        for k in specialization.program.reads:
            source = specialization.plan.inputs[k]
            if not isinstance(source, int):
                digest.update(np.ascontiguousarray(source).data)
            elif source < count:
                digest.update(np.ascontiguousarray(leaves[source]).data)
        return specialization, digest.digest()

    def _keep(self, key: Any, found: _Analysis) -> None:
        while len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = found

    def _analysed(self, problem: _Problem) -> _Analysis:
        """The pattern and its colours."""
        outputs: list[tuple[int, ...]] = []

        def sweep(masks: np.ndarray) -> np.ndarray:
            found = self._masks(problem.args, problem.kwargs, problem.split(masks))
            outputs[:] = [np.shape(leaf) for leaf in found]
            return _joined(found)

        pattern = find_pattern(sweep, problem.size)
        if self._symmetric:
            pattern = sparse.csr_array(pattern + pattern.T)
            pattern.sort_indices()
            return _Analysis(pattern, color_hessian(pattern, problem.extents), outputs)
        extents = outputs[0] if len(outputs) == 1 else (pattern.shape[0],)
        return _Analysis(pattern, color_jacobian(pattern, problem.extents, extents), outputs)

    def _evaluate(self, problem: _Problem, analysis: _Analysis) -> Any:
        pattern, coloring = analysis.pattern, analysis.coloring
        rows = np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))
        columns = pattern.indices
        data = np.zeros(len(columns), dtype=problem.dtype)
        if coloring.forward:
            sums = self._compressed(self._forward, problem, problem.split(coloring.columns), coloring.forward)
            here = coloring.rows[rows] < 0
            data = data.astype(sums.dtype)
            data[here] = sums[self._sources(pattern, coloring, rows, here)]
        if coloring.reverse:
            sums = self._compressed(self._reverse, problem, _split(coloring.rows, analysis.outputs), coloring.reverse)
            here = coloring.rows[rows] >= 0
            data[here] = sums[coloring.rows[rows[here]], columns[here]]
        return sparse.csr_array((data, columns, pattern.indptr), shape=pattern.shape)

    def _sources(self, pattern: Any, coloring: Coloring, rows: np.ndarray, here: np.ndarray) -> tuple[Any, Any]:
        """Where the sums of the columns have the entries at `here`: (sweeps, rows)."""
        rows, columns = rows[here], pattern.indices[here]
        colors = coloring.columns[columns]
        if not self._symmetric:
            return colors, rows
        place = rows * (coloring.forward + 1) + colors
        alone = (colors >= 0) & (np.bincount(place[colors >= 0], minlength=int(place.max(initial=0)) + 1)[place] == 1)
        return np.where(alone, colors, coloring.columns[rows]), np.where(alone, rows, columns)

    def _compressed(self, sums: Function, problem: _Problem, colors: Any, count: int) -> np.ndarray:
        return _joined(sums(problem.args, problem.kwargs, colors, count), count)

    # ------------------------------------------------------------ traced

    def _traced(self, run: Callable[..., Any], options: CompileOptions) -> Function:
        def traced(*operands: Any) -> Any:
            return run(*operands)

        return Function(in_trace(traced), options, look=self._f)

    def _inner(self, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Inner:
        inner = trace_inner(f, args, kwargs, self._argnums, self._name)
        if not all(isinstance(o, Form) and o.floats for o in inner.outputs):
            raise WengertTypeError(
                f"{self._name} needs a function whose results are floats",
                definition_of(f),
                why="each element of the result is a row of the matrix, and only floats have derivatives",
                help="leave ints, bools and other objects out of the result",
            )
        return inner

    def _trace_masks(self, args: Sequence[Any], kwargs: dict[str, Any], masks: Sequence[Any]) -> list[Any]:
        inner = self._inner(self._plain, args, kwargs)
        forms = [Form("i64", False, form.shape) for form in inner.moving]
        return dependencies(inner, [form.value(mask, "a mask") for form, mask in zip(forms, masks)])

    def _trace_forward(self, args: Sequence[Any], kwargs: dict[str, Any], colors: Sequence[Any], count: int) -> Any:
        inner = self._inner(self._f, args, kwargs)
        linearized = Linearized(inner)
        inputs = [form.wrap(v) for form, v in zip(inner.moving, inner.inputs)]

        def push(seeds: Sequence[Any]) -> list[Any]:
            tangents = [form.value(seed, "a seed") for form, seed in zip(inner.moving, seeds)]
            return flatten(linearized.push(tangents))[0]

        return call(library.compressed_columns, push, inputs, colors, flatten(linearized.result)[0], count)

    def _trace_reverse(self, args: Sequence[Any], kwargs: dict[str, Any], colors: Any, count: int) -> Any:
        inner = self._inner(self._f, args, kwargs)
        linearized = Linearized(inner)
        inputs = [form.wrap(v) for form, v in zip(inner.moving, inner.inputs)]
        outputs = flatten(linearized.result)[0]

        def pull(seeds: Sequence[Any]) -> list[Any]:
            return linearized.pull([form.value(seed, "a seed") for form, seed in zip(inner.floats, seeds)])

        return call(library.compressed_rows, pull, inputs, colors, outputs, count)


def _gradient(f: Callable[..., Any], argnums: Argnums, name: str) -> Callable[..., Any]:
    """The gradient of `f`; what is not a function with one float as its result is refused in the name of `name`."""

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        scalar_output(trace_inner(f, args, kwargs, listed(argnums), name), f, name)
        return grad(f, argnums)(*args, **kwargs)

    return gradient


def _joined(leaves: Sequence[Any], count: int | None = None) -> np.ndarray:
    """Leaves as one vector; with `count` the leaves are stacks of that many."""
    lead = () if count is None else (count,)
    parts = [np.reshape(leaf, (*lead, -1)) for leaf in leaves]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1) if parts else np.zeros((*lead, 0), int)


def _split(values: np.ndarray, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """A vector of ints as arrays of these shapes, and numbers for ()."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = np.split(np.asarray(values, dtype=np.int64), ends)
    return [part.reshape(shape)[()] for part, shape in zip(parts, shapes)]


@dataclass(frozen=True)
class _Analysis:
    """What is known of a derivative before it is evaluated; `outputs`: the shapes of the leaves of the result."""

    pattern: Any
    coloring: Coloring
    outputs: Sequence[tuple[int, ...]]


@dataclass(frozen=True)
class _Problem:
    """The arguments of a call, and the leaves that are inputs, in the order of `argnums`."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    leaves: tuple[Any, ...]

    @property
    def size(self) -> int:
        return sum(map(np.size, self.leaves))

    @property
    def dtype(self) -> Any:
        return np.result_type(*self.leaves) if self.leaves else np.dtype(float)

    @property
    def extents(self) -> tuple[int, ...]:
        """The shape of the only input, or the number of them all."""
        return np.shape(self.leaves[0]) if len(self.leaves) == 1 else (self.size,)

    def split(self, values: np.ndarray) -> list[Any]:
        """A vector over all inputs as leaves of their shapes."""
        return _split(values, [np.shape(leaf) for leaf in self.leaves])
