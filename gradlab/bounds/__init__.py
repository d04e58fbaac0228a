"""Theorems about gradients through time, as objects; one theorem a file."""

from gradlab.bounds.absolute_product import AbsoluteProduct
from gradlab.bounds.base import AbstractBound, AbstractRunTheorem, AbstractTheorem
from gradlab.bounds.cauchy_power import CauchyPower
from gradlab.bounds.certificate import Certificate
from gradlab.bounds.common_lyapunov import CommonLyapunov
from gradlab.bounds.diagonal_recurrence import DiagonalRecurrence
from gradlab.bounds.entrywise_radius import EntrywiseRadius
from gradlab.bounds.forget_floor import ForgetFloor
from gradlab.bounds.frobenius_product import FrobeniusProduct
from gradlab.bounds.gru_ceiling import GRUCeiling
from gradlab.bounds.jordan_floor import JordanFloor
from gradlab.bounds.kreiss_ceiling import KreissCeiling
from gradlab.bounds.kreiss_floor import KreissFloor
from gradlab.bounds.least_singular_product import LeastSingularProduct
from gradlab.bounds.linear_floor import LinearFloor
from gradlab.bounds.linear_radius import LinearRadius
from gradlab.bounds.logarithmic_norm import LogarithmicNorm
from gradlab.bounds.lstm_ceiling import LSTMCeiling
from gradlab.bounds.mixed_product import MixedProduct
from gradlab.bounds.norm_product import NormProduct
from gradlab.bounds.numerical_radius_power import NumericalRadiusPower
from gradlab.bounds.orthogonal_ceiling import OrthogonalCeiling
from gradlab.bounds.orthogonal_floor import OrthogonalFloor
from gradlab.bounds.pseudospectral_growth import PseudospectralGrowth
from gradlab.bounds.scaled_norm import ScaledNorm
from gradlab.bounds.slope_norm import SlopeNorm
from gradlab.bounds.slope_set import SlopeSet
from gradlab.bounds.triangular_transient import TriangularTransient
from gradlab.bounds.truncation_spread import TruncationSpread
from gradlab.bounds.truncation_tail import TruncationTail
from gradlab.bounds.twin_ceiling import TwinCeiling
from gradlab.bounds.volume_floor import VolumeFloor
from gradlab.verified.compare import Verdict

__all__ = [
    "AbsoluteProduct",
    "AbstractBound",
    "AbstractRunTheorem",
    "AbstractTheorem",
    "CauchyPower",
    "Certificate",
    "CommonLyapunov",
    "DiagonalRecurrence",
    "EntrywiseRadius",
    "ForgetFloor",
    "FrobeniusProduct",
    "GRUCeiling",
    "JordanFloor",
    "KreissCeiling",
    "KreissFloor",
    "LSTMCeiling",
    "LeastSingularProduct",
    "LinearFloor",
    "LinearRadius",
    "LogarithmicNorm",
    "MixedProduct",
    "NormProduct",
    "NumericalRadiusPower",
    "OrthogonalCeiling",
    "OrthogonalFloor",
    "PseudospectralGrowth",
    "ScaledNorm",
    "SlopeNorm",
    "SlopeSet",
    "TriangularTransient",
    "TruncationSpread",
    "TruncationTail",
    "TwinCeiling",
    "Verdict",
    "VolumeFloor",
    "all_bounds",
    "all_theorems",
]


def all_bounds() -> list[type[AbstractBound]]:
    """Return every theorem that bounds the gain of a trajectory.

    Examples
    --------
    >>> NormProduct in all_bounds()
    True
    """
    return [
        NormProduct,
        FrobeniusProduct,
        MixedProduct,
        AbsoluteProduct,
        LogarithmicNorm,
        CommonLyapunov,
        LeastSingularProduct,
        VolumeFloor,
        SlopeNorm,
        EntrywiseRadius,
        ScaledNorm,
        SlopeSet,
        OrthogonalCeiling,
        LinearRadius,
        TriangularTransient,
        NumericalRadiusPower,
        CauchyPower,
        KreissCeiling,
        LinearFloor,
        JordanFloor,
        DiagonalRecurrence,
        OrthogonalFloor,
        LSTMCeiling,
        GRUCeiling,
        ForgetFloor,
    ]


def all_theorems() -> list[type[AbstractTheorem]]:
    """Return every theorem.

    Examples
    --------
    >>> "thm:norm-product" in [theorem.label for theorem in all_theorems()]
    True
    """
    return [
        *all_bounds(),
        KreissFloor,
        PseudospectralGrowth,
        TwinCeiling,
        TruncationTail,
        TruncationSpread,
    ]
