// 1.5 A x + 1.2 B x.
static double program(double *restrict A, double *restrict B, double *restrict x) {
  double s = 0;
  for (int i = 0; i < N; i++) {
    double t = 0, w = 0;
    for (int j = 0; j < N; j++) {
      t += A[i * N + j] * x[j];
      w += B[i * N + j] * x[j];
    }
    double y = 1.5 * t + 1.2 * w;
    s += y * y;
  }
  return s;
}
