// A symmetric update of rank m, of the lower triangle.
static double program(double *restrict C, double *restrict A) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j <= i; j++) C[i * N + j] *= 1.2;
    for (int k = 0; k < M; k++)
      for (int j = 0; j <= i; j++) C[i * N + j] += 1.5 * A[i * M + k] * A[j * M + k];
  }
  double s = 0;
  for (int i = 0; i < N * N; i++) s += C[i] * C[i];
  return s;
}
