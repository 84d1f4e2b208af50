"""A whole program: the lid-driven cavity, a projection method on a staggered grid with red-black over-relaxation."""

import numpy as np

from tests.programs import program


class StaggeredGrid:
    """Velocities on the faces of cells, pressure in the middle; one layer of ghost cells around."""

    def __init__(self, nx, ny, lx=1.0, ly=1.0):
        self.nx, self.ny = nx, ny
        self.dx, self.dy = lx / nx, ly / ny
        self.u = np.zeros((nx + 1, ny + 2))
        self.v = np.zeros((nx + 2, ny + 1))
        self.p = np.zeros((nx + 2, ny + 2))

    def apply_velocity_boundary(self, lid_speed):
        u, v = self.u, self.v
        u[0, :] = 0.0
        u[-1, :] = 0.0
        v[:, 0] = 0.0
        v[:, -1] = 0.0
        u[:, 0] = -u[:, 1]
        u[:, -1] = 2.0 * lid_speed - u[:, -2]
        v[0, :] = -v[1, :]
        v[-1, :] = -v[-2, :]

    def divergence(self):
        return (self.u[1:, 1:-1] - self.u[:-1, 1:-1]) / self.dx + (self.v[1:-1, 1:] - self.v[1:-1, :-1]) / self.dy


class Solver:
    def __init__(self, grid, viscosity, dt, omega=1.5, sweeps=25, tolerance=1e-12):
        self.grid = grid
        self.nu = viscosity
        self.dt = dt
        self.omega = omega
        self.sweeps = sweeps
        self.tolerance = tolerance
        self.iterations = 0

    def advance_u(self):
        g = self.grid
        u, v, dx, dy = g.u, g.v, g.dx, g.dy
        uc = u[1:-1, 1:-1]
        east = 0.5 * (u[2:, 1:-1] + uc)
        west = 0.5 * (u[:-2, 1:-1] + uc)
        north = 0.5 * (u[1:-1, 2:] + uc)
        south = 0.5 * (u[1:-1, :-2] + uc)
        v_north = 0.5 * (v[1:-2, 1:] + v[2:-1, 1:])
        v_south = 0.5 * (v[1:-2, :-1] + v[2:-1, :-1])
        convection = (east**2 - west**2) / dx + (v_north * north - v_south * south) / dy
        diffusion = (u[2:, 1:-1] - 2.0 * uc + u[:-2, 1:-1]) / dx**2 + (u[1:-1, 2:] - 2.0 * uc + u[1:-1, :-2]) / dy**2
        return uc + self.dt * (self.nu * diffusion - convection)

    def advance_v(self):
        g = self.grid
        u, v, dx, dy = g.u, g.v, g.dx, g.dy
        vc = v[1:-1, 1:-1]
        north = 0.5 * (v[1:-1, 2:] + vc)
        south = 0.5 * (v[1:-1, :-2] + vc)
        east = 0.5 * (v[2:, 1:-1] + vc)
        west = 0.5 * (v[:-2, 1:-1] + vc)
        u_east = 0.5 * (u[1:, 1:-2] + u[1:, 2:-1])
        u_west = 0.5 * (u[:-1, 1:-2] + u[:-1, 2:-1])
        convection = (north**2 - south**2) / dy + (u_east * east - u_west * west) / dx
        diffusion = (v[2:, 1:-1] - 2.0 * vc + v[:-2, 1:-1]) / dx**2 + (v[1:-1, 2:] - 2.0 * vc + v[1:-1, :-2]) / dy**2
        return vc + self.dt * (self.nu * diffusion - convection)

    def solve_pressure(self, rhs):
        """Cells of one colour after those of the other, until the correction is small."""
        g = self.grid
        p = g.p
        ax, ay = 1.0 / g.dx**2, 1.0 / g.dy**2
        diag = 2.0 * (ax + ay)
        for sweep in range(self.sweeps):
            change = 0.0
            for colour in (0, 1):
                for i in range(1, g.nx + 1):
                    start = 1 + (i + colour) % 2
                    for j in range(start, g.ny + 1, 2):
                        neighbours = ax * (p[i - 1, j] + p[i + 1, j]) + ay * (p[i, j - 1] + p[i, j + 1])
                        correction = (neighbours - rhs[i - 1, j - 1]) / diag - p[i, j]
                        p[i, j] += self.omega * correction
                        change += correction**2
                p[0, :] = p[1, :]
                p[-1, :] = p[-2, :]
                p[:, 0] = p[:, 1]
                p[:, -1] = p[:, -2]
            self.iterations += 1
            if change < self.tolerance:
                break

    def step(self, lid_speed):
        g = self.grid
        g.apply_velocity_boundary(lid_speed)
        new_u, new_v = self.advance_u(), self.advance_v()
        g.u[1:-1, 1:-1] = new_u
        g.v[1:-1, 1:-1] = new_v
        self.solve_pressure(g.divergence() / self.dt)
        g.u[1:-1, 1:-1] -= self.dt * (g.p[2:-1, 1:-1] - g.p[1:-2, 1:-1]) / g.dx
        g.v[1:-1, 1:-1] -= self.dt * (g.p[1:-1, 2:-1] - g.p[1:-1, 1:-2]) / g.dy


def vorticity(grid):
    return ((grid.v[2:-1, 1:-1] - grid.v[1:-2, 1:-1]) / grid.dx - (grid.u[1:-1, 2:-1] - grid.u[1:-1, 1:-2]) / grid.dy)


def stream_function(grid):
    psi = np.zeros((grid.nx + 1, grid.ny + 1))
    psi[:, 1:] = np.cumsum(grid.u[:, 1:-1], axis=1) * grid.dy
    return psi


@program((1.0, 0.1, 4, 3), (0.5, 0.2, 5, 0), wrt=(0, 1), second=None, interpreted=(1,))
def lid_driven_cavity(lid_speed, viscosity, n, steps):
    grid = StaggeredGrid(n, n)
    solver = Solver(grid, viscosity, dt=0.01)
    report = []
    for k in range(steps):
        solver.step(lid_speed)
        kinetic = 0.5 * (np.mean(grid.u[:, 1:-1] ** 2) + np.mean(grid.v[1:-1, :] ** 2))
        report.append(kinetic)
    grid.apply_velocity_boundary(lid_speed)
    worst = np.abs(grid.divergence()).max()
    assert worst < 10.0, f"divergence {worst} after {solver.iterations} sweeps"
    assert np.all(np.isfinite(report)), "the simulation has blown up"
    drag = viscosity * np.sum(grid.u[:, -1] - grid.u[:, -2]) * grid.dx / grid.dy
    return np.array(report), vorticity(grid), stream_function(grid), drag
