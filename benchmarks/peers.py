"""What others do for Lyapunov exponents, each in its own way, on the same network.

A peer is handed W of h' = tanh(W h) and a stored run h_0 … h_T; it gets all exponents
of those T steps.  Those that can only integrate start at h_0.  Every peer is called as
its users call it; compilation is not counted.  Slopes are 1 − tanh² here, as users
write them: times are compared, and the digits of saturated units are their own affair.
"""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg.lapack import dgeqrf, dorgqr

from benchmarks.clock import Work

__all__ = [
    "Maker",
    "bare_product",
    "jax_batch",
    "jax_scan",
    "lyapynov_lce",
    "numpy_batch",
    "numpy_qr",
    "numpy_thin",
    "pynamicalsys_er",
    "pynamicalsys_qr",
    "scipy_qr",
    "torch_jacrev",
]

Array = np.ndarray
Maker = Callable[[Array, Array], Work]


def numpy_qr(W: Array, states: Array) -> Work:
    """Return the textbook's loop: J, J Q and a QR in NumPy at every step."""
    return numpy_thin(W, states, len(W))


def numpy_thin(W: Array, states: Array, k: int) -> Work:
    """Return the same loop for k columns."""

    def work() -> Array:
        Q, total = np.eye(len(W), k), np.zeros(k)
        for h in states[:-1]:
            J = (1 - np.tanh(W @ h) ** 2)[:, None] * W
            Q, R = np.linalg.qr(J @ Q)
            total += np.log(np.abs(np.diag(R)))
        return total / (len(states) - 1)

    return work


def scipy_qr(W: Array, states: Array) -> Work:
    """Return that loop with LAPACK's geqrf and orgqr in place, without NumPy's copies.

    The product is the caller's to overwrite, columns lie side by side, and there is
    room for whole panels, which SciPy's wrapper does not give unasked.
    """
    room = 32 * len(W)

    def work() -> Array:
        Q, total = np.eye(len(W), order="F"), np.zeros(len(W))
        for h in states[:-1]:
            J = (1 - np.tanh(W @ h) ** 2)[:, None] * W
            moved = np.asfortranarray(J @ Q)
            packed, tau, *_ = dgeqrf(moved, lwork=room, overwrite_a=1)
            total += np.log(np.abs(packed.diagonal()))
            Q = dorgqr(packed, tau, lwork=room, overwrite_a=1)[0]
        return total / (len(states) - 1)

    return work


def jax_scan(W: Array, states: Array) -> Work:
    """Return a compiled scan over h_t that pushes Q by jvp, then takes its QR."""
    jax, weights, hs = _to_jax(W, states)
    one = jax.jit(_scan(jax, weights))
    return lambda: one(hs).block_until_ready()


def jax_batch(W: Array, states: Array) -> Work:
    """Return that scan, vmapped over the systems of a batch h (T + 1, B, n)."""
    jax, weights, hs = _to_jax(W, states)
    every = jax.jit(jax.vmap(_scan(jax, weights), 1))
    return lambda: every(hs).block_until_ready()


def _to_jax(W: Array, states: Array) -> tuple[Any, Any, Any]:
    jax, jnp = importlib.import_module("jax"), importlib.import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    return jax, jnp.asarray(W), jnp.asarray(states[:-1])


def _scan(jax: Any, W: Any) -> Callable[[Any], Any]:
    """Return the function from h_0 … h_{T−1} to all exponents."""
    jnp = jax.numpy

    def step(h: Any) -> Any:
        return jnp.tanh(W @ h)

    def body(carry: tuple[Any, Any], h: Any) -> tuple[tuple[Any, Any], None]:
        Q, total = carry
        pushed = jax.vmap(lambda q: jax.jvp(step, (h,), (q,))[1], 1, 1)(Q)
        Q, R = jnp.linalg.qr(pushed)
        return (Q, total + jnp.log(jnp.abs(jnp.diag(R)))), None

    def exponents(hs: Any) -> Any:
        start = jnp.eye(len(W)), jnp.zeros(len(W))
        return jax.lax.scan(body, start, hs)[0][1] / len(hs)

    return exponents


