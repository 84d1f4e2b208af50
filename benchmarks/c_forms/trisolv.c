// A triangular system by forward substitution.
static double program(double *restrict L, double *restrict b) {
  double *x = malloc(N * 8);
  for (int i = 0; i < N; i++) {
    double t = b[i];
    for (int j = 0; j < i; j++) t -= L[i * N + j] * x[j];
    x[i] = t / L[i * N + i];
  }
  double s = 0;
  for (int i = 0; i < N; i++) s += x[i] * x[i];
  free(x);
  return s;
}
