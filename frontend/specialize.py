"""One compilation: trace a function for a kind of arguments, lower it, build the entry.

Assumes flattened arguments (arguments.py).  Leaves a `Specialization`, which takes the leaves of a call and returns
its result.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import ir
from wengert.dialects.control import find_function
from wengert.dialects.errors import Position, UnsupportedError, WengertTypeError
from wengert.dialects.interpret import run as run_function
from wengert.frontend.arguments import (
    Leaf,
    alias_pattern,
    classify,
    flatten,
    is_taken_apart,
    unflatten,
)
from wengert.frontend.boundary import result_attributes, returned_value, signature_of, the_context
from wengert.frontend.calls import call
from wengert.frontend.complex_numbers.arithmetic import complex_operand
from wengert.frontend.complex_numbers.memory import (
    interleaved,
    memory_of,
    of_memory,
    real_memory,
)
from wengert.frontend.complex_numbers.values import Complex, ComplexArray
from wengert.frontend.containers import stored_into
from wengert.frontend.conversions import DTYPES, is_whole
from wengert.frontend.instances import attributes_of
from wengert.frontend.leaks import refuse_traced
from wengert.frontend.linear_maps import LinearMap
from wengert.frontend.list_results import flatten_result
from wengert.frontend.map_programs import interpreted_map, map_program, separate, with_maps
from wengert.frontend.memory_report import MemoryReport, memory_report
from wengert.frontend.options import DEFAULT, CompileOptions
from wengert.frontend.plan import Plan
from wengert.frontend.positions import definition_of
from wengert.frontend.reads import lasting
from wengert.frontend.specialization import Specialization, answering, finish
from wengert.frontend.stages import Stages
from wengert.frontend.targets import make_target
from wengert.frontend.trace import NeedsStatic, Trace
from wengert.frontend.values import Array, Box, Scalar, Traced
from wengert.passes.base import run_pipeline
from wengert.passes.pipeline import DIFFERENTIATION, ND
from wengert.runtime.signature import Slot

MAX_RETRACES = 8
# ---------------------------------------------------------------- tracing


def trace_function(
    py_func: Callable[..., Any],
    leaves: Sequence[Any],
    structure: Any,
    static: frozenset[int],
    options: CompileOptions = DEFAULT,
) -> tuple[Any, Plan]:
    """The module with one public function, and the plan; arguments are made static until no more are asked for.

    Raises:
        WengertError: Python or NumPy that is refused, with the user's position.
    """
    for _ in range(MAX_RETRACES):
        try:
            return _trace_once(py_func, leaves, structure, static, options)
        except NeedsStatic as request:
            wanted = frozenset(
                origin[1] for origin in request.origins if isinstance(origin, tuple) and origin[0] == "arg"
            )
            if any(isinstance(leaves[i], (float, np.floating)) for i in wanted):
                raise WengertTypeError(
                    f"the value of a float argument is needed while compiling: {request.reason}",
                    request.position,
                    why="a float stays a run-time value: fixed, its derivative would silently be zero",
                    help="pass an int, or write the recursion as a loop",
                ) from None
            if not wanted - static:
                raise UnsupportedError(
                    f"a Python value is needed while compiling: {request.reason}", request.position
                ) from None
            static = static | wanted
    raise UnsupportedError("too many arguments have to be known while compiling")


def _trace_once(
    py_func: Callable[..., Any],
    leaves: Sequence[Any],
    structure: Any,
    static: frozenset[int],
    options: CompileOptions,
) -> tuple[Any, Plan]:
    classes = [classify(leaf, static=i in static) for i, leaf in enumerate(leaves)]
    aliases = alias_pattern(leaves)
    inputs = [i for i, c in enumerate(classes) if c.slot is not None and aliases[i] == i]
    with the_context(), ir.Location.unknown():
        module = ir.Module.create()
        with Trace(module, options) as trace:
            types = [_type(trace, classes[i].slot) for i in inputs]
            with trace.function(_symbol(py_func), types, private=False) as region:
                arguments = dict(zip(inputs, region.arguments))
                own = [
                    _value(i, classes[i], leaves[i], arguments, trace) if aliases[i] == i else None
                    for i in range(len(leaves))
                ]
                values: list[Any] = [own[aliases[i]] for i in range(len(own))]
                args, kwargs = unflatten(structure, values)
                own_containers = {id(x) for x in _containers((args, kwargs))}
                try:
                    result = call(py_func, *args, **kwargs)
                except BaseException:
                    region.journal.undo()  # objects of the program hold no traced values
                    raise
                restores = stored_into(region, (args, kwargs))
                known = {id(c.value): ("captured", c.array) for c in trace.captured}
                known |= {id(value): ("captured", array) for array, _, value in trace.complexes.values()}
                known |= {id(v): ("leaf", i) for i, v in reversed(list(enumerate(values))) if isinstance(v, Traced)}
                tree = (result, (args, kwargs)) if restores else result
                outputs, returned, result_structure, maps = _outputs(
                    trace, tree, known, definition_of(py_func), len(flatten_result(result, (Complex,))[0])
                )
                into: list[int | None] = [None] * len(returned)
                boxes = [memory_of(values[i]) if isinstance(values[i], Complex) else values[i] for i in inputs]
                written: list[tuple[int, Any]] = [
                    (k, box)
                    for k, (i, box) in enumerate(zip(inputs, boxes, strict=True))
                    if isinstance(box, Box) and box.value != arguments[i]
                ]
                written += [(len(inputs) + k, c.value) for k, c in enumerate(trace.captured) if c.written]
                returned += [(box.read(), box.element) for _, box in written]
                into += [k for k, _ in written]
                trace.emit("func.return", [], [value for value, _ in returned])
            for name, attribute in options.attributes().items():
                region.func.attributes[name] = attribute
            described = [result_attributes(k, element) for k, (_, element) in zip(into, returned, strict=True)]
            region.func.attributes["res_attrs"] = ir.ArrayAttr.get(described)
            outputs = with_maps(trace, module, region.name, outputs, maps)
            elements = [slot.dtype for i in inputs if (slot := classes[i].slot)]
            elements += [captured.value.element for captured in trace.captured]
            signature = signature_of(find_function(module, region.name), elements)
            plan = Plan(
                (*inputs, *[c.array for c in trace.captured]),
                tuple(outputs),
                result_structure,
                restores,
                signature,
                len(leaves),
                static,
                tuple(guard for guard in lasting(trace.guards) if id(guard[0]) not in own_containers),
                tuple(trace.baked),
                trace.weak_matters,
                frozenset(i for i in inputs if classes[i].kind == "complex"),
                tuple((i, leaves[i]) for i in sorted(trace.coincident)),
            )
    return module, plan


def _containers(tree: Any) -> Iterator[Any]:
    """The lists, dicts and instances of a tree that a trace was given: made for it, nobody else changes them."""
    if is_taken_apart(tree):
        yield tree
        yield getattr(tree, "__dict__", tree)
        parts: Iterable[Any] = attributes_of(tree).values()
    else:
        parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, (list, tuple, deque)) else ()
        yield tree
    for part in parts:
        yield from _containers(part)


def _value(i: int, leaf_class: Leaf, leaf: Any, arguments: dict[int, Any], trace: Trace) -> Any:
    """What the traced function gets for a leaf."""
    slot = leaf_class.slot
    if slot is None:
        return leaf
    if leaf_class.kind == "complex":
        if isinstance(leaf, np.ndarray):
            trace.leaves[id(leaf)] = i
        return _complex_value(arguments[i], leaf_class, leaf, trace)
    if slot.shape is None:
        if is_whole(slot.dtype):
            trace.whole_arguments.add(("arg", i))
        return Scalar(arguments[i], slot.dtype, weak=leaf_class.weak, origins=frozenset({("arg", i)}))
    box = Box(arguments[i], slot.shape, slot.dtype, contiguous=bool(leaf.flags.c_contiguous))
    trace.boxes[id(leaf)] = (leaf, box)
    trace.leaves[id(leaf)] = i
    return box


def _complex_value(argument: Any, leaf_class: Leaf, leaf: Any, trace: Trace) -> Any:
    """The complex value of an argument that is its memory."""
    assert leaf_class.slot is not None and leaf_class.slot.shape is not None
    contiguous = not isinstance(leaf, np.ndarray) or bool(leaf.flags.c_contiguous)
    memory = Box(argument, leaf_class.slot.shape, leaf_class.slot.dtype, contiguous=contiguous)
    value = of_memory(memory, leaf_class.weak)
    if isinstance(leaf, np.ndarray):
        known = real_memory(leaf)
        trace.boxes[id(known)] = (known, memory)
        trace.complexes[id(leaf)] = (leaf, known, value)
    return value


def _outputs(
    trace: Trace, result: Any, boxes: dict[int, tuple[str, Any]], definition: Position | None, results: int
) -> tuple[list[tuple[str, Any]], list[tuple[Any, str]], Any, dict[int, LinearMap]]:
    """Classify the leaves of the result; equal traced leaves are returned once, as values with their element types.

    Also the maps by their position.  After the first `results` leaves come those left in containers of the arguments:
    there a Python number stays one."""
    leaves, structure = flatten_result(result, (Complex,))
    outputs: list[tuple[str, Any]] = []
    returned: list[tuple[Any, str]] = []
    maps: dict[int, LinearMap] = {}
    made: dict[int, tuple[str, Any]] = {}
    for leaf in leaves:
        if id(leaf) not in made:
            if id(leaf) in boxes:
                made[id(leaf)] = boxes[id(leaf)]
            elif isinstance(leaf, (Array, Scalar)):
                made[id(leaf)] = ("result", len(returned))
                returned.append((returned_value(trace, leaf), leaf.element))
            elif isinstance(leaf, ComplexArray) and leaf.ndim:
                made[id(leaf)] = ("memory", len(returned))
                returned.append((returned_value(trace, interleaved(leaf)), leaf.element))
            elif isinstance(leaf, Complex):
                made[id(leaf)] = ("complex", len(returned))
                parts = complex_operand(leaf)
                returned += [(trace.cast(part, leaf.element), leaf.element) for part in (parts.re, parts.im)]
            elif isinstance(leaf, LinearMap):
                leaf.linearized.require_alive()
                maps[len(returned)] = leaf
                made[id(leaf)] = ("map", len(returned))
                returned.append((leaf.linearized.residuals, ""))
            else:
                refuse_traced(leaf, definition)
                made[id(leaf)] = ("static", leaf)
        kind, value = made[id(leaf)]
        kept = len(outputs) >= results and kind == "result" and isinstance(leaf, Scalar) and leaf.weak
        outputs.append(("number" if kept else kind, value))
    return outputs, returned, structure, maps


def _type(trace: Trace, slot: Slot | None) -> Any:
    assert slot is not None
    return trace.types[slot.dtype] if slot.shape is None else trace.tensor_type(slot.shape, slot.dtype)


def _symbol(py_func: Callable[..., Any]) -> str:
    name = getattr(py_func, "__name__", "function")
    return name if name.isidentifier() else "function"


# ---------------------------------------------------------------- compilations


def specialize(
    py_func: Callable[..., Any],
    leaves: Sequence[Any],
    structure: Any,
    static: frozenset[int],
    options: CompileOptions,
    mismatch: Callable[..., Any] | None = None,
) -> Specialization:
    """Trace, lower and load.

    A direct specialization of flat arguments answers with `mismatch` what does not fit (None if they are not flat),
    every other one with NotImplemented.
    """
    with the_context():
        module, plan = trace_function(py_func, leaves, structure, static, options)
        target = make_target(options)
        modules = separate(module, plan) if plan.maps else {plan.signature.name: module}
        maps = {p.name: map_program(modules[p.name], p, target.compile) for p in plan.maps}
        otherwise = answering(plan, mismatch)
        program = target.compile(modules[plan.signature.name], plan, otherwise)
    return Specialization(plan, program, _describe(plan, leaves), maps, otherwise is mismatch, leaves)


def stages(
    py_func: Callable[..., Any], leaves: Sequence[Any], structure: Any, static: frozenset[int], options: CompileOptions
) -> Stages:
    """The texts of all stages, without loading anything."""
    with the_context():
        module, plan = trace_function(py_func, leaves, structure, static, options)
        if plan.maps:
            module = separate(module, plan)[plan.signature.name]
        return make_target(options).stages(module, plan)


def report(
    py_func: Callable[..., Any], leaves: Sequence[Any], structure: Any, static: frozenset[int], options: CompileOptions
) -> MemoryReport:
    """What a call allocates, predicted."""
    with the_context():
        module, plan = trace_function(py_func, leaves, structure, static, options)
        if plan.maps:
            module = separate(module, plan)[plan.signature.name]
        return memory_report(module, plan, plan.passed(leaves))


def _describe(plan: Plan, leaves: Sequence[Any]) -> str:
    arguments = ", ".join(
        s.dtype if s.shape is None else f"{s.dtype}[{','.join(map(str, s.shape))}]" for s in plan.signature.arguments
    )
    fixed = "".join(f", leaf {i} = {leaves[i]!r}" for i in sorted(plan.static))
    return f"{plan.signature.name}({arguments}){fixed}"


def interpret(
    py_func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], options: CompileOptions = DEFAULT
) -> Any:
    """The function's value by the NumPy interpreter of the IR: the oracle, and what runs without a JIT."""
    arguments = (tuple(args), dict(kwargs))
    leaves, structure = flatten(arguments)
    with the_context():
        module, plan = trace_function(py_func, leaves, structure, frozenset(), options)
        run_pipeline(module, (*ND, *DIFFERENTIATION))
        inputs = plan.passed(leaves)
        results = run_function(module, plan.signature.name, inputs)
        text = module.operation.get_asm(enable_debug_info=True)
        maps = {p.name: interpreted_map(text, p.name) for p in plan.maps}
    # The IR's integers have no sign; those of the signature do.
    results = [np.asarray(x).astype(DTYPES[slot.dtype], copy=False)[()] if slot.dtype[0] == "u" else x
               for x, slot in zip(results, plan.signature.results, strict=True)]
    returned = [result for result, target in zip(results, plan.signature.into) if target is None]
    for result, target in zip(results, plan.signature.into):
        if target is not None:
            inputs[target][...] = result
    return finish(plan, returned, leaves, arguments, maps)
