// The likelihood of a mixture of Gaussians, with a Wishart prior.
#define PACKED (D * (D + 1) / 2)
static double program(double *restrict alphas, double *restrict means, double *restrict icf,
                      double *restrict x) {
  double term[K], xc[D], Qx[D], sq[K], eq[K * D], s = 0;
  for (int k = 0; k < K; k++) {
    sq[k] = 0;
    for (int i = 0; i < D; i++) {
      sq[k] += icf[k * PACKED + i];
      eq[k * D + i] = exp(icf[k * PACKED + i]);
    }
  }
  for (int m = 0; m < POINTS; m++) {
    for (int k = 0; k < K; k++) {
      for (int i = 0; i < D; i++) {
        xc[i] = x[m * D + i] - means[k * D + i];
        Qx[i] = eq[k * D + i] * xc[i];
      }
      int p = D;
      for (int j = 0; j < D; j++)
        for (int i = j + 1; i < D; i++) Qx[i] += icf[k * PACKED + p++] * xc[j];
      double t = 0;
      for (int i = 0; i < D; i++) t += Qx[i] * Qx[i];
      term[k] = alphas[k] + sq[k] - 0.5 * t;
    }
    double mx = term[0];
    for (int k = 0; k < K; k++)
      if (term[k] > mx) mx = term[k];
    double e = 0;
    for (int k = 0; k < K; k++) e += exp(term[k] - mx);
    s += mx + log(e);
  }
  double mx = alphas[0];
  for (int k = 0; k < K; k++)
    if (alphas[k] > mx) mx = alphas[k];
  double e = 0;
  for (int k = 0; k < K; k++) e += exp(alphas[k] - mx);
  s -= POINTS * (mx + log(e));
  double w = 0;
  for (int k = 0; k < K; k++) {
    for (int i = 0; i < D; i++) w += eq[k * D + i] * eq[k * D + i];
    for (int i = D; i < PACKED; i++) w += icf[k * PACKED + i] * icf[k * PACKED + i];
  }
  return CONSTANT + s + 0.5 * w;
}
