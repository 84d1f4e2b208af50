// Means of five points in the plane, two fields in turn.
#define a(i, j) A[(i) * N + (j)]
#define b(i, j) B[(i) * N + (j)]
static double program(double *restrict A, double *restrict B) {
  for (int t = 1; t < STEPS; t++) {
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        b(i, j) = 0.2 * (a(i, j) + a(i, j - 1) + a(i, j + 1) + a(i + 1, j) + a(i - 1, j));
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        a(i, j) = 0.2 * (b(i, j) + b(i, j - 1) + b(i, j + 1) + b(i + 1, j) + b(i - 1, j));
  }
  double s = 0;
  for (int i = 0; i < N * N; i++) s += A[i] * A[i];
  return s;
}
