"""The demo city: synthetic data of a town that exists nowhere, and its generator."""
