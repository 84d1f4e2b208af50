"""Image processing: filters, edges, morphology, transforms, segmentation."""

import numpy as np

from tests.programs import normal, program, uniform


@program((uniform(6, 7),), second=None)
def sobel(img):
    gx = np.zeros_like(img)
    gy = np.zeros_like(img)
    gx[1:-1, 1:-1] = ((img[:-2, 2:] + 2 * img[1:-1, 2:] + img[2:, 2:])
                      - (img[:-2, :-2] + 2 * img[1:-1, :-2] + img[2:, :-2]))
    gy[1:-1, 1:-1] = ((img[2:, :-2] + 2 * img[2:, 1:-1] + img[2:, 2:])
                      - (img[:-2, :-2] + 2 * img[:-2, 1:-1] + img[:-2, 2:]))
    magnitude = np.hypot(gx[1:-1, 1:-1], gy[1:-1, 1:-1])
    return magnitude / magnitude.max()


def gaussian_kernel(sigma, radius):
    x = np.arange(-radius, radius + 1)
    k = np.exp(-0.5 * (x / sigma) ** 2)
    return k / k.sum()


@program((uniform(6, 5), 0.9), (uniform(3, 4), 2.0), wrt=(0, 1), heavy=True)
def gaussian_blur(img, sigma):
    """Separable, with reflected borders."""
    r = 2
    k = gaussian_kernel(sigma, r)
    padded = np.pad(img, r, mode="reflect")
    rows = np.zeros((img.shape[0] + 2 * r, img.shape[1]))
    for i, w in enumerate(k):
        rows += w * padded[:, i:i + img.shape[1]]
    out = np.zeros(img.shape)
    for i, w in enumerate(k):
        out += w * rows[i:i + img.shape[0], :]
    return out


@program((uniform(5, 5), 1.0, 0.3), wrt=(0, 1, 2), heavy=True)
def bilateral_filter(img, sigma_s, sigma_r):
    h, w = img.shape
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            norm = 0.0
            acc = 0.0
            for di in range(-1, 2):
                for dj in range(-1, 2):
                    y, x = i + di, j + dj
                    if 0 <= y < h and 0 <= x < w:
                        ws = np.exp(-(di * di + dj * dj) / (2 * sigma_s**2))
                        wr = np.exp(-((img[y, x] - img[i, j]) ** 2) / (2 * sigma_r**2))
                        norm += ws * wr
                        acc += ws * wr * img[y, x]
            out[i, j] = acc / norm
    return out


@program((uniform(5, 6, seed=3),), second=None)
def median_filter(img):
    padded = np.pad(img, 1, mode="edge")
    out = np.empty(img.shape)
    for i in range(img.shape[0]):
        for j in range(img.shape[1]):
            out[i, j] = np.median(padded[i:i + 3, j:j + 3])
    return out


@program(((255 * uniform(6, 6, seed=1)).astype(np.uint8),), ((40 * uniform(5, 3)).astype(np.uint8) + 100,), wrt=())
def equalized_histogram(img):
    """Levels of grey spread over the whole range, in 8 bits."""
    hist, _ = np.histogram(img.flatten(), bins=256, range=(0, 256))
    cdf = hist.cumsum()
    low = cdf[cdf > 0].min()
    table = np.round((cdf - low) / max(img.size - low, 1) * 255).clip(0, 255).astype(np.uint8)
    return table[img]


@program((uniform(4, 5), 7, 6), (uniform(3, 3), 2, 2), wrt=(0,))
def bilinear_resize(img, new_h, new_w):
    h, w = img.shape
    out = np.zeros((new_h, new_w))
    for i in range(new_h):
        y = (i + 0.5) * h / new_h - 0.5
        y0 = int(np.floor(y))
        fy = y - y0
        ya, yb = max(y0, 0), min(y0 + 1, h - 1)
        for j in range(new_w):
            x = (j + 0.5) * w / new_w - 0.5
            x0 = int(np.floor(x))
            fx = x - x0
            xa, xb = max(x0, 0), min(x0 + 1, w - 1)
            top = (1 - fx) * img[ya, xa] + fx * img[ya, xb]
            bottom = (1 - fx) * img[yb, xa] + fx * img[yb, xb]
            out[i, j] = (1 - fy) * top + fy * bottom
    return out


