"""Greedy colourings, written in the Python that wengert compiles: for large graphs they run as machine code.

Colours are numbers from 0; -1 is a vertex without one.  A vertex gets the smallest colour that is not marked for it.
"""

from __future__ import annotations

from typing import Any


def distance_two(order: Any, count: int, columns: Any, column_rows: Any, rows: Any, row_columns: Any, colors: Any,
                 mark: Any) -> int:
    """Colour columns so that no row has two of one colour; how many colours that takes.

    Args:
        order: the columns in the order in which they are coloured; the first `count` count.
        columns, column_rows: the rows of column j are ``column_rows[columns[j]:columns[j + 1]]``.
        rows, row_columns: the columns of row i, likewise.
        colors: -1 for each column; filled.
        mark: -1 for each colour there may be; working memory.
    """
    most = 0
    for k in range(count):
        j = order[k]
        for a in range(columns[j], columns[j + 1]):
            i = column_rows[a]
            for b in range(rows[i], rows[i + 1]):
                c = colors[row_columns[b]]
                if c >= 0:
                    mark[c] = j
        c = 0
        while mark[c] == j:
            c += 1
        colors[j] = c
        most = max(most, c + 1)
    return most


def star(order: Any, count: int, starts: Any, neighbours: Any, colors: Any, mark: Any) -> int:
    """Colour the vertices of a graph so that neighbours differ and no path of four vertices has two colours only.

    Algorithm 4.1 of Gebremedhin, Tarafdar, Manne and Pothen, "New acyclic and star coloring algorithms with
    application to computing Hessians", SIAM J. Sci. Comput. 29 (2007).  The neighbours of v are
    ``neighbours[starts[v]:starts[v + 1]]``; the other arguments are those of `distance_two`.
    """
    most = 0
    for k in range(count):
        v = order[k]
        for a in range(starts[v], starts[v + 1]):
            w = neighbours[a]
            between = colors[w]
            if between >= 0:
                mark[between] = v
            for b in range(starts[w], starts[w + 1]):
                x = neighbours[b]
                c = colors[x]
                if c >= 0:
                    if between < 0:
                        mark[c] = v
                    else:
                        for d in range(starts[x], starts[x + 1]):
                            y = neighbours[d]
                            if y != w and colors[y] == between:
                                mark[c] = v
        c = 0
        while mark[c] == v:
            c += 1
        colors[v] = c
        most = max(most, c + 1)
    return most
