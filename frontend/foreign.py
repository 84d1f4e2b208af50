"""wengert.extern: functions that wengert does not compile but calls, written in C or in Python.

A call becomes a func.call of a function that is only declared (dialects/foreign.py); its address is looked up when code
is loaded (runtime/foreign.py).  Derivatives come from rules (custom_rules.py); without them a derivative is refused.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import ir
from wengert.dialects.build import create
from wengert.dialects.discrete import cmpi
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.dialects.failures import RAISED
from wengert.dialects.foreign import FOREIGN, MEANINGS, PURE
from wengert.frontend.arguments import Static, flatten, unflatten
from wengert.frontend.conversions import DTYPES, is_whole, known_element
from wengert.frontend.custom_rules import CustomRules
from wengert.frontend.forms import Form, form_of
from wengert.frontend.operands import is_number, operand
from wengert.frontend.positions import fail
from wengert.frontend.rule_results import kind_text
from wengert.frontend.trace import current, tracing
from wengert.frontend.values import Array, Scalar, shape_text
from wengert.runtime import foreign

#: What stands for a number in `arguments` and `result`.
NUMBERS: dict[Any, str] = {float: "f64", int: "i64", bool: "i1", **{d.type: name for name, d in DTYPES.items()}}


def extern(
    function: Any,
    result: Any,
    *,
    arguments: Sequence[Any] | None = None,
    name: str | None = None,
    jvp: Callable[..., Any] | None = None,
    vjp: tuple[Callable[..., Any], Callable[..., Any]] | None = None,
    effect: bool = False,
) -> CustomRules:
    """A function that compiled code calls as it is: a C function, or a Python callback.

    Args:
        function: a Python function, called with NumPy arrays (copies) and numbers; a ctypes function; or
            ``(library, name)`` for a C function, with a path or a ctypes library (None: what the process has).
        result: an array or a number like the result (its shape and dtype count), a type such as ``float`` for a number,
            a tuple, list or dict of these; or a function of the arguments that returns one.
        arguments: of a C function, one entry an argument: a type (``float``, ``int``, ``bool``, ``np.float32``) for a
            number, which is passed by value; ``[type]`` for an array, of which a pointer to contiguous elements is
            passed.  After them come pointers to the memory of the results; a result that is one number is returned.
        name: for messages and stages.
        jvp, vjp: rules, as `custom_jvp` and `custom_vjp` take them; vjp is (fwd, bwd).
        effect: whether a call does something besides computing its results, and must not be dropped or merged.

    Returns:
        A function like one of `custom_jvp`, with ``.defjvp`` and ``.defvjp``.  Exceptions of a callback are raised
        where the compiled function was called.

    Raises:
        DifferentiationError: when a derivative is needed and there is no rule.
        WengertValueError, WengertTypeError: arguments that do not fit the signature.

    >>> import ctypes, numpy as np, wengert
    >>> erf = wengert.extern((ctypes.util.find_library("m"), "erf"), float, arguments=[float])
    >>> @erf.defjvp
    ... def erf_jvp(primals, tangents):
    ...     return erf(primals[0]), 2 / np.sqrt(np.pi) * np.exp(-primals[0] ** 2) * tangents[0]
    >>> f = wengert.compile(lambda x: 2.0 * erf(x))
    >>> round(float(f(0.5)), 4), round(float(wengert.grad(f)(0.0)), 4)
    (1.041, 2.2568)
    """
    native = _address_of(function)
    if native is not None and arguments is None:
        raise WengertTypeError("extern of a C function needs arguments=", why="C does not say what it takes",
                               help="arguments=[float, [float]] for a double and a pointer to doubles")
    label = name or _name(function)
    called = _Foreign(function, result, arguments, label, native, effect)

    def run(*args: Any) -> Any:
        return called.in_trace(args) if tracing() else called.plain(args)

    run.__name__ = run.__qualname__ = label
    made = ForeignFunction(run, called.converted)
    if jvp is not None:
        made.defjvp(jvp)
    if vjp is not None:
        made.defvjp(*vjp)
    return made


class ForeignFunction(CustomRules):
    """What `extern` returns."""

    def __init__(self, run: Callable[..., Any], converted: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> None:
        super().__init__(run, "extern", None)
        self._converted = converted

    def _in_trace(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            fail(f"{self.__name__} takes its arguments by position", error=WengertTypeError)
        if self._jvp is None and self._vjp is None:
            return self.py_func(*args)
        return super()._in_trace(*self._converted(args))


def _name(function: Any) -> str:
    return str(function[1] if isinstance(function, tuple) else getattr(function, "__name__", "extern"))


def _address_of(function: Any) -> tuple[int, Any] | None:
    """Address and holder of a C function; None for a Python function.

    Raises:
        WengertValueError: the library or the name is not there.
    """
    if isinstance(function, tuple):
        library, name = function
        try:
            loaded = library if isinstance(library, ctypes.CDLL) else ctypes.CDLL(library)
            function = getattr(loaded, name)
        except (OSError, AttributeError) as error:
            raise WengertValueError(f"there is no C function {name!r} in {library!r}", why=str(error),
                                    help="give the path of a shared library and a name it exports") from None
    if isinstance(function, ctypes._CFuncPtr):  # type: ignore[attr-defined]
        address = ctypes.cast(function, ctypes.c_void_p).value
        if not address:
            raise WengertValueError("the C function is a null pointer")
        return address, function
    if not callable(function):
        raise WengertTypeError(f"extern needs a function, not {type(function).__name__}")
    return None


class _Foreign:
    """A foreign function and its signature, as far as it is known before a call."""

    def __init__(self, function: Any, result: Any, arguments: Sequence[Any] | None, name: str,
                 native: tuple[int, Any] | None, effect: bool) -> None:
        self.function, self.result, self.name, self.native, self.effect = function, result, name, native, effect
        self.declared = None if arguments is None else [_declared(entry) for entry in arguments]
        self._symbols: dict[Any, str] = {}

    # ------------------------------------------------------------ a call in traced code

    def in_trace(self, args: tuple[Any, ...]) -> Any:
        trace = current()
        leaves, structure = flatten(args)
        values = [_traced(leaf) for leaf in leaves]
        forms = self._forms(values)
        outs, result_structure = self._results(args)
        objects = [None if form else leaf for form, leaf in zip(forms, leaves)]
        symbol = self._symbol(structure, forms, objects, outs, result_structure)
        given = [form for form in forms if form is not None]
        types, results = [form.type for form in given], [form.type for form in outs]
        self._declare(symbol, types, [*results, trace.types["i64"]])
        operands = [trace.cast(x, form.element) if form.shape is None else form.value(x, "an argument")
                    for form, x in zip(forms, values) if form is not None]
        callee = {"callee": ir.FlatSymbolRefAttr.get(symbol)}
        *found, status = trace.emit("func.call", [*results, trace.types["i64"]], operands, callee).results
        if self.native is None or self.effect:
            with trace.here():
                ok = cmpi("eq", status, trace.constant(0, "i64"))
            trace.emit("nd.check", [], [ok, status], {"kind": RAISED, "message": f"{self.name} has failed"})
        return unflatten(result_structure, [form.wrap(value) for form, value in zip(outs, found)])

    def converted(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments with ints as floats where a C function takes those: its rules get what it gets."""
        if self.declared is None or len(args) != len(self.declared):
            return args
        return tuple(_as_float(x, element) if element in ("f64", "f32") and not is_array else x
                     for x, (element, is_array) in zip(args, self.declared))

    def _forms(self, values: Sequence[Any]) -> list[Form | None]:
        """The form in which each leaf is passed; None for a Python object, which only a callback can take."""
        if self.declared is None:
            return [form_of(x) if isinstance(x, (Array, Scalar)) or is_number(x) else None for x in values]
        if len(values) != len(self.declared):
            count = len(self.declared)
            fail(f"{self.name} takes {count} arguments, and is given {len(values)}", error=WengertTypeError)
        return [self._passed(i, x, *entry) for i, (x, entry) in enumerate(zip(values, self.declared))]

    def _passed(self, i: int, x: Any, element: str, is_array: bool) -> Form:
        found = form_of(x) if isinstance(x, (Array, Scalar)) or is_number(x) else None
        fits = found is not None and (found.shape is not None) == is_array and (
            found.element == element or (not is_array and found.weak and element in ("f64", "f32")))
        if found is None or not fits:
            kind = f"an array of {element}" if is_array else f"a number {element}"
            fail(f"argument {i} of {self.name} is {kind_text(x)}, and {kind} is declared", error=WengertTypeError,
                 why="a C function reads the bytes it is given", help="convert it, with .astype() or float()")
        return Form(element, found.weak, found.shape)

    def _results(self, args: tuple[Any, ...]) -> tuple[list[Form], Any]:
        like = self.result
        if callable(like) and like not in NUMBERS:
            shown, structure = flatten(args)
            like = like(*unflatten(structure, [_example(leaf) for leaf in shown]))
        leaves, structure = flatten(like)
        return [_like(leaf, self.name) for leaf in leaves], structure

    def _declare(self, symbol: str, arguments: Sequence[Any], results: Sequence[Any]) -> None:
        trace = current()
        if symbol in trace.foreign:
            return
        trace.foreign.add(symbol)
        kind = "python" if self.native is None else "value" if self._returns_value(results[:-1]) else "c"
        attributes = {
            "sym_name": ir.StringAttr.get(symbol),
            "sym_visibility": ir.StringAttr.get("private"),
            "function_type": ir.TypeAttr.get(ir.FunctionType.get(list(arguments), list(results))),
            FOREIGN: ir.StringAttr.get(kind),
            "nd.name": ir.StringAttr.get(self.name),
        }
        if not self.effect:
            attributes[PURE] = ir.UnitAttr.get()
        end = ir.InsertionPoint(trace.module.body)
        create("func.func", [], [], attributes, regions=1, ip=end, loc=trace.location())

    @staticmethod
    def _returns_value(results: Sequence[Any]) -> bool:
        return len(results) == 1 and not isinstance(results[0], ir.RankedTensorType)

    # ------------------------------------------------------------ symbols and meanings

    def _symbol(self, structure: Any, forms: Sequence[Form | None], objects: Sequence[Any], outs: Sequence[Form],
                result_structure: Any) -> str:
        """The symbol for arguments and results of these forms."""
        key = structure, tuple(forms), tuple(map(Static, objects)), tuple(outs), result_structure
        if key not in self._symbols:
            given = [form for form in forms if form is not None]
            if self.native is not None:
                run = self._native_call(given, outs)
                symbol = foreign.register(self.name, *self.native)
            else:
                run = self._callback(structure, forms, objects, outs, result_structure)
                symbol = foreign.callback(self.name, run, [_kind(f) for f in given], [_kind(f) for f in outs])
            self._symbols[key] = symbol
            MEANINGS[symbol] = lambda values: run(*map(_copied, given, values))
        return self._symbols[key]

    def _callback(self, structure: Any, forms: Sequence[Form | None], objects: Sequence[Any], outs: Sequence[Form],
                  result_structure: Any) -> Callable[..., list[Any]]:
        """From the values of leaves to the leaves of the result, whose shapes and dtypes are checked."""

        def run(*values: Any) -> list[Any]:
            it = iter(values)
            leaves = [x if form is None else _plain(form, next(it)) for form, x in zip(forms, objects)]
            found = self.function(*unflatten(structure, leaves))
            return self._checked(found, outs, result_structure)

        return run

    def _checked(self, found: Any, outs: Sequence[Form], structure: Any) -> list[Any]:
        try:
            leaves = structure.flatten_up_to(found)
        except (ValueError, TypeError):
            raise WengertValueError(f"{self.name} returns the structure {flatten(found)[1]}",
                                    why=f"extern was told that its result is {structure}") from None
        for form, leaf in zip(outs, leaves):
            array, (dtype, shape) = np.asarray(leaf), _kind(form)
            if array.shape != (shape or ()) or not np.can_cast(array.dtype, dtype, "same_kind"):
                raise WengertValueError(
                    f"{self.name} returns {array.dtype}{shape_text(array.shape)}",
                    why=f"extern was told that its result is {dtype}{shape_text(shape or ())}",
                    help="correct the function, or result=")
        return list(leaves)

    def _native_call(self, forms: Sequence[Form], outs: Sequence[Form]) -> Callable[..., list[Any]]:
        """The C function through ctypes: what compiled code does, for the interpreter."""
        assert self.native is not None
        address = self.native[0]
        value = len(outs) == 1 and outs[0].shape is None
        kinds = [_kind(form) for form in forms]
        parameters = [foreign.c_type(dtype) if shape is None else ctypes.c_void_p for dtype, shape in kinds]
        returned = foreign.c_type(_kind(outs[0])[0]) if value else None
        pointers = [] if value else [ctypes.c_void_p] * len(outs)
        function = ctypes.CFUNCTYPE(returned, *parameters, *pointers)(address)

        def run(*values: Any) -> list[Any]:
            arrays = [np.ascontiguousarray(v, dtype) for v, (dtype, _) in zip(values, kinds)]
            passed = [a[()].item() if shape is None else a.ctypes.data for a, (_, shape) in zip(arrays, kinds)]
            memory = [] if value else [np.zeros(form.shape or (), _kind(form)[0]) for form in outs]
            result = function(*passed, *[m.ctypes.data for m in memory])
            return [result] if value else [m[()] if m.ndim == 0 else m for m in memory]

        return run

    # ------------------------------------------------------------ a call in plain Python

    def plain(self, args: tuple[Any, ...]) -> Any:
        """Where nothing is compiled."""
        outs, structure = self._results(args)
        if self.native is None:
            return unflatten(structure, self._checked(self.function(*args), outs, structure))
        forms = [form for form in self._forms(flatten(args)[0]) if form is not None]
        return unflatten(structure, self._native_call(forms, outs)(*flatten(args)[0]))


