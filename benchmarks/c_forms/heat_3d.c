// The heat equation in a cube, two fields in turn.
#define a(i, j, k) A[((i) * N + (j)) * N + (k)]
#define b(i, j, k) B[((i) * N + (j)) * N + (k)]
#define ST(a)                                                                                                \
  0.125 * (a(i + 1, j, k) - 2.0 * a(i, j, k) + a(i - 1, j, k)) +                                             \
      0.125 * (a(i, j + 1, k) - 2.0 * a(i, j, k) + a(i, j - 1, k)) +                                         \
      0.125 * (a(i, j, k + 1) - 2.0 * a(i, j, k) + a(i, j, k - 1)) + a(i, j, k)
static double program(double *restrict A, double *restrict B) {
  for (int t = 1; t < STEPS; t++) {
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        for (int k = 1; k < N - 1; k++) b(i, j, k) = ST(a);
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        for (int k = 1; k < N - 1; k++) a(i, j, k) = ST(b);
  }
  double s = 0;
  for (int i = 0; i < N * N * N; i++) s += A[i] * A[i];
  return s;
}
