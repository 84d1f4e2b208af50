// Levinson-Durbin: a Toeplitz system solved one order after the other.
static double program(double *restrict r) {
  double *y = calloc(N, 8), *z = calloc(N, 8);
  double alpha = -r[0], beta = 1;
  y[0] = -r[0];
  for (int k = 1; k < N; k++) {
    beta *= 1.0 - alpha * alpha;
    double s = r[k];
    for (int i = 0; i < k; i++) s += r[k - 1 - i] * y[i];
    alpha = -s / beta;
    for (int i = 0; i < k; i++) z[i] = y[i] + alpha * y[k - 1 - i];
    for (int i = 0; i < k; i++) y[i] = z[i];
    y[k] = alpha;
  }
  double s = 0;
  for (int i = 0; i < N; i++) s += y[i] * y[i];
  free(y);
  free(z);
  return s;
}
