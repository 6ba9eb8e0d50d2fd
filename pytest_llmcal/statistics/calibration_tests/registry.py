"""The calibration tests by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pytest_llmcal.statistics.calibration_tests.calibration_error import expected_calibration_error
from pytest_llmcal.statistics.calibration_tests.cumulative import kolmogorov_smirnov, kuiper
from pytest_llmcal.statistics.calibration_tests.hosmer_lemeshow import hosmer_lemeshow
from pytest_llmcal.statistics.calibration_tests.kernel import squared_kernel_error
from pytest_llmcal.statistics.calibration_tests.spiegelhalter import spiegelhalter
from pytest_llmcal.statistics.calibration_tests.statistic import Statistic, Values
from pytest_llmcal.statistics.calibration_tests.t_cal import t_cal

TESTS: Mapping[str, Callable[[Values], Statistic]] = MappingProxyType(
    {
        "ece": expected_calibration_error,
        "hosmer-lemeshow": hosmer_lemeshow,
        "kolmogorov-smirnov": kolmogorov_smirnov,
        "kuiper": kuiper,
        "skce": squared_kernel_error,
        "spiegelhalter": spiegelhalter,
        "t-cal": t_cal,
    }
)
