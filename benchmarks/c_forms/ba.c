// Bundle adjustment: squared errors of points projected into cameras, through two tables of indices.
static double program(double *restrict cams, double *restrict X, double *restrict w, long *restrict ci,
                      long *restrict pi, double *restrict feats) {
  double s = 0;
  for (int o = 0; o < OBSERVATIONS; o++) {
    const double *a = cams + 11 * ci[o], *q = X + 3 * pi[o];
    double y0 = q[0] - a[3], y1 = q[1] - a[4], y2 = q[2] - a[5];
    double th = sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]), c = cos(th), sn = sin(th), w0 = a[0] / th,
           w1 = a[1] / th, w2 = a[2] / th, t = (w0 * y0 + w1 * y1 + w2 * y2) * (1.0 - c);
    double z0 = y0 * c + (w1 * y2 - w2 * y1) * sn + w0 * t, z1 = y1 * c + (w2 * y0 - w0 * y2) * sn + w1 * t,
           z2 = y2 * c + (w0 * y1 - w1 * y0) * sn + w2 * t, u0 = z0 / z2, u1 = z1 / z2,
           r2 = u0 * u0 + u1 * u1, L = 1.0 + a[9] * r2 + a[10] * r2 * r2;
    double e0 = w[o] * (u0 * L * a[6] + a[7] - feats[2 * o]),
           e1 = w[o] * (u1 * L * a[6] + a[8] - feats[2 * o + 1]), v = 1.0 - w[o] * w[o];
    s += 0.5 * (e0 * e0 + e1 * e1 + v * v);
  }
  return s;
}
