// European options by the formula of Black and Scholes; the gradient holds the Greeks.
static double program(double *restrict S, double *restrict K, double *restrict T, double *restrict r,
                      double *restrict v) {
  double s = 0, c = 0.7071067811865476;
  for (int i = 0; i < N; i++) {
    double sq = sqrt(T[i]), d1 = (log(S[i] / K[i]) + (r[i] + 0.5 * v[i] * v[i]) * T[i]) / (v[i] * sq),
           d2 = d1 - v[i] * sq;
    s += S[i] * 0.5 * (1.0 + erf(d1 * c)) - K[i] * exp(-r[i] * T[i]) * 0.5 * (1.0 + erf(d2 * c));
  }
  return s;
}
