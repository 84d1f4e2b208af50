// Covariances of m variables, a row and a column of the symmetric matrix at a time.
static double program(double *restrict D) {
  double *me = calloc(M, 8), *E = malloc(N * M * 8), *cov = calloc(M * M, 8);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++) me[j] += D[i * M + j];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++) E[i * M + j] = D[i * M + j] - me[j] / N;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++)
      for (int k = j; k < M; k++) cov[j * M + k] += E[i * M + j] * E[i * M + k];
  for (int j = 0; j < M; j++)
    for (int k = j; k < M; k++) {
      double c = cov[j * M + k] / (N - 1.0);
      cov[j * M + k] = c;
      cov[k * M + j] = c;
    }
  double s = 0;
  for (int i = 0; i < M * M; i++) s += cov[i] * cov[i];
  free(me);
  free(E);
  free(cov);
  return s;
}
