"""Random calls of products of vectors and matrices."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.calls.registry import COMPLEX, FLOATS, INTEGERS, NUMBERS, REALS, Call, arrays, calls, sometimes, two_arrays


@st.composite
def multiplied(draw: Any) -> Call:
    n, m, k = (draw(st.integers(0, 3)) for _ in range(3))
    batch = draw(st.sampled_from(((), (2,), (1, 2))))
    first, second = draw(st.sampled_from((((n, m), (m, k)), ((m,), (m, k)), ((n, m), (m,)), ((m,), (m,)),
                                          ((*batch, n, m), (m, k)), ((*batch, n, m), (2, m, k)), ((n, m), (k, m)))))
    dtypes = draw(st.sampled_from((FLOATS, ("int64", "int32"), REALS)))
    return Call((draw(arrays(first, dtypes)), draw(arrays(second, dtypes))))


@st.composite
def vectors(draw: Any, n: int | None = None, dtypes: tuple[str, ...] = FLOATS + INTEGERS) -> Call:
    size = draw(st.integers(0, 4)) if n is None else n
    return Call((draw(arrays((size,), dtypes)), draw(arrays((size,), dtypes))))


calls("dot matmul", multiplied())
calls("inner vdot vecdot", vectors())
calls("outer kron", two_arrays(dtypes=FLOATS + INTEGERS, most=2))
calls("cross", vectors(3, (*FLOATS, "int64")))


@st.composite
def contracted(draw: Any) -> Call:
    shape = draw(st.lists(st.integers(1, 3), min_size=2, max_size=3).map(tuple))
    kind = (draw(st.sampled_from(NUMBERS)),)
    axes, other = draw(st.sampled_from(((1, (shape[-1], 2)), (2, (*shape[-2:], 2)), (0, (2,)),
                                        (((0, 1), (1, 0)), (shape[1], shape[0])), (((-1,), (0,)), (shape[-1],)))))
    return Call((draw(arrays(shape, kind)), draw(arrays(other, kind))), {"axes": axes})


@st.composite
def summed(draw: Any) -> Call:
    n, m, k = (draw(st.integers(0, 3)) for _ in range(3))
    text, shapes = draw(st.sampled_from((
        ("ij,jk->ik", ((n, m), (m, k))), ("ij,jk", ((n, m), (m, k))), ("ii->i", ((n, n),)), ("ij->ji", ((n, m),)),
        ("ij->", ((n, m),)), ("...i,...i->...", ((n, m), (m,))), ("i,j->ij", ((n,), (m,))),
        ("ijk,k->ji", ((n, m, k), (k,))),
        ("i,ij,j->", ((n,), (n, m), (m,))), ("bij,bjk->bik", ((2, n, m), (2, m, k))), ("ii", ((n, n),)))))
    kind = (draw(st.sampled_from(FLOATS + COMPLEX + ("int64",))),)
    return Call((text, *[draw(arrays(shape, kind)) for shape in shapes]))


@st.composite
def of_matrices_and_vectors(draw: Any, first: bool) -> Call:
    n, m = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    batch = draw(st.sampled_from(((), (2,))))
    a, x = draw(arrays((*batch, n, m))), draw(arrays((m,) if first else (n,)))
    return Call((a, x) if first else (x, a))


@st.composite
def observed(draw: Any) -> Call:
    view = draw(arrays(least=1, most=2, smallest=2, dtypes=(*FLOATS, "int64", "complex128"), high=2.7))
    return Call((view,), draw(sometimes("rowvar", st.booleans())))


calls("tensordot", contracted())
calls("einsum", summed())
calls("matvec", of_matrices_and_vectors(True))
calls("vecmat", of_matrices_and_vectors(False))
calls("cov corrcoef", observed())
