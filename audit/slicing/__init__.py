"""Sliced model analysis: how well scores and decisions met what happened, slice by slice.

A slice is a group of rows that columns make: a category, a bin of numbers, or several of these crossed.
Everything is computed from ``fairness.CountTable``s and other counts that merge exactly over partitions;
no row is kept. No law is applied to a slice: groups that the law protects are compared in ``fairness``.

As everywhere here the *positive* of an error rate is the adverse one.
"""
