// A call under Heston's stochastic volatility: Euler steps, the variance cut off at zero.
static double program(double *restrict p, double *restrict Z1, double *restrict Z2) {
  double dt = 1.0 / STEPS, sd = sqrt(dt), rc = sqrt(1.0 - p[5] * p[5]), tot = 0;
  for (int i = 0; i < PATHS; i++) {
    double ls = log(p[0]), v = p[1];
    for (int t = 0; t < STEPS; t++) {
      double z = Z1[t * PATHS + i], vp = v > 0 ? v : 0, sv = sqrt(vp + 1e-12);
      ls += (0.02 - 0.5 * vp) * dt + sv * sd * z;
      v += p[2] * (p[3] - vp) * dt + p[4] * sv * sd * (p[5] * z + rc * Z2[t * PATHS + i]);
    }
    double e = exp(ls) - 100.0;
    if (e > 0) tot += e;
  }
  return exp(-0.02) * tot / PATHS;
}
