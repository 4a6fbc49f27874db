"""PURE. What may leave to a customer of an agent's mail, and what becomes of its text."""

from gateway.tickets.leaving.course import Answered, Course, Fate, course
from gateway.tickets.leaving.guard import Told
from gateway.tickets.leaving.outgoing import Outgoing, Site, Withheld, outgoing, whole

__all__ = ["Answered", "Course", "Fate", "Outgoing", "Site", "Told", "Withheld", "course", "outgoing", "whole"]
