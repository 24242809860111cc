"""Writes the reference values that test/stats compares src/stats with.

    pip install -r scripts/stats-fixtures/requirements.txt
    python scripts/stats-fixtures/make_fixtures.py && npm run fix

The output is the same on every run; it is committed, so that the tests need no Python.
"""

import json
import warnings
from pathlib import Path

import krippendorff
import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene, MajorityVote
from nltk.metrics.distance import masi_distance
from scipy import stats
from sklearn import metrics
from statsmodels.stats import inter_rater
from statsmodels.stats.contingency_tables import mcnemar

FOLDER = Path(__file__).parents[2] / "test" / "stats" / "fixtures"
RANDOM = np.random.default_rng(20240611)
LABELS = ["good", "bad", "unsure"]
TAGS = ["personal", "sensitive", "rude", "grammar", "short"]

# The libraries answer the undefined cases with a warning, nan or an exception; all of them become null.
warnings.filterwarnings("ignore")


def number(value):
    value = float(value)
    return value if np.isfinite(value) else None


def attempt(work):
    try:
        return number(work())
    except (ValueError, ZeroDivisionError):
        return None


def write(name, content):
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(content) + "\n")


def random_units(rows, raters, labels, accuracy, missing, prior=None):
    truth = RANDOM.choice(labels, size=rows, p=prior)
    units = []
    for true in truth:
        unit = []
        for rater in range(raters):
            right = RANDOM.random() < accuracy[rater % len(accuracy)]
            unit.append(str(true) if right else str(RANDOM.choice(labels)))
            if RANDOM.random() < missing:
                unit[-1] = None
        units.append(unit)
    return units, [str(true) for true in truth]


def unit_cases():
    two, three = LABELS[:2], LABELS
    yield "two raters, two labels", random_units(60, 2, two, [0.8, 0.6], 0)[0]
    yield "three raters, three labels", random_units(50, 3, three, [0.9, 0.6, 0.4], 0)[0]
    yield "missing labels", random_units(50, 3, three, [0.9, 0.6, 0.4], 0.3)[0]
    yield "five raters, one label rare", random_units(80, 5, two, [0.9], 0.05, [0.95, 0.05])[0]
    yield "worse than chance", [["good", "bad"], ["bad", "good"], ["good", "bad"], ["bad", "good"]]
    yield "perfect agreement", [["good", "good"], ["bad", "bad"], ["bad", "bad"]]
    yield "one class", [["good", "good"], ["good", "good"]]
    yield "one class each, not the same", [["good", "bad"], ["good", "bad"], ["good", "bad"]]
    yield "one rater", [["good"], ["bad"], ["good"]]
    yield "one rater gave nothing", [["good", None], ["bad", None], ["good", None]]
    yield "all missing", [[None, None], [None, None]]
    yield "one row", [["good", "bad"]]
    yield "no rows", []


def agreement():
    cases = []
    for name, units in unit_cases():
        whole = [unit for unit in units if None not in unit]
        raters = len(units[0]) if units else 0
        kappas = []
        for i in range(raters):
            for j in range(i + 1, raters):
                both = [(u[i], u[j]) for u in units if u[i] is not None and u[j] is not None]
                first, second = [a for a, _ in both], [b for _, b in both]
                kappa = attempt(lambda: metrics.cohen_kappa_score(first, second)) if both else None
                # statsmodels agrees with scikit-learn, which guards the fixtures themselves.
                if kappa is not None:
                    names = sorted(set(first) | set(second))
                    table = [[sum(x == a and y == b for x, y in both) for b in names] for a in names]
                    other = inter_rater.cohens_kappa(np.array(table)).kappa
                    assert abs(other - kappa) < 1e-12, (name, other, kappa)
                kappas.append({"pair": [i, j], "kappa": kappa})
        fleiss = None
        if whole and raters > 1:
            counts, _ = inter_rater.aggregate_raters([[LABELS.index(v) for v in u] for u in whole])
            fleiss = attempt(lambda: inter_rater.fleiss_kappa(counts, method="fleiss"))
        codes = [[np.nan if u[r] is None else LABELS.index(u[r]) for u in units] for r in range(raters)]
        alpha = attempt(
            lambda: krippendorff.alpha(
                reliability_data=np.array(codes, dtype=float), level_of_measurement="nominal"
            )
        ) if units else None
        cases.append({"name": name, "units": units, "cohen": kappas, "fleiss": fleiss, "alpha": alpha})
    write("agreement", cases)


