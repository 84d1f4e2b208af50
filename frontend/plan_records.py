"""Plans as plain records for the disk cache, and back: lists, texts and numbers, nothing that runs when it is read.

Objects of the program (captured arrays, owners of guards, classes of results) are given by their number in the
program's fingerprint. `Unfit` is raised for plans that cannot be written down.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import optree

from wengert.frontend.arguments import NAMESPACE, enter_class, is_taken_apart, unflatten
from wengert.frontend.fingerprint import Fingerprint, Unfit
from wengert.frontend.guards import GONE, WHOLE, at
from wengert.frontend.instances import attributes_of, made
from wengert.frontend.plan import Plan
from wengert.runtime.signature import KernelSignature, Slot

Record = dict[str, Any]
_POSITIONS = ("result", "number", "leaf")


def written(plan: Plan, program: Fingerprint) -> Record:
    """The record of a plan.

    Raises:
        Unfit: it has parts that only the process knows that compiled it.
    """
    if plan.restores:
        raise Unfit("the function changes containers of its arguments")
    if plan.complex:
        raise Unfit("an argument is complex")
    node = _node(unflatten(plan.structure, list(range(plan.structure.num_leaves))), program)
    if optree.tree_structure(_tree(node, program), namespace=NAMESPACE) != plan.structure:
        raise Unfit("a list of run-time length is returned")
    return {
        "inputs": [x if isinstance(x, int) else {"array": _number(x, program)} for x in plan.inputs],
        "outputs": [_output(kind, value, program) for kind, value in plan.outputs],
        "structure": node,
        "signature": _signature(plan.signature),
        "leaves": plan.leaves,
        "static": sorted(plan.static),
        "guards": [[_number(owner, program), _place(place)] for owner, place, _ in plan.guards],
        "baked": [_number(array, program) for array, _ in plan.baked],
        "weak_matters": plan.weak_matters,
        "coincident": [[leaf, _number(array, program)] for leaf, array in plan.coincident],
    }


def read(record: Record, program: Fingerprint) -> Plan:
    """The plan of a record; what guards expect is what is there now, which the fingerprint has compared.

    Raises:
        Unfit: a guard has nothing to hold on to.
    """
    structure = optree.tree_structure(_tree(record["structure"], program), namespace=NAMESPACE)
    baked = [program.objects[k] for k in record["baked"]]
    guards = [_guard(program.objects[owner], _place_read(place)) for owner, place in record["guards"]]
    return Plan(
        tuple(x if isinstance(x, int) else program.objects[x["array"]] for x in record["inputs"]),
        tuple(_output_read(kind, value, program) for kind, value in record["outputs"]),
        structure,
        False,
        _signature_read(record["signature"]),
        record["leaves"],
        frozenset(record["static"]),
        tuple(guards),
        tuple((array, array.copy()) for array in baked),
        record["weak_matters"],
        coincident=tuple((leaf, program.objects[k]) for leaf, k in record["coincident"]),
    )


def _number(x: Any, program: Fingerprint) -> int:
    number = program.number_of(x)
    if number is None:
        raise Unfit(f"the code depends on an object that is not found again: {type(x).__name__}")
    return number


# ---------------------------------------------------------------- guards


def _place(place: Any) -> Any:
    if place is WHOLE:
        return {"whole": True}
    if type(place) in (str, int):
        return place
    raise Unfit("an item of a container is found by a key that is no text or integer")


def _place_read(place: Any) -> Any:
    return WHOLE if isinstance(place, dict) else place


def _guard(owner: Any, place: Any) -> tuple[Any, Any, Any]:
    value = at(owner, place)
    if value is GONE:
        raise Unfit("what was read is gone")
    return owner, place, frozenset(value) if isinstance(value, set) else value


# ---------------------------------------------------------------- results


def _output(kind: str, value: Any, program: Fingerprint) -> list[Any]:
    if kind in _POSITIONS:
        return [kind, value]
    if kind == "captured":
        return [kind, _number(value, program)]
    if kind == "static":
        return [kind, _literal(value, program)]
    raise Unfit("a complex number is returned" if kind in ("complex", "memory") else "a linear map is returned")


def _output_read(kind: str, value: Any, program: Fingerprint) -> tuple[str, Any]:
    if kind == "captured":
        return kind, program.objects[value]
    return (kind, _literal_read(value, program)) if kind == "static" else (kind, value)


def _literal(value: Any, program: Fingerprint) -> Any:
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return {"float": value.hex()}
    number = program.number_of(value)
    if number is None:
        raise Unfit(f"an object of type {type(value).__name__} is returned")
    return {"object": number}


def _literal_read(value: Any, program: Fingerprint) -> Any:
    if not isinstance(value, dict):
        return value
    return float.fromhex(value["float"]) if "float" in value else program.objects[value["object"]]


# ---------------------------------------------------------------- structures


def _node(tree: Any, program: Fingerprint) -> Any:
    """A tree of containers with integers as its leaves."""
    if tree is None or type(tree) is int:
        return None if tree is None else 0
    if type(tree) in (tuple, list):
        return {type(tree).__name__: [_node(x, program) for x in tree]}
    if type(tree) is dict and all(type(key) in (str, int) for key in tree):
        return {"dict": [[key, _node(x, program)] for key, x in tree.items()]}
    if is_taken_apart(tree):
        parts = [[name, _node(x, program)] for name, x in attributes_of(tree).items()]
        return {"object": _number(type(tree), program), "parts": parts}
    raise Unfit(f"a {type(tree).__name__} is returned")


def _tree(node: Any, program: Fingerprint) -> Any:
    if not isinstance(node, dict):
        return node
    if "dict" in node:
        return {key: _tree(x, program) for key, x in node["dict"]}
    if "object" in node:
        cls = program.objects[node["object"]]
        enter_class(cls)
        return made(cls, [(name, _tree(x, program)) for name, x in node["parts"]])
    return tuple(_tree(x, program) for x in node["tuple"]) if "tuple" in node else [
        _tree(x, program) for x in node["list"]]


# ---------------------------------------------------------------- signatures


def _signature(signature: KernelSignature) -> Record:
    def slots(listed: tuple[Slot, ...]) -> list[Any]:
        return [[slot.dtype, None if slot.shape is None else list(slot.shape)] for slot in listed]

    return {
        "name": signature.name,
        "arguments": slots(signature.arguments),
        "results": slots(signature.results),
        "into": list(signature.into),
    }


def _signature_read(record: Record) -> KernelSignature:
    def slots(listed: list[Any]) -> tuple[Slot, ...]:
        return tuple(Slot(dtype, None if shape is None else tuple(shape)) for dtype, shape in listed)

    return KernelSignature(record["name"], slots(record["arguments"]), slots(record["results"]), tuple(record["into"]))


def contents(array: np.ndarray[Any, Any]) -> bytes:
    """What an array holds, in the order of its indices."""
    return np.ascontiguousarray(array).tobytes()
