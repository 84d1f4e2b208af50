// A call that is void once its path has been below a barrier: loops leave early, arrays mask.
static double program(double *restrict p, double *restrict Z) {
  double dt = 1.0 / STEPS, tot = 0, mu = (0.02 - 0.5 * p[1] * p[1]) * dt, sd = p[1] * sqrt(dt);
  for (int i = 0; i < PATHS; i++) {
    double S = p[0];
    int alive = 1;
    for (int t = 0; t < STEPS; t++) {
      S = S * exp(mu + sd * Z[i * STEPS + t]);
      if (S < 90.0) {
        alive = 0;
        break;
      }
    }
    if (alive && S > 100.0) tot += S - 100.0;
  }
  return exp(-0.02) * tot / PATHS;
}
