"""Writes calibration/golden/isotonic.json: what scikit-learn's isotonic regression says of random samples.

    python -m pip install scikit-learn
    python calibration/golden/make_isotonic.py

Samples with ties, weights (0 among them), plateaus and noise; the knots that it keeps, and its predictions inside and beyond the samples.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.isotonic import IsotonicRegression

SEED = 20261124
CASES = [
    # samples, distinct inputs (0: as many as samples), noise, do weights differ?
    (1, 0, 0.1, False),
    (2, 0, 0.5, False),
    (12, 0, 0.3, False),
    (40, 6, 0.4, True),
    (60, 60, 0.05, True),
    (200, 25, 1.0, True),
    (300, 0, 0.2, False),
    (500, 0, 0.15, True),
]


def case(random, samples, distinct, noise, weighted):
    x = random.uniform(size=samples)
    if distinct:
        x = np.round(x * distinct) / distinct
    y = np.clip(x**2 + noise * random.normal(size=samples), 0, 1)
    weights = random.uniform(0.1, 3, size=samples) if weighted else np.ones(samples)
    if weighted:
        weights[random.integers(samples, size=samples // 10)] = 0.0
    fitted = IsotonicRegression(out_of_bounds="clip").fit(x, y, sample_weight=weights)
    at = np.concatenate([[-1.0, 0.0, 1.0, 2.0], random.uniform(-0.1, 1.1, size=60), x[:40]])
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "weights": weights.tolist(),
        "knots_x": fitted.X_thresholds_.tolist(),
        "knots_y": fitted.y_thresholds_.tolist(),
        "at": at.tolist(),
        "predictions": fitted.predict(at).tolist(),
    }


def main():
    random = np.random.default_rng(SEED)
    out = {"scikit_learn": sklearn.__version__, "cases": [case(random, *each) for each in CASES]}
    path = pathlib.Path(__file__).with_name("isotonic.json")
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
