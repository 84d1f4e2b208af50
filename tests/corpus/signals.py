"""Signal processing: filters, spectra, adaptation, decoding."""

import numpy as np

from tests.programs import normal, program, uniform


class Biquad:
    """A second-order section with its state, direct form II transposed."""

    def __init__(self, b, a):
        self.b = b / a[0]
        self.a = a / a[0]
        self.z1 = 0.0
        self.z2 = 0.0

    def process(self, x):
        y = self.b[0] * x + self.z1
        self.z1 = self.b[1] * x - self.a[1] * y + self.z2
        self.z2 = self.b[2] * x - self.a[2] * y
        return y


@program((normal(10), np.array([0.2, 0.3, 0.2]), np.array([1.1, -0.5, 0.25])), (normal(0), uniform(3), uniform(3)),
         wrt=(0, 1, 2))
def biquad_cascade(x, b, a):
    sections = [Biquad(b, a), Biquad(b[::-1], a)]
    y = np.zeros_like(x)
    for n in range(len(x)):
        sample = x[n]
        for section in sections:
            sample = section.process(sample)
        y[n] = sample
    return y


@program((normal(12), 5, 0.3), wrt=(0, 2), heavy=True)
def windowed_sinc_filter(x, half, cutoff):
    n = np.arange(-half, half + 1)
    taps = 2.0 * cutoff * np.sinc(2.0 * cutoff * n) * np.hamming(2 * half + 1)
    taps /= taps.sum()
    return np.convolve(x, taps, mode="same")


@program((normal(16), 3.0), wrt=(0,), analytic=True)
def goertzel(x, k):
    """The power at one frequency, by a recurrence."""
    n = x.shape[0]
    coeff = 2.0 * np.cos(2.0 * np.pi * k / n)
    s_prev = s_prev2 = 0.0
    for sample in x:
        s = sample + coeff * s_prev - s_prev2
        s_prev2, s_prev = s_prev, s
    return s_prev2**2 + s_prev**2 - coeff * s_prev * s_prev2


@program((normal(20), 4), wrt=(0,), heavy=True)
def linear_prediction(x, order):
    """Levinson and Durbin: coefficients and the error of each order."""
    n = len(x)
    r = np.array([np.dot(x[:n - k], x[k:]) for k in range(order + 1)])
    a = np.zeros(order + 1)
    a[0] = 1.0
    err = r[0]
    errors = [err]
    for i in range(1, order + 1):
        acc = r[i]
        for j in range(1, i):
            acc += a[j] * r[i - j]
        k = -acc / err
        new = a.copy()
        for j in range(1, i):
            new[j] = a[j] + k * a[i - j]
        new[i] = k
        a = new
        err *= 1.0 - k * k
        errors.append(err)
    return a, errors


@program((normal(15), normal(15, seed=1), 0.05), wrt=(0, 1, 2))
def lms_filter(x, desired, mu, taps=4):
    """Adaptive noise cancelling."""
    w = np.zeros(taps)
    buffer = np.zeros(taps)
    error = np.zeros(len(x))
    for n in range(len(x)):
        buffer[1:] = buffer[:-1].copy()
        buffer[0] = x[n]
        y = w @ buffer
        error[n] = desired[n] - y
        w += 2.0 * mu * error[n] * buffer
    return w, error


