// Cholesky factorisation of the lower triangle, in place.
#define a(i, j) A[(i) * N + (j)]
static double program(double *restrict A) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < i; j++) {
      double t = a(i, j);
      for (int k = 0; k < j; k++) t -= a(i, k) * a(j, k);
      a(i, j) = t / a(j, j);
    }
    double t = a(i, i);
    for (int k = 0; k < i; k++) t -= a(i, k) * a(i, k);
    a(i, i) = sqrt(t);
  }
  double s = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j <= i; j++) s += a(i, j);
  return s;
}
