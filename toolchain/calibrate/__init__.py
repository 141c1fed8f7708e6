"""Calibration: operations measured on a board in, its latency model out."""
