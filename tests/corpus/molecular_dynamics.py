"""A whole program: a Lennard-Jones liquid in a periodic box, with a neighbour list, a thermostat and observables."""

from dataclasses import dataclass

import numpy as np

from tests.programs import normal, program


@dataclass
class Parameters:
    box: float = 4.2
    cutoff: float = 1.9
    skin: float = 0.2
    dt: float = 0.004
    temperature: float = 0.8
    tau: float = 0.1
    n_bins: int = 12


class NeighbourList:
    """Pairs (i, j) within cutoff + skin, rebuilt when an atom has moved half the skin."""

    def __init__(self, params, n_atoms):
        self.params = params
        self.pairs = np.zeros((n_atoms * (n_atoms - 1) // 2, 2), dtype=np.int64)
        self.count = 0
        self.reference = np.zeros((n_atoms, 3))
        self.builds = 0

    def build(self, x):
        reach = (self.params.cutoff + self.params.skin) ** 2
        self.count = 0
        n = x.shape[0]
        for i in range(n - 1):
            for j in range(i + 1, n):
                d = minimum_image(x[i] - x[j], self.params.box)
                if d @ d < reach:
                    self.pairs[self.count, 0] = i
                    self.pairs[self.count, 1] = j
                    self.count += 1
        self.reference[:] = x
        self.builds += 1

    def update(self, x):
        moved = np.max(np.sum((x - self.reference) ** 2, axis=1))
        if moved > (0.5 * self.params.skin) ** 2:
            self.build(x)


def minimum_image(d, box):
    return d - box * np.round(d / box)


def lennard_jones(r2):
    """Energy and force over distance of one pair."""
    inv2 = 1.0 / r2
    inv6 = inv2 * inv2 * inv2
    energy = 4.0 * inv6 * (inv6 - 1.0)
    force = 48.0 * inv6 * (inv6 - 0.5) * inv2
    return energy, force


class System:
    def __init__(self, positions, velocities, params):
        self.x = positions
        self.v = velocities
        self.params = params
        self.n = len(positions)
        self.neighbours = NeighbourList(params, self.n)
        self.forces = np.zeros_like(positions)
        self.potential = 0.0
        self.virial = 0.0

    @property
    def kinetic(self):
        return 0.5 * np.sum(self.v**2)

    @property
    def temperature(self):
        return 2.0 * self.kinetic / (3.0 * self.n - 3.0)

    def compute_forces(self):
        p = self.params
        self.forces[...] = 0.0
        self.potential = 0.0
        self.virial = 0.0
        shift, _ = lennard_jones(p.cutoff**2)
        for k in range(self.neighbours.count):
            i, j = self.neighbours.pairs[k]
            d = minimum_image(self.x[i] - self.x[j], p.box)
            r2 = d[0] ** 2 + d[1] ** 2 + d[2] ** 2
            if r2 > p.cutoff**2:
                continue
            e, f = lennard_jones(r2)
            self.potential += e - shift
            self.virial += f * r2
            self.forces[i] += f * d
            self.forces[j] -= f * d

    def step(self):
        dt = self.params.dt
        self.v += 0.5 * dt * self.forces
        self.x += dt * self.v
        self.neighbours.update(self.x)
        self.compute_forces()
        self.v += 0.5 * dt * self.forces

    def thermostat(self):
        """Berendsen's weak coupling."""
        p = self.params
        factor = np.sqrt(1.0 + p.dt / p.tau * (p.temperature / self.temperature - 1.0))
        self.v *= factor


def radial_distribution(x, params):
    edges = np.linspace(0.0, 0.5 * params.box, params.n_bins + 1)
    histogram = np.zeros(params.n_bins, dtype=int)
    for i in range(len(x)):
        for j in range(i):
            r = np.linalg.norm(minimum_image(x[i] - x[j], params.box))
            if r < edges[-1]:
                histogram[int(r / edges[1])] += 2
    shells = 4.0 / 3.0 * np.pi * (edges[1:] ** 3 - edges[:-1] ** 3)
    density = len(x) / params.box**3
    return histogram / (shells * density * len(x))


def lattice(scale):
    """Eight atoms on a cube, pushed a little from their places."""
    corners = np.array([[i, j, k] for i in range(2) for j in range(2) for k in range(2)], dtype=float)
    return scale * 1.2 * corners + 0.05 * normal(8, 3, seed=11)


@program(*[(lattice(1.0), 0.5 * normal(8, 3, seed=12), steps) for steps in (0, 3)], wrt=(0, 1), second=None,
         interpreted=(0,))
def lennard_jones_liquid(positions, velocities, n_steps):
    params = Parameters()
    system = System(positions.copy(), velocities - velocities.mean(axis=0), params)
    system.neighbours.build(system.x)
    system.compute_forces()
    trace = {"energy": np.zeros(n_steps), "temperature": np.zeros(n_steps)}
    pressure = 0.0
    for step in range(n_steps):
        system.step()
        if step % 2 == 0:
            system.thermostat()
        trace["energy"][step] = system.kinetic + system.potential
        trace["temperature"][step] = system.temperature
        pressure += (2.0 * system.kinetic + system.virial) / (3.0 * params.box**3)
    rdf = radial_distribution(system.x, params)
    return trace, pressure / max(n_steps, 1), rdf, system.neighbours.builds
