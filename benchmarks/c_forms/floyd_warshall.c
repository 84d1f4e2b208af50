// Lengths of shortest paths between all pairs of nodes.
static double program(double *restrict P) {
  for (int k = 0; k < N; k++)
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        double t = P[i * N + k] + P[k * N + j];
        if (t < P[i * N + j]) P[i * N + j] = t;
      }
  double s = 0;
  for (int i = 0; i < N * N; i++) s += P[i] * P[i];
  return s;
}
