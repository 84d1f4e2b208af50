"""Why functions are not covered, and what to write instead: read by the refusals and by docs/coverage.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One reason and the functions it stands for; `instead` is what the message of a refusal suggests."""

    why: str
    instead: str
    names: frozenset[str]


def _reason(why: str, instead: str, names: str) -> Reason:
    return Reason(why, instead, frozenset(names.split()))


#: Of functions of NumPy and SciPy, by their short names.
REASONS = (
    _reason(
        "it makes text",
        "format outside of the compiled function, or print the value",
        "array2string array_repr array_str base_repr binary_repr format_float_positional format_float_scientific",
    ),
    _reason(
        "it reads or writes files or memory outside of arrays",
        "read before the compiled function, write after it",
        "fromfile fromregex genfromtxt load loadtxt save savetxt savez savez_compressed fromstring from_dlpack "
        "frombuffer tofile dump dumps tobytes to_device",
    ),
    _reason(
        "it counts days and times; compiled code works on numbers",
        "convert the times to numbers first",
        "busday_count busday_offset is_busday datetime_as_string datetime_data isnat",
    ),
    _reason(
        "it is a setting of the process, or a question about it",
        "call it outside of the compiled function",
        "get_include get_workers set_workers register_backend set_backend set_global_backend skip_backend "
        "einsum_path next_fast_len prev_fast_len get_printoptions set_printoptions printoptions getbufsize "
        "setbufsize geterr seterr geterrcall seterrcall show_config show_runtime info errstate get_blas_funcs "
        "get_lapack_funcs find_best_blas_type",
    ),
    _reason(
        "it is about where an array lies in memory, which compiled code decides",
        "leave it out, or call it outside of the compiled function",
        "may_share_memory shares_memory byteswap getfield setfield setflags view isfortran require data base ctypes "
        "flags strides device",
    ),
    _reason(
        "it is about other classes of arrays than numpy.ndarray",
        "use plain arrays",
        "asmatrix bmat matrix recarray record poly1d memmap asarray_chkfinite chararray",
    ),
    _reason(
        "it walks an array with an object of Python",
        "write a for loop over the array or over range()",
        "broadcast nditer ndindex ndenumerate nested_iters flatiter iterable",
    ),
    _reason(
        "compiled code has float64, float32, complex128, complex64, bool and the integers of 8 to 64 bits",
        "convert with .astype",
        "float16 half longdouble clongdouble complex256 float128 object_ str_ bytes_ void datetime64 timedelta64 "
        "character",
    ),
    _reason(
        "it is about types, which are known while compiling",
        "call it outside, on the dtype",
        "common_type mintypecode min_scalar_type isdtype typename issubdtype promote_types",
    ),
    _reason(
        "it works on bits of memory, or on Python objects",
        "write it with shifts and sums",
        "packbits frompyfunc unpackbits",
    ),
    _reason(
        "a table that does not depend on run-time values",
        "compute it outside and use the array",
        "ai_zeros bi_zeros bei_zeros beip_zeros ber_zeros berp_zeros erf_zeros fresnel_zeros fresnelc_zeros "
        "fresnels_zeros jn_zeros jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros keip_zeros kelvin_zeros ker_zeros "
        "kerp_zeros y0_zeros y1_zeros y1p_zeros yn_zeros ynp_zeros c_roots cg_roots h_roots he_roots j_roots "
        "js_roots l_roots la_roots p_roots ps_roots s_roots t_roots ts_roots u_roots us_roots roots_chebyc "
        "roots_chebys roots_chebyt roots_chebyu roots_gegenbauer roots_genlaguerre roots_hermite roots_hermitenorm "
        "roots_jacobi roots_laguerre roots_legendre roots_sh_chebyt roots_sh_chebyu roots_sh_jacobi "
        "roots_sh_legendre bernoulli euler hadamard helmert hilbert invhilbert pascal invpascal dft fiedler "
        "fiedler_companion leslie",
    ),
    _reason(
        "it makes an object of a class of SciPy",
        "use eval_legendre and its kin, or np.polyval",
        "chebyc chebys chebyt chebyu gegenbauer genlaguerre hermite hermitenorm jacobi laguerre legendre sh_chebyt "
        "sh_chebyu sh_jacobi sh_legendre",
    ),
    _reason(
        "its result is exact whatever the order, which compiled sums of floats are not",
        "use sum() or np.sum",
        "fsum",
    ),
    _reason(
        "it is another name of NumPy 1 for something else",
        "use the newer name",
        "row_stack trapz in1d",
    ),
)

#: Of functions that have none of these reasons.
NOT_WRITTEN = Reason(
    "nobody has written it yet",
    "write it with covered functions, or call it through wengert.extern with a rule for its derivative",
    frozenset(),
)


def reason_of(name: str) -> Reason:
    """Why the function with this short name is not covered."""
    return next((reason for reason in REASONS if name in reason.names), NOT_WRITTEN)