def tag_units(rows, raters, missing):
    units = []
    for _ in range(rows):
        true = [tag for tag in TAGS if RANDOM.random() < 0.35]
        unit = []
        for _ in range(raters):
            said = [tag for tag in TAGS if (tag in true) != (RANDOM.random() < 0.2)]
            unit.append(None if RANDOM.random() < missing else said)
        units.append(unit)
    return units


def jaccard(a, b):
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


def masi(a, b):
    if not a and not b:
        return 0.0
    # nltk rounds the monotony to 0.67 and 0.33; the paper says 2/3 and 1/3.
    rounded = masi_distance(frozenset(a), frozenset(b))
    shared, union = len(a & b), len(a | b)
    exact = 1 - shared / union * (1 if a == b else 2 / 3 if shared == min(len(a), len(b)) else 1 / 3 if shared else 0)
    if min(len(a), len(b)) > 0:
        assert abs(rounded - exact) < 0.004, (a, b, rounded, exact)
        return exact
    return 1.0


def alpha_of_sets(units, distance):
    domain = sorted({tuple(v) for unit in units for v in unit if v is not None})
    index = {value: at for at, value in enumerate(domain)}
    apart = np.array([[distance(set(a), set(b)) for b in domain] for a in domain])
    raters = len(units[0])
    codes = [[np.nan if u[r] is None else index[tuple(u[r])] for u in units] for r in range(raters)]

    def measure(v1, v2, i1, i2, n_v, dtype=np.float64):
        return apart[np.asarray(v1, dtype=int), np.asarray(v2, dtype=int)]

    return attempt(
        lambda: krippendorff.alpha(
            reliability_data=np.array(codes, dtype=float),
            level_of_measurement=measure,
            value_domain=list(range(len(domain))),
        )
    )


def tag_agreement():
    cases = []
    for name, units in [
        ("two raters", tag_units(40, 2, 0)),
        ("three raters, missing", tag_units(40, 3, 0.2)),
        ("with empty sets", [[[], []], [["rude"], []], [["rude", "short"], ["rude"]], [[], ["short"]]]),
        ("perfect agreement", [[["rude"], ["rude"]], [[], []]]),
        ("one value", [[["rude"], ["rude"]], [["rude"], ["rude"]]]),
    ]:
        cases.append(
            {
                "name": name,
                "units": units,
                "jaccard": alpha_of_sets(units, jaccard),
                "masi": alpha_of_sets(units, masi),
            }
        )
    write("tag-agreement", cases)


def scores():
    def case(name, actual, predicted, score=None):
        actual, predicted = np.array(actual, dtype=bool), np.array(predicted, dtype=bool)
        divided = {"zero_division": np.nan}
        tn, fp, fn, tp = metrics.confusion_matrix(actual, predicted, labels=[False, True]).ravel().tolist()
        result = {
            "name": name,
            "actual": actual.tolist(),
            "predicted": predicted.tolist(),
            "tp": tp, "fp": fp, "fn": fn, "tn": tn,
            "precision": number(metrics.precision_score(actual, predicted, **divided)),
            "recall": number(metrics.recall_score(actual, predicted, **divided)),
            "f1": number(metrics.f1_score(actual, predicted, **divided)),
            "accuracy": number(metrics.accuracy_score(actual, predicted)),
        }
        if score is not None:
            precision, recall, thresholds = metrics.precision_recall_curve(actual, score)
            result["scores"] = [float(value) for value in score]
            # scikit-learn goes from the lowest threshold up and adds the point (1, 0) at the end.
            result["curve"] = [
                [float(t), float(p), float(r)] for t, p, r in zip(thresholds, precision, recall)
            ][::-1]
            result["average_precision"] = number(metrics.average_precision_score(actual, score))
        return result

    actual = RANDOM.random(80) < 0.3
    score = np.clip(np.where(actual, 0.6, 0.4) + RANDOM.normal(0, 0.2, 80), 0, 1)
    coarse = np.round(score, 1)
    write(
        "classification",
        [
            case("random", actual, score >= 0.5, score),
            case("many equal scores", actual, coarse >= 0.5, coarse),
            case("all right", actual, actual, actual.astype(float)),
            case("all wrong", actual, ~actual, 1 - actual.astype(float)),
            case("never positive", [True, False, True], [False, False, False]),
            case("nothing positive", [False, False], [False, True]),
            case("only positives", [True, True], [True, False], [0.9, 0.1]),
            case("one class, never said", [False, False], [False, False]),
        ],
    )


