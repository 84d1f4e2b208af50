// Soft dynamic time warping of two series: a table, each cell from three neighbours.
#define r(i, j) R[(i) * (N + 1) + (j)]
static double program(double *restrict x, double *restrict y) {
  double *R = malloc((N + 1) * (N + 1) * 8);
  for (int i = 0; i < (N + 1) * (N + 1); i++) R[i] = 1e10;
  r(0, 0) = 0;
  for (int i = 1; i <= N; i++)
    for (int j = 1; j <= N; j++) {
      double d = x[i - 1] - y[j - 1], a = r(i - 1, j - 1), b = r(i - 1, j), c = r(i, j - 1),
             mn = a < b ? a : b;
      mn = mn < c ? mn : c;
      r(i, j) = d * d + mn - log(exp(mn - a) + exp(mn - b) + exp(mn - c));
    }
  double s = r(N, N);
  free(R);
  return s;
}
