"""Survey exports: reading any kind, cleaning by declared rules, a log of every change."""

from sustainment.survey.model import MISSING_KINDS, Item, RawSurvey, Survey

__all__ = ["MISSING_KINDS", "Item", "RawSurvey", "Survey"]
