// Five operations on ten numbers: what a call costs.
static double program(double *restrict x, double *restrict y) {
  double s = 0;
  for (int i = 0; i < N; i++) s += sin(x[i]) * y[i] + exp(-x[i] * x[i]);
  return s;
}
