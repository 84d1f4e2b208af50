// Bodies that attract one another, softened, by leapfrog.
static double program(double *restrict pos, double *restrict vel, double *restrict m) {
  double a[3 * N];
  for (int t = 0; t <= STEPS; t++) {
    if (t > 0)
      for (int i = 0; i < 3 * N; i++) {
        vel[i] += 0.5 * DT * a[i];
        pos[i] += DT * vel[i];
      }
    for (int i = 0; i < N; i++) {
      double ax = 0, ay = 0, az = 0;
      for (int j = 0; j < N; j++) {
        double dx = pos[3 * j] - pos[3 * i], dy = pos[3 * j + 1] - pos[3 * i + 1],
               dz = pos[3 * j + 2] - pos[3 * i + 2], r2 = dx * dx + dy * dy + dz * dz + 0.01,
               w = m[j] / (r2 * sqrt(r2));
        ax += dx * w;
        ay += dy * w;
        az += dz * w;
      }
      a[3 * i] = ax;
      a[3 * i + 1] = ay;
      a[3 * i + 2] = az;
    }
    if (t > 0)
      for (int i = 0; i < 3 * N; i++) vel[i] += 0.5 * DT * a[i];
  }
  double s = 0;
  for (int i = 0; i < 3 * N; i++) s += pos[i] * pos[i] + vel[i] * vel[i];
  return s;
}