@program((normal(32, seed=3),), second=None)
def power_spectrum(x):
    """Welch's method with Hann windows and half overlap."""
    nperseg = 8
    window = np.hanning(nperseg)
    segments = []
    for start in range(0, len(x) - nperseg + 1, nperseg // 2):
        seg = x[start:start + nperseg]
        seg = (seg - seg.mean()) * window
        spec = np.fft.rfft(seg)
        segments.append(np.abs(spec) ** 2)
    psd = np.mean(segments, axis=0) / np.sum(window**2)
    psd[1:-1] *= 2
    freqs = np.fft.rfftfreq(nperseg, d=0.01)
    return freqs, psd


def fft_recursive(re, im):
    """Cooley and Tukey's recursion on halves."""
    n = len(re)
    if n == 1:
        return re, im
    er, ei = fft_recursive(re[::2], im[::2])
    orr, oi = fft_recursive(re[1::2], im[1::2])
    k = np.arange(n // 2)
    c, s = np.cos(2 * np.pi * k / n), -np.sin(2 * np.pi * k / n)
    tr = c * orr - s * oi
    ti = c * oi + s * orr
    return np.concatenate([er + tr, er - tr]), np.concatenate([ei + ti, ei - ti])


@program((normal(8),), analytic=True, heavy=True)
def band_energy(x):
    re, im = fft_recursive(x, np.zeros_like(x))
    power = re**2 + im**2
    return power[1:3].sum() / power.sum()


@program((np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([[0.1, 0.4, 0.5], [0.6, 0.3, 0.1]]), np.array([0.6, 0.4]),
          np.array([0, 1, 2, 2, 0])), wrt=())
def viterbi(trans, emit, start, observed):
    """The most likely states of a hidden Markov model."""
    T, S = len(observed), len(start)
    logp = np.full((T, S), -np.inf)
    back = np.zeros((T, S), dtype=int)
    logp[0] = np.log(start) + np.log(emit[:, observed[0]])
    for t in range(1, T):
        for s in range(S):
            candidates = logp[t - 1] + np.log(trans[:, s])
            back[t, s] = np.argmax(candidates)
            logp[t, s] = candidates[back[t, s]] + np.log(emit[s, observed[t]])
    path = np.zeros(T, dtype=int)
    path[-1] = np.argmax(logp[-1])
    for t in range(T - 2, -1, -1):
        path[t] = back[t + 1, path[t + 1]]
    return path, np.max(logp[-1])


@program((np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([[0.1, 0.4, 0.5], [0.6, 0.3, 0.1]]), np.array([0.6, 0.4]),
          np.array([0, 1, 2, 2, 0])), wrt=(0, 1, 2), analytic=True)
def forward_algorithm(trans, emit, start, observed):
    """The likelihood of the same model, scaled at each step."""
    alpha = start * emit[:, observed[0]]
    loglik = 0.0
    for obs in observed[1:]:
        scale = alpha.sum()
        loglik += np.log(scale)
        alpha = (alpha / scale) @ trans * emit[:, obs]
    return loglik + np.log(alpha.sum())


@program((0.3, 0.05, 24), wrt=(0, 1), second=None)
def phase_locked_loop(offset, gain, n):
    phase, freq = 0.0, 0.2
    locked_at = -1
    errors = np.empty(n)
    for i in range(n):
        signal_phase = offset + 0.25 * i
        e = np.sin(signal_phase - phase)
        freq += gain * e * 0.5
        phase += freq + gain * 4 * e
        if phase > 2 * np.pi:
            phase -= 2 * np.pi
        errors[i] = e
        if locked_at < 0 and i > 4 and np.all(np.abs(errors[i - 4:i]) < 0.05):
            locked_at = i
    return errors, locked_at


@program((normal(16, seed=5),), second=None)
def envelope(x):
    """The analytic signal by Fourier's transform: its magnitude and unwrapped phase."""
    n = len(x)
    X = np.fft.fft(x)
    h = np.zeros(n)
    h[0] = h[n // 2] = 1
    h[1:n // 2] = 2
    z = np.fft.ifft(X * h)
    return np.abs(z), np.diff(np.unwrap(np.angle(z)))


@program((normal(14, seed=6), np.sort(uniform(9, seed=7)) * 13.0), wrt=(0, 1), second=None)
def resampled(x, times):
    """Linear interpolation at uneven times; clipped peaks and zero crossings are counted."""
    y = np.interp(times, np.arange(len(x)), x)
    crossings = np.sum(y[:-1] * y[1:] < 0)
    clipped = np.clip(y, -1.5, 1.5)
    n_clipped = np.count_nonzero(clipped != y)
    rms = np.sqrt(np.mean(clipped**2))
    return rms, crossings, n_clipped
