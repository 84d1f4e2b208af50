// Maxwell's equations in the plane by finite differences: three fields, staggered.
#define I(i, j) [(i) * NY + (j)]
static double program(double *restrict ex, double *restrict ey, double *restrict hz, double *restrict fict) {
  for (int t = 0; t < STEPS; t++) {
    for (int j = 0; j < NY; j++) ey I(0, j) = fict[t];
    for (int i = 1; i < NX; i++)
      for (int j = 0; j < NY; j++) ey I(i, j) -= 0.5 * (hz I(i, j) - hz I(i - 1, j));
    for (int i = 0; i < NX; i++)
      for (int j = 1; j < NY; j++) ex I(i, j) -= 0.5 * (hz I(i, j) - hz I(i, j - 1));
    for (int i = 0; i < NX - 1; i++)
      for (int j = 0; j < NY - 1; j++)
        hz I(i, j) -= 0.7 * (ex I(i, j + 1) - ex I(i, j) + ey I(i + 1, j) - ey I(i, j));
  }
  double s = 0;
  for (int i = 0; i < NX * NY; i++) s += hz[i] * hz[i];
  return s;
}
