// A cloth of springs that hangs by one edge; forces are accumulated in place.
#define I(i, j) (((i) * N + (j)) * 3)
static double program(double *restrict x, double *restrict v, double *restrict ks) {
  double *f = calloc(N * N * 3, 8), k = ks[0];
  for (int t = 0; t < STEPS; t++) {
    for (int i = 0; i < N * N; i++) {
      for (int c = 0; c < 3; c++) f[3 * i + c] = -ks[1] * v[3 * i + c];
      f[3 * i + 2] -= 0.02;
    }
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++)
        for (int o = 0; o < 2; o++) {
          int a = i + 1 - o, b = j + o;
          if (a < N && b < N) {
            double *p = x + I(i, j), *q = x + I(a, b), *g = f + I(i, j), *h = f + I(a, b), d0 = q[0] - p[0],
                   d1 = q[1] - p[1], d2 = q[2] - p[2], l = sqrt(d0 * d0 + d1 * d1 + d2 * d2 + 1e-12),
                   w = k * (l - REST) / l;
            g[0] += w * d0;
            g[1] += w * d1;
            g[2] += w * d2;
            h[0] -= w * d0;
            h[1] -= w * d1;
            h[2] -= w * d2;
          }
        }
    for (int i = 0; i < N * N * 3; i++) {
      if (i >= 3 * N) v[i] += DT * f[i];
      x[i] += DT * v[i];
    }
  }
  double s = 0;
  for (int i = 0; i < N * N; i++) s += x[3 * i + 2] * x[3 * i + 2];
  for (int i = 0; i < 3 * N * N; i++) s += v[i] * v[i];
  free(f);
  return s;
}