@program((uniform(6, 6), np.array([[0.913, -0.217, 0.531], [0.151, 1.057, -0.423]])), wrt=(0, 1), second=None)
def affine_warp(img, M):
    """Inverse mapping with bilinear weights; what comes from outside is 0."""
    h, w = img.shape
    ys, xs = np.meshgrid(np.arange(h), np.arange(w), indexing="ij")
    sx = M[0, 0] * xs + M[0, 1] * ys + M[0, 2]
    sy = M[1, 0] * xs + M[1, 1] * ys + M[1, 2]
    x0 = np.floor(sx).astype(int)
    y0 = np.floor(sy).astype(int)
    out = np.zeros((h, w))
    for dy in (0, 1):
        for dx in (0, 1):
            xi, yi = x0 + dx, y0 + dy
            weight = (1.0 - np.abs(sx - xi)) * (1.0 - np.abs(sy - yi))
            inside = (xi >= 0) & (xi < w) & (yi >= 0) & (yi < h)
            values = img[np.clip(yi, 0, h - 1), np.clip(xi, 0, w - 1)]
            out += np.where(inside, weight * values, 0.0)
    return out


@program((uniform(6, 6, seed=5),), second=None)
def opened_and_closed(img):
    """Grey morphology with a cross."""
    def dilate(a):
        p = np.pad(a, 1, mode="constant", constant_values=-np.inf)
        return np.maximum.reduce([p[1:-1, 1:-1], p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:]])

    def erode(a):
        return -dilate(-a)

    return dilate(erode(img)) - erode(dilate(img))


@program((uniform(5, 5, seed=2), 8), (uniform(5, 5, seed=2), 0), wrt=(0,), heavy=True)
def total_variation_denoising(f, n_iter, lam=0.2, tau=0.2):
    """Chambolle's dual iteration."""
    px = np.zeros_like(f)
    py = np.zeros_like(f)

    def divergence(px, py):
        d = np.zeros_like(f)
        d[:-1, :] += px[:-1, :]
        d[1:, :] -= px[:-1, :]
        d[:, :-1] += py[:, :-1]
        d[:, 1:] -= py[:, :-1]
        return d

    for _ in range(n_iter):
        u = divergence(px, py) - f / lam
        ux = np.vstack([np.diff(u, axis=0), np.zeros((1, u.shape[1]))])
        uy = np.hstack([np.diff(u, axis=1), np.zeros((u.shape[0], 1))])
        norm = 1.0 + tau * np.sqrt(ux**2 + uy**2 + 1e-2)
        px = (px + tau * ux) / norm
        py = (py + tau * uy) / norm
    return f - lam * divergence(px, py)


@program((uniform(8, 16), 10.0), wrt=(0,), second=None)
def jpeg_energy(img, quality):
    """The discrete cosine transform of 8x8 blocks, with the high frequencies dropped."""
    n = 8
    C = np.array([[np.sqrt((1 if k == 0 else 2) / n) * np.cos(np.pi * (2 * i + 1) * k / (2 * n)) for i in range(n)]
                  for k in range(n)])
    out = np.zeros_like(img)
    kept = 0
    for by in range(0, img.shape[0], n):
        for bx in range(0, img.shape[1], n):
            block = img[by:by + n, bx:bx + n] - 0.5
            coef = C @ block @ C.T
            for u in range(n):
                for v in range(n):
                    if u + v > quality:
                        coef[u, v] = 0.0
                    else:
                        kept += 1
            out[by:by + n, bx:bx + n] = C.T @ coef @ C + 0.5
    return out, kept


