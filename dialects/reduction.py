"""Reductions over axes: nd.reduce with kind sum, max, min or prod."""
from __future__ import annotations
