"""The embedded example: real card holders, a small Keras model, and a lender that does not exist."""