def torch_jacrev(W: Array, states: Array) -> Work:
    """Return a loop of torch.func.jacrev and torch.linalg.qr."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    weights, hs = torch.from_numpy(np.array(W)), torch.from_numpy(states[:-1].copy())
    jacobian = torch.func.jacrev(lambda h: torch.tanh(weights @ h))

    def work() -> object:
        Q = torch.eye(len(W), dtype=torch.float64)
        total = torch.zeros(len(W), dtype=torch.float64)
        for h in hs:
            Q, R = torch.linalg.qr(jacobian(h) @ Q)
            total += R.diagonal().abs().log()
        return (total / len(hs)).numpy()

    return work


def lyapynov_lce(W: Array, states: Array) -> Work:
    """Return lyapynov's LCE of the network as a discrete system."""
    lyapynov = importlib.import_module("lyapynov")

    def f(h: Array, _: float) -> Array:
        return np.tanh(W @ h)

    def jacobian(h: Array, _: float) -> Array:
        return (1 - np.tanh(W @ h) ** 2)[:, None] * W

    def work() -> Array:
        system = lyapynov.DiscreteDS(states[0], 0, f, jacobian, dt=1)
        return lyapynov.LCE(system, len(W), 0, len(states) - 1, False)

    return work


def pynamicalsys_qr(W: Array, states: Array) -> Work:
    """Return pynamicalsys' exponents by QR."""
    return _by_pynamicalsys(W, states, "QR")


def pynamicalsys_er(W: Array, states: Array) -> Work:
    """Return pynamicalsys' exponents by Eckmann and Ruelle's way: two units only."""
    return _by_pynamicalsys(W, states, "ER")


def _by_pynamicalsys(W: Array, states: Array, method: str) -> Work:
    numba = importlib.import_module("numba")
    n = len(W)
    mapping, jacobian = _scalar_maps(numba) if n == 2 else _array_maps(numba, n)
    system = importlib.import_module("pynamicalsys").DiscreteDynamicalSystem(
        mapping=mapping,
        jacobian=jacobian,
        system_dimension=n,
        number_of_parameters=n * n,
    )
    steps, given = len(states) - 1, np.ascontiguousarray(W).ravel()
    return lambda: system.lyapunov(states[0], steps, parameters=given, method=method)


def _array_maps(numba: Any, n: int) -> tuple[Any, Any]:
    """Return the map and its Jacobian; W is handed over as parameters."""

    @numba.njit
    def mapping(u: Array, w: Array) -> Array:
        return np.tanh(w.reshape(n, n) @ u)

    @numba.njit
    def jacobian(u: Array, w: Array, *_: object) -> Array:
        M = w.reshape(n, n)
        slopes = 1 - np.tanh(M @ u) ** 2
        return slopes.reshape(n, 1) * M

    return mapping, jacobian


def _scalar_maps(numba: Any) -> tuple[Any, Any]:
    """Return the same for two units in scalars, the fastest form that it takes."""

    @numba.njit
    def mapping(u: Array, w: Array) -> Array:
        a, b = w[0] * u[0] + w[1] * u[1], w[2] * u[0] + w[3] * u[1]
        return np.array([np.tanh(a), np.tanh(b)])

    @numba.njit
    def jacobian(u: Array, w: Array, *_: object) -> Array:
        a, b = w[0] * u[0] + w[1] * u[1], w[2] * u[0] + w[3] * u[1]
        s, t = 1 - np.tanh(a) ** 2, 1 - np.tanh(b) ** 2
        return np.array([[s * w[0], s * w[1]], [t * w[2], t * w[3]]])

    return mapping, jacobian


def numpy_batch(W: Array, states: Array) -> Work:
    """Return NumPy's loop for a batch h (T + 1, B, n): one QR call a step for all B."""

    def work() -> Array:
        _, systems, n = states.shape
        Q = np.broadcast_to(np.eye(n), (systems, n, n))
        total = np.zeros((systems, n))
        for h in states[:-1]:
            J = (1 - np.tanh(h @ W.T) ** 2)[:, :, None] * W
            Q, R = np.linalg.qr(J @ Q)
            total += np.log(np.abs(np.diagonal(R, axis1=1, axis2=2)))
        return total / (len(states) - 1)

    return work


def bare_product(factors: Array) -> Work:
    """Return one matrix product per factor and nothing else, which soon overflows.

    It is what any method must do at least that goes through the factors one by one.
    """

    def work() -> Array:
        P, spare = np.eye(factors.shape[1]), np.empty(factors.shape[1:])
        for J in factors:
            P, spare = np.matmul(J, P, out=spare), P
        return P

    return work
