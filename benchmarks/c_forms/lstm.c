// A long short-term memory with diagonal weights, over a long sequence.
static double sig(double x) { return 1.0 / (1.0 + exp(-x)); }
static double program(double *restrict weights, double *restrict extra, double *restrict state,
                      double *restrict seq) {
  double x[WIDTH], tot = 0;
  for (int t = 0; t < STEPS - 1; t++) {
    for (int i = 0; i < WIDTH; i++) x[i] = seq[t * WIDTH + i] * extra[i];
    for (int l = 0; l < LAYERS; l++) {
      const double *m = weights + l * 8 * WIDTH;
      double *st = state + l * 2 * WIDTH;
      for (int i = 0; i < WIDTH; i++) {
        double h = st[i], fg = sig(x[i] * m[i] + m[4 * WIDTH + i]),
               ig = sig(h * m[WIDTH + i] + m[5 * WIDTH + i]),
               og = sig(x[i] * m[2 * WIDTH + i] + m[6 * WIDTH + i]),
               ch = tanh(h * m[3 * WIDTH + i] + m[7 * WIDTH + i]);
        double c = st[WIDTH + i] * fg + ig * ch;
        st[WIDTH + i] = c;
        h = og * tanh(c);
        st[i] = h;
        x[i] = h;
      }
    }
    double e = 0;
    for (int i = 0; i < WIDTH; i++) {
      x[i] = x[i] * extra[WIDTH + i] + extra[2 * WIDTH + i];
      e += exp(x[i]);
    }
    double le = log(e + 2.0);
    for (int i = 0; i < WIDTH; i++) tot += seq[(t + 1) * WIDTH + i] * (x[i] - le);
  }
  return -tot / (STEPS - 1);
}
