"""Hurwitz's zeta function as IR text: SciPy has it for Python only.

    zeta(s, q) = sum_{k<N} (q+k)^-s + a^(1-s)/(s-1) + a^-s/2 + sum_j B_2j/(2j)! s(s+1)..(s+2j-2) a^(1-s-2j),  a = q + N

(Euler and Maclaurin; DLMF 25.11.28), with N such that a > 9 and at least 9 terms, and twelve Bernoulli numbers.
Special cases are SciPy's: nan for s < 1 and for q < 0 with a fraction in s, inf at s = 1 and at the poles q = 0, -1, ..
"""

from __future__ import annotations

import math

from scipy import special

from wengert.dialects.external import External

NAME = "wengert.zeta"
#: B_2j / (2j)!
_FACTORS = [float(special.bernoulli(2 * j)[-1]) / math.factorial(2 * j) for j in range(1, 13)]


def _tail() -> str:
    """The sum over j, where ``rising`` is s(s+1)..(s+2j-2) a^(1-s-2j)."""
    lines = ["%t1 = arith.mulf %s, %power : f64", "%r1 = arith.divf %t1, %a : f64", "%a2 = arith.mulf %a, %a : f64"]
    for j, factor in enumerate(_FACTORS, 1):
        lines += [f"%c{j} = arith.constant {factor:.17e} : f64", f"%m{j} = arith.mulf %c{j}, %r{j} : f64",
                  f"%y{j} = arith.addf %y{j - 1}, %m{j} : f64"]
        if j < len(_FACTORS):
            first, second = float(2 * j - 1), float(2 * j)
            lines += [f"%d{j} = arith.constant {first} : f64", f"%e{j} = arith.constant {second} : f64",
                      f"%f{j} = arith.addf %s, %d{j} : f64", f"%g{j} = arith.addf %s, %e{j} : f64",
                      f"%h{j} = arith.mulf %f{j}, %g{j} : f64", f"%i{j} = arith.mulf %r{j}, %h{j} : f64",
                      f"%r{j + 1} = arith.divf %i{j}, %a2 : f64"]
    return "\n  ".join(lines)


TEXT = f"""
func.func private @{NAME}(%s: f64, %q: f64) -> f64 attributes {{llvm.linkage = #llvm.linkage<internal>}} {{
  %zero = arith.constant 0.0 : f64
  %half = arith.constant 0.5 : f64
  %one = arith.constant 1.0 : f64
  %nine = arith.constant 9.0 : f64
  %huge = arith.constant 1.0e8 : f64
  %nan = arith.constant 0x7FF8000000000000 : f64
  %inf = arith.constant 0x7FF0000000000000 : f64
  %minus = arith.negf %s : f64
  %lowest = arith.constant -1.0e6 : f64
  %floor = math.floor %q : f64
  %whole = arith.cmpf oeq, %q, %floor : f64
  %low = arith.cmpf ole, %q, %zero : f64
  %pole = arith.andi %whole, %low : i1
  %whole_s = math.floor %s : f64
  %fraction = arith.cmpf one, %s, %whole_s : f64
  %invalid = arith.andi %fraction, %low : i1
  %below = arith.cmpf olt, %s, %one : f64
  %at_one = arith.cmpf oeq, %s, %one : f64
  %unknown = arith.cmpf uno, %s, %q : f64
  %far = arith.cmpf ogt, %q, %huge : f64
  %deep = arith.cmpf olt, %q, %lowest : f64
  %p0 = arith.ori %pole, %far : i1
  %p1 = arith.ori %p0, %unknown : i1
  %p2 = arith.ori %p1, %deep : i1
  %start = arith.select %p2, %one, %q : f64
  %sums:3 = scf.while (%k = %zero, %x = %start, %sum = %zero) : (f64, f64, f64) -> (f64, f64, f64) {{
    %few = arith.cmpf olt, %k, %nine : f64
    %near = arith.cmpf ole, %x, %nine : f64
    %more = arith.ori %few, %near : i1
    scf.condition(%more) %k, %x, %sum : f64, f64, f64
  }} do {{
  ^bb0(%k: f64, %x: f64, %sum: f64):
    %term = math.powf %x, %minus : f64
    %next_sum = arith.addf %sum, %term : f64
    %next_x = arith.addf %x, %one : f64
    %next_k = arith.addf %k, %one : f64
    scf.yield %next_k, %next_x, %next_sum : f64, f64, f64
  }}
  %a = arith.select %far, %q, %sums#1 : f64
  %head = arith.select %far, %zero, %sums#2 : f64
  %power = math.powf %a, %minus : f64
  %s1 = arith.subf %s, %one : f64
  %integral = arith.mulf %a, %power : f64
  %part = arith.divf %integral, %s1 : f64
  %edge = arith.mulf %half, %power : f64
  %y00 = arith.addf %head, %part : f64
  %y0 = arith.addf %y00, %edge : f64
  {_tail()}
  %z0 = arith.select %pole, %inf, %y{len(_FACTORS)} : f64
  %z1 = arith.select %invalid, %nan, %z0 : f64
  %z2 = arith.select %pole, %inf, %z1 : f64
  %z3 = arith.select %below, %nan, %z2 : f64
  %z4 = arith.select %at_one, %inf, %z3 : f64
  %z5 = arith.select %deep, %nan, %z4 : f64
  %z6 = arith.select %unknown, %nan, %z5 : f64
  return %z6 : f64
}}"""
ZETA = External(NAME, "dd", text=TEXT)
