// Products of one matrix and of its transpose with two vectors.
static double program(double *restrict x1, double *restrict x2, double *restrict y1, double *restrict y2,
                      double *restrict A) {
  for (int i = 0; i < N; i++) {
    double t = 0;
    for (int j = 0; j < N; j++) t += A[i * N + j] * y1[j];
    x1[i] += t;
    for (int j = 0; j < N; j++) x2[j] += A[i * N + j] * y2[i];
  }
  double s = 0;
  for (int i = 0; i < N; i++) s += x1[i] * x1[i] + x2[i] * x2[i];
  return s;
}
