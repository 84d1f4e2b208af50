// LU factorisation without pivoting, in place.
#define a(i, j) A[(i) * N + (j)]
static double program(double *restrict A) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < i; j++) {
      for (int k = 0; k < j; k++) a(i, j) -= a(i, k) * a(k, j);
      a(i, j) /= a(j, j);
    }
    for (int j = i; j < N; j++)
      for (int k = 0; k < i; k++) a(i, j) -= a(i, k) * a(k, j);
  }
  double s = 0;
  for (int i = 0; i < N * N; i++) s += A[i] * A[i];
  return s;
}
