// Predators and prey by Runge-Kutta: the misfit of four parameters to observations, all scalars.
static double program(double *restrict p, double *restrict y0, double *restrict obs) {
  double x = y0[0], y = y0[1], a = p[0], b = p[1], c = p[2], d = p[3], s = 0, h = DT;
  for (int i = 0; i < STEPS; i++) {
    double k1x = a * x - b * x * y, k1y = d * x * y - c * y, x1 = x + 0.5 * h * k1x, y1 = y + 0.5 * h * k1y,
           k2x = a * x1 - b * x1 * y1, k2y = d * x1 * y1 - c * y1, x2 = x + 0.5 * h * k2x,
           y2 = y + 0.5 * h * k2y, k3x = a * x2 - b * x2 * y2, k3y = d * x2 * y2 - c * y2, x3 = x + h * k3x,
           y3 = y + h * k3y, k4x = a * x3 - b * x3 * y3, k4y = d * x3 * y3 - c * y3;
    x = x + h / 6.0 * (k1x + 2.0 * k2x + 2.0 * k3x + k4x);
    y = y + h / 6.0 * (k1y + 2.0 * k2y + 2.0 * k3y + k4y);
    double ex = x - obs[2 * i], ey = y - obs[2 * i + 1];
    s += ex * ex + ey * ey;
  }
  return s / STEPS;
}
