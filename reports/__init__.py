"""Retells a sealed ledger as reports and letters; never sees a model, writes nothing."""
