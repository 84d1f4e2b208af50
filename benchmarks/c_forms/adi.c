// Alternating directions: tridiagonal systems along the columns, then along the rows.
#define I(i, j) [(i) * N + (j)]
static double program(double *restrict u) {
  double *v = calloc(N * N, 8), *p = calloc(N * N, 8), *q = calloc(N * N, 8);
  for (int t = 0; t < STEPS; t++) {
    for (int i = 1; i < N - 1; i++) {
      v I(0, i) = 1.0;
      p I(i, 0) = 0.0;
      q I(i, 0) = v I(0, i);
      for (int j = 1; j < N - 1; j++) {
        double d = AA * p I(i, j - 1) + AB;
        p I(i, j) = -(AC) / d;
        q I(i, j) =
            (-(AD)*u I(j, i - 1) + (1.0 + 2.0 * AD) * u I(j, i) - (AF)*u I(j, i + 1) - (AA)*q I(i, j - 1)) /
            d;
      }
      v I(N - 1, i) = 1.0;
      for (int j = N - 2; j > 0; j--) v I(j, i) = p I(i, j) * v I(j + 1, i) + q I(i, j);
    }
    for (int i = 1; i < N - 1; i++) {
      u I(i, 0) = 1.0;
      p I(i, 0) = 0.0;
      q I(i, 0) = u I(i, 0);
      for (int j = 1; j < N - 1; j++) {
        double d = AD * p I(i, j - 1) + AE;
        p I(i, j) = -(AF) / d;
        q I(i, j) =
            (-(AA)*v I(i - 1, j) + (1.0 + 2.0 * AA) * v I(i, j) - (AC)*v I(i + 1, j) - (AD)*q I(i, j - 1)) /
            d;
      }
      u I(i, N - 1) = 1.0;
      for (int j = N - 2; j > 0; j--) u I(i, j) = p I(i, j) * u I(i, j + 1) + q I(i, j);
    }
  }
  double s = 0;
  for (int i = 0; i < N * N; i++) s += u[i] * u[i];
  free(v);
  free(p);
  free(q);
  return s;
}
