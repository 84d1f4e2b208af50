// Means of nine points in one array: new values on the left and above, old ones elsewhere.
#define a(i, j) A[(i) * N + (j)]
static double program(double *restrict A) {
  for (int t = 0; t < STEPS; t++)
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        a(i, j) = (a(i - 1, j - 1) + a(i - 1, j) + a(i - 1, j + 1) + a(i, j - 1) + a(i, j) + a(i, j + 1) +
                   a(i + 1, j - 1) + a(i + 1, j) + a(i + 1, j + 1)) /
                  9.0;
  double s = 0;
  for (int i = 0; i < N * N; i++) s += A[i] * A[i];
  return s;
}