@program((uniform(5, 6), uniform(5, 6, seed=1), 4), wrt=(0, 1), heavy=True)
def horn_schunck(im1, im2, iterations):
    """Optical flow."""
    fx = np.gradient(im1, axis=1)
    fy = np.gradient(im1, axis=0)
    ft = im2 - im1
    u = np.zeros_like(im1)
    v = np.zeros_like(im1)
    alpha2 = 0.5
    for _ in range(iterations):
        up, vp = np.pad(u, 1, mode="edge"), np.pad(v, 1, mode="edge")
        ubar = 0.25 * (up[:-2, 1:-1] + up[2:, 1:-1] + up[1:-1, :-2] + up[1:-1, 2:])
        vbar = 0.25 * (vp[:-2, 1:-1] + vp[2:, 1:-1] + vp[1:-1, :-2] + vp[1:-1, 2:])
        t = (fx * ubar + fy * vbar + ft) / (alpha2 + fx**2 + fy**2)
        u, v = ubar - fx * t, vbar - fy * t
    return u, v


@program(((uniform(7, 7, seed=4) > 0.6).astype(np.uint8), 3), ((uniform(4, 6) > 0.5).astype(np.uint8), 0), wrt=())
def game_of_life(board, generations):
    for _ in range(generations):
        neighbours = np.zeros(board.shape, dtype=np.int32)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                if (dy, dx) != (0, 0):
                    neighbours += np.roll(board, (dy, dx), axis=(0, 1))
        board = ((neighbours == 3) | ((board == 1) & (neighbours == 2))).astype(np.uint8)
    return board, board.sum()


@program((-2.0, 0.5, -1.2, 1.2, 9, 7), wrt=())
def mandelbrot(xmin, xmax, ymin, ymax, nx, ny, max_iter=30):
    """How long each point stays, with complex numbers."""
    counts = np.zeros((ny, nx), dtype=np.int32)
    for j, y in enumerate(np.linspace(ymin, ymax, ny)):
        for i, x in enumerate(np.linspace(xmin, xmax, nx)):
            c = complex(x, y)
            z = 0j
            n = 0
            while abs(z) <= 2.0 and n < max_iter:
                z = z * z + c
                n += 1
            counts[j, i] = n
    return counts


@program((uniform(6, 6, seed=6) > 0.45,), (np.zeros((2, 3), dtype=bool),), wrt=())
def connected_regions(mask):
    """Labels by flooding with an explicit stack."""
    h, w = mask.shape
    labels = np.zeros((h, w), dtype=int)
    stack = np.zeros((4 * h * w + 4, 2), dtype=int)
    current = 0
    for i in range(h):
        for j in range(w):
            if not mask[i, j] or labels[i, j] != 0:
                continue
            current += 1
            top = 0
            stack[top] = i, j
            top += 1
            while top > 0:
                top -= 1
                y, x = stack[top]
                if y < 0 or y >= h or x < 0 or x >= w:
                    continue
                if not mask[y, x] or labels[y, x]:
                    continue
                labels[y, x] = current
                for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                    stack[top] = y + dy, x + dx
                    top += 1
    return labels, current


@program((normal(6, 8, seed=7), 0.3), wrt=(0,), second=None)
def soft_threshold_wavelet(img, t):
    """One level of Haar's wavelets, thresholded, and back."""
    def haar(a):
        s = (a[0::2] + a[1::2]) / np.sqrt(2.0)
        d = (a[0::2] - a[1::2]) / np.sqrt(2.0)
        return s, d

    def unhaar(s, d):
        a = np.empty((2 * s.shape[0], *s.shape[1:]))
        a[0::2] = (s + d) / np.sqrt(2.0)
        a[1::2] = (s - d) / np.sqrt(2.0)
        return a

    lo, hi = haar(img)
    ll, lh = (x.T for x in haar(lo.T))
    hl, hh = (x.T for x in haar(hi.T))
    shrink = lambda c: np.sign(c) * np.maximum(np.abs(c) - t, 0.0)
    lo = unhaar(ll.T, shrink(lh).T).T
    hi = unhaar(shrink(hl).T, shrink(hh).T).T
    return unhaar(lo, hi)
