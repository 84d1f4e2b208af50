"""Random calls of ``numpy.fft``."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.calls.registry import REALS, Call, View, an_axis, arrays, calls, sometimes

NORMS = st.sampled_from(("backward", "ortho", "forward"))


@st.composite
def transformed(draw: Any, several: bool = False, **kind: Any) -> Call:
    view = draw(arrays(least=2 if several else 1, smallest=1, **kind))
    options = draw(sometimes("norm", NORMS))
    if several:
        return Call((view,), options)
    return Call((view,), options | {"axis": draw(an_axis(view, none=False))} | draw(sometimes("n", st.integers(1, 6))))


@st.composite
def shifted(draw: Any) -> Call:
    view = draw(arrays(least=1))
    return Call((view,), {"axes": draw(an_axis(view, several=True))})


@st.composite
def frequencies(draw: Any) -> Call:
    return Call((draw(st.integers(1, 7)), View(np.array(draw(st.sampled_from((1.0, 0.25, 2.0)))))))


calls("fft.fft fft.ifft fft.irfft fft.hfft", transformed())
calls("fft.rfft fft.ihfft", transformed(dtypes=REALS))
calls("fft.fft2 fft.ifft2 fft.fftn fft.ifftn fft.irfft2 fft.irfftn", transformed(several=True))
calls("fft.rfft2 fft.rfftn", transformed(several=True, dtypes=REALS))
calls("fft.fftshift fft.ifftshift", shifted())
calls("fft.fftfreq fft.rfftfreq", frequencies())
