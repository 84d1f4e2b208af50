"""Graphs and dynamic programming: searches with queues, flags and integer tables."""

import numpy as np

from tests.programs import normal, program, uniform

INF = 1e9


def random_graph(n, seed=0):
    """Weights of a directed graph; INF where there is no edge."""
    w = uniform(n, n, seed=seed)
    return np.where((w < 0.5) & ~np.eye(n, dtype=bool), 1.0 + 9.0 * w, INF)


@program((random_graph(6), 0), (random_graph(5, seed=4), 2), wrt=(0,))
def dijkstra(weights, source):
    n = weights.shape[0]
    dist = np.full(n, INF)
    dist[source] = 0.0
    done = np.zeros(n, dtype=bool)
    previous = -np.ones(n, dtype=int)
    for _ in range(n):
        u, best = -1, INF
        for v in range(n):
            if not done[v] and dist[v] < best:
                best = dist[v]
                u = v
        if u == -1:
            break
        done[u] = True
        for v in range(n):
            if weights[u, v] < 0.5 * INF and dist[u] + weights[u, v] < dist[v]:
                dist[v] = dist[u] + weights[u, v]
                previous[v] = u
    return dist, previous


@program((5, np.array([0, 0, 1, 2, 3, 1]), np.array([1, 2, 3, 3, 4, 4]), np.array([4.0, 1.0, 2.5, 7.0, -1.0, 6.0])),
         wrt=(3,))
def bellman_ford(n, heads, tails, lengths):
    """Edges as three arrays; negative cycles are reported."""
    dist = np.full(n, np.inf)
    dist[0] = 0.0
    for i in range(n - 1):
        changed = False
        for u, v, w in zip(heads, tails, lengths):
            if dist[u] + w < dist[v]:
                dist[v] = dist[u] + w
                changed = True
        if not changed:
            break
    negative = False
    for u, v, w in zip(heads, tails, lengths):
        if dist[u] + w < dist[v]:
            negative = True
    return dist, negative


@program((np.where(random_graph(6, seed=1) < INF, 1.0, 0.0), 0.85), wrt=(0, 1), second=None)
def pagerank(adjacency, damping):
    n = len(adjacency)
    out_degree = adjacency.sum(axis=1)
    transition = np.divide(adjacency, out_degree[:, None], where=out_degree[:, None] > 0,
                           out=np.full_like(adjacency, 1.0 / n))
    rank = np.ones(n) / n
    for iteration in range(100):
        new = (1.0 - damping) / n + damping * rank @ transition
        if np.abs(new - rank).sum() < 1e-12:
            rank = new
            break
        rank = new
    return rank


@program((random_graph(7, seed=2) < INF, 0), (np.zeros((3, 3), dtype=bool), 1), wrt=())
def breadth_first_levels(adj, root):
    n = adj.shape[0]
    level = np.full(n, -1)
    queue = np.zeros(n, dtype=np.int64)
    head, tail = 0, 1
    queue[0] = root
    level[root] = 0
    while head < tail:
        u = queue[head]
        head += 1
        for v in np.arange(n):
            if adj[u, v] and level[v] < 0:
                level[v] = level[u] + 1
                queue[tail] = v
                tail += 1
    return level, tail


