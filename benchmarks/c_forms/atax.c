// A^T A x.
static double program(double *restrict A, double *restrict x) {
  double *y = calloc(N, 8);
  for (int i = 0; i < N; i++) {
    double t = 0;
    for (int j = 0; j < N; j++) t += A[i * N + j] * x[j];
    for (int j = 0; j < N; j++) y[j] += A[i * N + j] * t;
  }
  double s = 0;
  for (int i = 0; i < N; i++) s += y[i] * y[i];
  free(y);
  return s;
}
