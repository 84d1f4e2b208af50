// Kepler's equation by Newton's method until it has converged.
static double program(double *restrict M, double *restrict e) {
  double s = 0;
  for (int i = 0; i < N; i++) {
    double E = M[i], d = 1.0;
    while (fabs(d) > 1e-12) {
      d = (E - e[i] * sin(E) - M[i]) / (1.0 - e[i] * cos(E));
      E -= d;
    }
    s += sin(E) * E;
  }
  return s;
}
