"""Settings that hold for every test."""

import os

# One BLAS thread a worker: results do not depend on the number of cores, and workers do not fight for them.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