def mcnemar_cases():
    cases = []
    for first, second in [(0, 0), (1, 0), (0, 5), (3, 3), (10, 2), (25, 30), (40, 12), (120, 260), (900, 1000)]:
        table = [[50, first], [second, 20]]
        exact = mcnemar(table, exact=True)
        corrected = mcnemar(table, exact=False, correction=True) if first + second else None
        cases.append(
            {
                "name": f"{first} against {second}",
                "onlyFirst": first,
                "onlySecond": second,
                "exactP": number(exact.pvalue) if first + second else 1.0,
                "statistic": number(corrected.statistic) if corrected else None,
                "correctedP": number(corrected.pvalue) if corrected else None,
            }
        )
    write("mcnemar", cases)


def ensembles():
    cases = []
    for name, units, iterations, tolerance in [
        ("three raters", random_units(60, 3, LABELS[:2], [0.9, 0.8, 0.65], 0)[0], 100, 1e-5),
        ("missing votes", random_units(60, 3, LABELS[:2], [0.9, 0.8, 0.65], 0.25)[0], 100, 1e-5),
        ("three labels, five raters", random_units(70, 5, LABELS, [0.8, 0.7, 0.5], 0.1)[0], 200, 1e-8),
        ("two raters", random_units(40, 2, LABELS[:2], [0.85, 0.7], 0)[0], 100, 1e-5),
        ("perfect agreement", [["good"] * 3, ["bad"] * 3, ["bad"] * 3], 100, 1e-5),
        ("one class", [["good"] * 3] * 4, 100, 1e-5),
        ("one rater", [["good"], ["bad"], ["bad"]], 100, 1e-5),
    ]:
        votes = pd.DataFrame(
            [(row, rater, label) for row, unit in enumerate(units) for rater, label in enumerate(unit) if label],
            columns=["task", "worker", "label"],
        )
        labels = sorted(set(votes["label"]))
        majority = MajorityVote().fit_predict_proba(votes)
        skills = pd.Series({rater: 1.5 - 0.3 * rater for rater in range(len(units[0]))})
        weighted = MajorityVote().fit_predict_proba(votes, skills)
        model = DawidSkene(iterations, tolerance).fit(votes)

        def table(frame):
            return [
                [float(frame.loc[row, label]) for label in labels] if row in frame.index else None
                for row in range(len(units))
            ]

        cases.append(
            {
                "name": name,
                "labels": labels,
                "units": units,
                "majority": table(majority),
                "skills": skills.tolist(),
                "weighted": table(weighted),
                "iterations": iterations,
                "tolerance": tolerance,
                "ran": len(model.loss_history_),
                "dawidSkene": table(model.probas_),
                "priors": [float(model.priors_[label]) for label in labels],
            }
        )
    write("ensemble", cases)


def odds_and_ends():
    values = np.sort(RANDOM.normal(0, 1, 37))
    confidence = np.round(RANDOM.uniform(0.3, 1, 60), 3)
    right = RANDOM.random(60) < confidence
    edges = np.linspace(0, 1, 11)
    place = np.clip(np.ceil(confidence * 10).astype(int) - 1, 0, 9)
    error = sum(
        abs(confidence[place == bin].mean() - right[place == bin].mean()) * (place == bin).mean()
        for bin in range(10)
        if (place == bin).any()
    )
    assert len(edges) == 11
    write(
        "numbers",
        {
            "quantile": {
                "values": values.tolist(),
                "probabilities": [0, 0.025, 0.1, 0.5, 0.975, 1],
                "expected": np.quantile(values, [0, 0.025, 0.1, 0.5, 0.975, 1]).tolist(),
            },
            "chiSquareTail": [[x, float(stats.chi2.sf(x, 1))] for x in [0, 1e-6, 0.01, 0.5, 1, 3.84, 12.4, 12.6, 30, 200]],
            "calibration": {
                "confidence": confidence.tolist(),
                "right": right.tolist(),
                "error": float(error),
            },
        },
    )


agreement()
tag_agreement()
scores()
mcnemar_cases()
ensembles()
odds_and_ends()
