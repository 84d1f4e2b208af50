// C := 1.5 A B + 1.2 C.
static double program(double *restrict C, double *restrict A, double *restrict B) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) C[i * N + j] *= 1.2;
    for (int k = 0; k < N; k++) {
      for (int j = 0; j < N; j++) C[i * N + j] += 1.5 * A[i * N + k] * B[k * N + j];
    }
  }
  double s = 0;
  for (int i = 0; i < N * N; i++) s += C[i] * C[i];
  return s;
}
