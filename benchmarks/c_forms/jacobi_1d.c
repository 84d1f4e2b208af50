// Means of three points on a line, two fields in turn.
static double program(double *restrict A, double *restrict B) {
  for (int t = 1; t < STEPS; t++) {
    for (int i = 1; i < N - 1; i++) B[i] = 0.33333 * (A[i - 1] + A[i] + A[i + 1]);
    for (int i = 1; i < N - 1; i++) A[i] = 0.33333 * (B[i - 1] + B[i] + B[i + 1]);
  }
  double s = 0;
  for (int i = 0; i < N; i++) s += A[i] * A[i];
  return s;
}
