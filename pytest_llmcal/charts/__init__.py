"""Pictures of calibration as SVG text: plain numbers in, markup out, every text in it escaped."""

from pytest_llmcal.charts.markup import escaped, isolated
from pytest_llmcal.charts.reliability import Diagram, Pool, diagram_of, is_outside
from pytest_llmcal.charts.reliability_svg import reliability_svg

__all__ = ["Diagram", "Pool", "diagram_of", "escaped", "is_outside", "isolated", "reliability_svg"]
