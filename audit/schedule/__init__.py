"""Audits that run by themselves: when they are due, which of them run, and who is told.

``cron`` and ``slots`` are pure and know neither clock nor database; ``tick`` is the one act that a
scheduler of any kind calls.
"""
