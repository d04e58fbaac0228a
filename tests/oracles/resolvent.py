"""Independent routes to resolvent norms: closed forms and covering by boxes.

σ_min of a 2 × 2 matrix      |det M| / σ_max, σ_max² from ‖M‖_F² and |det M|;
sup d(z)/σ_min(zI − A)       σ_min is 1-Lipschitz in z, so it is at least its value in
                             the middle of a box less half the diagonal.
"""

import cmath
import heapq
import math

import numpy as np

__all__ = ["covered_kreiss", "least_of_two"]


def least_of_two(M):
    """Return σ_min of a 2 × 2 matrix."""
    M = np.asarray(M)
    square = float((np.abs(M) ** 2).sum())
    det = abs(M[0, 0] * M[1, 1] - M[0, 1] * M[1, 0])
    largest = math.sqrt((square + math.sqrt(max(square**2 - 4 * det**2, 0.0))) / 2)
    return det / largest if largest else 0.0


def covered_kreiss(A, tolerance):
    """Return bounds on the Kreiss constant of the disc, at most 1 + tolerance apart.

    Boxes in (ln(r − 1), θ), split where their upper bound is largest; outside of them
    (r − 1)/σ ≤ (r − 1)/(r − ‖A‖), and next to the circle r − 1 is small.
    """
    A = np.asarray(A)
    norm, inner = np.linalg.norm(A, 2), 1e-5
    outer = 1 + (norm - 1) * (1 + 2 / tolerance)
    lower, boxes = 1.0, []

    def add(a, b, low, high):
        nonlocal lower
        r, theta = 1 + math.exp((a + b) / 2), (low + high) / 2
        z = cmath.rect(r, theta)
        sigma = np.linalg.svd(z * np.eye(len(A)) - A, compute_uv=False)[-1]
        lower = max(lower, (r - 1) / sigma)
        far = 1 + math.exp(b)
        corners = [cmath.rect(1 + math.exp(x), y) for x in (a, b) for y in (low, high)]
        radius = max(abs(corner - z) for corner in corners)
        sagitta = far * (1 - math.cos((high - low) / 2))
        least = sigma - radius - sagitta
        bound = (far - 1) / least if least > 0 else math.inf
        heapq.heappush(boxes, (-bound, a, b, low, high))

    add(math.log(inner), math.log(outer - 1), -math.pi, math.pi)
    while -boxes[0][0] > lower * (1 + tolerance):
        _, a, b, low, high = heapq.heappop(boxes)
        middle, theta = (a + b) / 2, (low + high) / 2
        # A box is halved in the direction in which it is longer.
        if (math.exp(b) - math.exp(a)) > (1 + math.exp(b)) * (high - low):
            add(a, middle, low, high)
            add(middle, b, low, high)
        else:
            add(a, b, low, theta)
            add(a, b, theta, high)
    return lower, max(-boxes[0][0], lower)