def find(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@program((5, np.array([[0, 1], [1, 2], [0, 2], [3, 4], [2, 3]]), np.array([1.0, 2.0, 2.5, 0.5, 4.0])), wrt=(2,))
def kruskal(n, edges, weights):
    """The minimum spanning tree: edges by weight, a union-find with path halving."""
    order = np.argsort(weights)
    parent = np.arange(n)
    total = 0.0
    used = 0
    for e in order:
        a = find(parent, edges[e, 0])
        b = find(parent, edges[e, 1])
        if a != b:
            parent[a] = b
            total += weights[e]
            used += 1
            if used == n - 1:
                break
    return total, used


@program((np.array([[0, 8, 3, 0, 0], [0, 0, 0, 5, 0], [0, 4, 0, 0, 6], [0, 0, 0, 0, 7], [0, 0, 0, 0, 0]]), 0, 4),
         wrt=())
def maximum_flow(capacity, s, t):
    """Edmonds and Karp."""
    n = len(capacity)
    residual = capacity.copy()
    flow = 0
    while True:
        parent = np.full(n, -1, dtype=int)
        parent[s] = s
        queue = [s] + [0] * (n - 1)
        queue = np.array(queue)
        head, tail = 0, 1
        while head < tail and parent[t] == -1:
            u = queue[head]
            head += 1
            for v in range(n):
                if parent[v] == -1 and residual[u, v] > 0:
                    parent[v] = u
                    queue[tail] = v
                    tail += 1
        if parent[t] == -1:
            return flow
        bottleneck = np.iinfo(np.int64).max
        v = t
        while v != s:
            bottleneck = min(bottleneck, residual[parent[v], v])
            v = parent[v]
        v = t
        while v != s:
            u = parent[v]
            residual[u, v] -= bottleneck
            residual[v, u] += bottleneck
            v = u
        flow += bottleneck


@program((1.0 + uniform(5, 5, seed=8),), wrt=(0,))
def held_karp(dist):
    """The shortest tour, over subsets as bits."""
    n = dist.shape[0]
    full = 1 << n
    best = np.full((full, n), INF)
    best[1, 0] = 0.0
    for subset in range(1, full):
        if not subset & 1:
            continue
        for last in range(n):
            if not (subset >> last) & 1 or best[subset, last] >= INF:
                continue
            for nxt in range(n):
                if subset & (1 << nxt):
                    continue
                cost = best[subset, last] + dist[last, nxt]
                if cost < best[subset | (1 << nxt), nxt]:
                    best[subset | (1 << nxt), nxt] = cost
    tour = INF
    for last in range(1, n):
        tour = min(tour, best[full - 1, last] + dist[last, 0])
    return tour


@program((np.array([12, 2, 1, 4, 1]), np.array([4.0, 2.0, 1.0, 10.0, 2.0]), 15), wrt=(1,))
def knapsack(weights, values, capacity):
    table = np.zeros(capacity + 1)
    for w, v in zip(weights, values):
        for c in range(capacity, w - 1, -1):
            table[c] = max(table[c], table[c - w] + v)
    return table[capacity]


@program((np.array([3, 1, 4, 1, 5, 9]), np.array([1, 4, 1, 9, 9])), (np.array([1]), np.array([], dtype=int)), wrt=())
def edit_distance(a, b):
    m, n = len(a), len(b)
    row = list(range(n + 1))
    row = np.array(row)
    for i in range(1, m + 1):
        diagonal = row[0]
        row[0] = i
        for j in range(1, n + 1):
            old = row[j]
            row[j] = min(row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]))
            diagonal = old
    return row[n]


@program((normal(6, 6, seed=1) ** 2,), wrt=(0,), second=None)
def markov_clustering(M):
    """Expansion and inflation."""
    M = M + np.eye(len(M))
    M /= M.sum(axis=0)
    for _ in range(3):
        M = np.linalg.matrix_power(M, 2)
        M = np.power(M, 1.5)
        M /= M.sum(axis=0, keepdims=True)
    return M


@program((np.where(random_graph(5, seed=3) < INF, 1, 0),), wrt=())
def triangles_and_degrees(adj):
    """Counts by integer matrix products, a histogram of degrees, and who has the most neighbours."""
    sym = ((adj + adj.T) > 0).astype(int)
    triangles = np.trace(sym @ sym @ sym) // 6
    degrees = sym.sum(axis=0)
    histogram = np.bincount(degrees, minlength=len(adj))
    ranking = np.argsort(-degrees, kind="stable")
    return triangles, histogram, ranking, degrees.max()
