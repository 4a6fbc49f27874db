"""PURE. Rules files -> RuleSet (checked, tested) -> Decision (what, and which rule said so).

The timed runner of patterns is passed in.
"""

from gateway.rules.decision import Decision, RuleTrace, Set, Skip, Skipped
from gateway.rules.evaluate import RuleSet
from gateway.rules.facts import Facts, facts_of
from gateway.rules.load import load
from gateway.rules.matcher import Matcher, RegexMatcher, TimedOut
from gateway.rules.names import FieldShape, Names

__all__ = [
    "Decision",
    "Facts",
    "FieldShape",
    "Matcher",
    "Names",
    "RegexMatcher",
    "RuleSet",
    "RuleTrace",
    "Set",
    "Skip",
    "Skipped",
    "TimedOut",
    "facts_of",
    "load",
]