def _traced(leaf: Any) -> Any:
    return operand(leaf) if isinstance(leaf, np.ndarray) or (isinstance(leaf, Array) and not leaf.ndim) else leaf


def _as_float(x: Any, element: str) -> Any:
    if isinstance(x, Scalar) and x.weak and is_whole(x.element):
        return Scalar(current().cast(x, element), element, weak=True, origins=x.origins)
    return float(x) if isinstance(x, int) else x


def _copied(form: Form, value: Any) -> Any:
    """A value of the interpreter, whose integers have no sign, as the function gets it."""
    found = np.array(value).astype(DTYPES[form.element], copy=False)
    return found if np.ndim(value) else found[()]


def _declared(entry: Any) -> tuple[str, bool]:
    is_array = isinstance(entry, list) and len(entry) == 1
    element = NUMBERS.get(entry[0] if is_array else entry) if is_array or isinstance(entry, type) else None
    if element is None:
        raise WengertTypeError(f"{entry!r} is no argument of a C function",
                               help="float, int, bool or np.float32 for a number, a list of one of them for an array")
    return element, is_array


def _like(x: Any, name: str) -> Form:
    if isinstance(x, type) and x in NUMBERS:
        return Form(NUMBERS[x], x in (float, int, bool), None)
    if isinstance(x, np.ndarray) and (element := known_element(x.dtype)) is not None:
        return Form(element, False, x.shape if x.ndim else None)
    if type(x) in NUMBERS:
        return Form(NUMBERS[type(x)], isinstance(x, (bool, int, float)) and not isinstance(x, np.generic), None)
    raise WengertTypeError(f"the result of {name} is described by {x!r}",
                           help="an array or a number like the result, or a type such as float")


def _example(leaf: Any) -> Any:
    """An array or a number of zeros in place of a traced one: a result's shape may depend on its shape only."""
    x = leaf if isinstance(leaf, np.ndarray) else _traced(leaf)
    if isinstance(x, Array):
        form = form_of(x)
        assert form is not None
        return np.broadcast_to(np.zeros((), DTYPES[form.element]), form.shape or ())
    return np.zeros((), DTYPES[x.element])[()] if isinstance(x, Scalar) else x


def _plain(form: Form, value: Any) -> Any:
    """A number as Python has it where the program had one; an array as it is."""
    return value.item() if form.weak and form.shape is None else value


def _kind(form: Form) -> foreign.Kind:
    return DTYPES[form.element], form.shape
