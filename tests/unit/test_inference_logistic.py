"""Firth's logistic regression against logistf, and separation said instead of -600."""

import numpy as np
import pandas as pd
import pytest

from sustainment.errors import UserError
from sustainment.inference.logistic import (
    _maximise,
    firth,
    firth_coefficients,
    maximum_likelihood,
    separation,
)

# Endometrial cancer grade (heinze2002solution), as in R's brglm2 and logistf's examples:
# a row a patient with neovasculation (NV), pulsatility index (PI), endometrium height (EH)
# and histology high (HG).
ENDOMETRIAL = """
0 13 1.64 0; 0 16 2.26 0; 0 8 3.14 0; 0 34 2.68 0; 0 20 1.28 0; 0 5 2.31 0; 0 17 1.8 0; 0 10 1.68
0; 0 26 1.56 0; 0 17 2.31 0; 0 8 2.01 0; 0 7 1.89 0; 0 20 3.15 0; 0 10 1.23 0; 0 18 1.27 0; 0 16
1.76 0; 0 18 2 0; 0 8 2.64 1; 0 29 0.88 1; 0 12 1.27 1; 0 20 1.37 1; 1 38 0.97 1; 1 22 1.14 1; 1 7
0.88 1; 1 25 0.91 1; 1 15 0.58 1; 0 7 0.97 1; 0 28 1.5 0; 0 11 1.33 0; 0 19 2.37 0; 0 10 1.82 0; 0
10 3.13 0; 0 18 1.31 0; 0 14 1.92 0; 0 21 1.64 0; 0 11 2.01 0; 0 17 1.88 0; 0 25 1.93 0; 0 16 2.11
0; 0 19 1.29 0; 0 15 1.72 0; 0 33 0.75 0; 0 24 1.92 0; 0 48 1.84 1; 0 12 1.11 1; 0 19 1.61 1; 0 2
1.18 1; 1 22 1.44 1; 1 40 1.18 1; 1 5 0.93 1; 1 0 1.17 1; 0 21 1.19 1; 0 15 1.06 1; 0 29 2.02 0; 0
15 2.29 0; 0 12 2.33 0; 0 3 2.9 0; 0 20 1.7 0; 0 23 1.41 0; 0 12 2.25 0; 0 22 1.54 0; 0 42 1.97 0;
0 15 1.75 0; 0 13 2.16 0; 0 14 2.57 0; 0 19 1.37 0; 0 12 3.61 0; 0 13 2.04 0; 0 10 2.17 0; 0 12
1.69 1; 1 49 0.27 1; 0 6 1.84 1; 0 5 1.3 1; 0 17 0.96 1; 1 11 1.01 1; 1 21 0.98 1; 0 5 0.35 1; 1
19 1.02 1; 0 33 0.85 1
"""

# Urinary tract infection and contraceptives (foxman1997firsttime), logistf's `sex2`:
# persons by pattern "case age oc vic vicl vis dia" and how many showed it.
SEX2 = """
0000010x1 0001000x2 0001010x1 0001100x8 0001110x18 0010000x42 0010010x1 0011000x1 0011100x5
0011110x6 0101100x2 0101110x4 0110000x14 0110010x1 0111000x1 0111110x2 1000010x1 1001000x14
1001010x3 1001100x10 1001110x12 1001111x1 1010000x44 1010001x3 1011000x15 1011001x1 1011010x2
1011100x7 1011110x3 1101000x2 1101010x1 1101011x1 1101100x1 1101111x1 1110000x5 1111000x3
"""


@pytest.fixture(scope="module")
def endometrial():
    rows = [line.split() for line in ENDOMETRIAL.split(";") if line.strip()]
    return pd.DataFrame(rows, columns=["NV", "PI", "EH", "HG"], dtype=float)


@pytest.fixture(scope="module")
def sex2():
    patterns = [pair.split("x") for pair in SEX2.split()]
    rows = [[int(digit) for digit in pattern] for pattern, n in patterns for _ in range(int(n))]
    return pd.DataFrame(rows, columns=["case", "age", "oc", "vic", "vicl", "vis", "dia"])


def test_the_endometrial_example_agrees_with_logistf(endometrial):
    # R 4.2.2, logistf 1.26.1, convergence 1e-10: logistf(HG ~ NV + PI + EH). Standard errors
    # (five decimals) as in heinze2002solution and brglm2; newer logistf augments them.
    fit = firth(endometrial[["NV", "PI", "EH"]], endometrial["HG"])
    expected = [
        [3.77455971365, 1.0825371084, 7.20928049825, 1.48869, 4.193627886e-03],
        [2.92927335320, 0.6097244363, 7.85463171388, 1.55076, 9.123667547e-03],
        [-0.03475175987, -0.1244587209, 0.04045547318, 0.03958, 3.874822036e-01],
        [-2.60416392529, -4.3651832473, -1.23272105722, 0.77602, 2.506867215e-05],
    ]
    found = fit.table[["coefficient", "low", "high", "se", "p"]].to_numpy()
    assert np.delete(found, 3, 1) == pytest.approx(np.delete(expected, 3, 1), abs=1e-6)
    assert found[:, 3] == pytest.approx(np.array(expected)[:, 3], abs=1e-5)
    assert (fit.loglik, fit.null_loglik) == pytest.approx((-24.03726780, -45.86517703), abs=1e-6)
    assert (fit.n, fit.events) == (79, 30)


def test_the_sex2_example_agrees_with_logistf(sex2):
    # R 4.2.2, logistf 1.26.1: logistf(case ~ age + oc + vic + vicl + vis + dia, data = sex2)
    fit = firth(sex2.drop(columns="case"), sex2["case"])
    expected = [
        [0.12025404913, -0.8185591064, 1.07315121603, 8.020268023e-01],
        [-1.10598133138, -1.9737883828, -0.30742514158, 6.143471845e-03],
        [-0.06881672706, -0.9414363302, 0.78920202126, 8.751910586e-01],
        [2.26887465224, 1.2730215712, 3.43543273092, 1.678876959e-06],
        [-2.11140818530, -3.2608611175, -1.11773494698, 1.237804763e-05],
        [-0.78831695140, -1.6080878895, 0.01518467907, 5.449700806e-02],
        [3.09601182735, 0.7745681692, 8.03029352216, 4.951873386e-03],
    ]
    found = fit.table[["coefficient", "low", "high", "p"]].to_numpy()
    assert found == pytest.approx(np.array(expected), abs=1e-6)
    assert (fit.loglik, fit.null_loglik) == pytest.approx((-132.5393795, -157.0847009), abs=1e-6)


def test_one_binary_covariate_is_half_a_person_added_to_each_cell():
    # firth1993bias: for a saturated 2 x 2 table the penalty adds 1/2 to every cell.
    X = pd.DataFrame({"a": [0] * 10 + [1] * 10})
    y = [1] * 3 + [0] * 7 + [1] * 8 + [0] * 2
    coefficients = firth(X, y).table["coefficient"]
    assert coefficients["(intercept)"] == pytest.approx(np.log(3.5 / 7.5), abs=1e-7)
    assert coefficients["a"] == pytest.approx(np.log(8.5 / 2.5) - np.log(3.5 / 7.5), abs=1e-7)


def separated():
    return pd.DataFrame({"a": [0, 0, 0, 1, 1, 1], "b": [3, 1, 2, 2, 1, 3]})


def test_separation_is_found_in_each_of_its_forms(endometrial, sex2):
    assert separation(separated(), [0, 0, 0, 1, 1, 1]) == "complete"
    assert separation(separated()[["a"]], [0, 0, 1, 1, 1, 1]) == "quasi-complete"
    assert separation(separated()[["a"]], [0, 0, 1, 0, 1, 1]) == "none"
    # heinze2002solution: nobody with neovasculation had low grade.
    assert separation(endometrial[["NV", "PI", "EH"]], endometrial["HG"]) == "quasi-complete"
    assert separation(endometrial[["PI", "EH"]], endometrial["HG"]) == "none"
    assert separation(sex2[["dia"]], sex2["case"]) == "quasi-complete"


def test_maximum_likelihood_refuses_what_it_cannot_answer():
    with pytest.raises(UserError, match=r"separated \(complete\).*firth"):
        maximum_likelihood(separated(), [0, 0, 0, 1, 1, 1])


def test_maximum_likelihood_agrees_with_r(endometrial):
    # R 4.2.2: summary(glm(HG ~ PI + EH, binomial))$coefficients
    table = maximum_likelihood(endometrial[["PI", "EH"]], endometrial["HG"])
    assert table[["coefficient", "se"]].to_numpy() == pytest.approx(
        np.array(
            [
                [5.43920977585, 1.45116165162],
                [-0.01959961231, 0.03474439142],
                [-3.69306433974, 0.8302161465],
            ]
        ),
        abs=1e-5,
    )


def test_firth_stays_finite_under_complete_separation():
    table = firth(separated()[["a"]], [0, 0, 0, 1, 1, 1]).table
    # 3.5 / 0.5 against 0.5 / 3.5: two log(7), by half a person in each cell.
    assert table.loc["a", "coefficient"] == pytest.approx(2 * np.log(7), abs=1e-7)
    assert np.isfinite(table.to_numpy()).all()


def test_row_order_changes_nothing_and_swapping_yes_and_no_turns_the_signs(endometrial):
    X, y = endometrial[["NV", "PI", "EH"]], endometrial["HG"]
    once = firth(X, y).table
    other = endometrial.sample(frac=1, random_state=3)
    again = firth(other[["NV", "PI", "EH"]], other["HG"]).table
    assert again.to_numpy() == pytest.approx(once.to_numpy(), rel=1e-5)
    turned = firth(X, 1 - y).table
    assert turned["coefficient"].to_numpy() == pytest.approx(
        -once["coefficient"].to_numpy(), abs=1e-7
    )
    assert turned["low"].to_numpy() == pytest.approx(-once["high"].to_numpy(), abs=1e-6)
    assert firth_coefficients(X, y) == pytest.approx(once["coefficient"].to_numpy(), abs=1e-7)


@pytest.mark.parametrize(
    ("X", "y", "text"),
    [
        ({"a": [0, 1, 1]}, [1, 1, 1], "same answer"),
        ({"a": [0, 1, 1]}, [0, 0, 0], "same answer"),
        ({"a": [1, 1, 1]}, [0, 1, 0], "constant or repeats"),
        ({"a": [0, 1, 2], "b": [0, 2, 4]}, [0, 1, 0], "constant or repeats"),
        ({"a": [0, None, 1]}, [0, 1, 0], "missing"),
        ({"a": ["x", "y", "x"]}, [0, 1, 0], "0/1 columns"),
        ({"a": [0, 1, 1]}, [1, 2, 1], "0 or 1"),
        ({"a": [0, 1]}, [1, 0, 1], "same rows"),
        ({"a": []}, [], "same answer"),
    ],
)
def test_input_without_an_answer_is_a_sentence(X, y, text):
    for method in (firth, maximum_likelihood, separation):
        with pytest.raises(UserError, match=text):
            method(pd.DataFrame(X), pd.Series(y, dtype=float))


def test_firth_recovers_a_known_effect_where_maximum_likelihood_is_often_separated():
    rng = np.random.default_rng(11)
    estimates = []
    for _ in range(1500):
        x = np.zeros(50)
        x[:10] = 1
        y = rng.random(50) < 1 / (1 + np.exp(-(0.4 + 1.2 * x)))
        estimates.append(firth_coefficients(x[:, None], y)[1])
    assert np.mean(estimates) == pytest.approx(1.2, abs=0.1)


def test_the_unit_and_the_origin_of_a_covariate_do_not_matter(sex2):
    X, y = sex2[["age", "vic"]], sex2["case"]
    once = firth(X, y).table
    moved = firth(X.assign(vic=2015 + X["vic"] / 1000), y).table
    assert moved.loc["age"].tolist() == pytest.approx(once.loc["age"].tolist(), rel=1e-5)
    columns = ["coefficient", "low", "high", "se"]
    assert (moved.loc["vic", columns] / 1000).tolist() == pytest.approx(
        once.loc["vic", columns].tolist(), rel=1e-5
    )


def test_random_small_data_always_give_limits_around_the_estimate_or_a_sentence():
    rng = np.random.default_rng(1)
    for _ in range(40):
        n, k = rng.integers(6, 40), rng.integers(1, 4)
        X = np.where(rng.random(k) < 0.5, rng.integers(0, 2, (n, k)), rng.normal(size=(n, k)))
        try:
            table = firth(pd.DataFrame(X), rng.random(n) < rng.uniform(0.1, 0.9)).table
        except UserError:
            continue
        assert (table["low"] < table["coefficient"]).all()
        assert (table["coefficient"] < table["high"]).all()


def test_two_peaks_of_the_penalised_likelihood_are_said_not_chosen_between():
    # Ten invented persons, two no, separated: a second, slightly higher peak lies further out.
    X = pd.DataFrame(
        {
            "a": [1.0, 0.3, 0.4, -0.2, -0.8, 1.4, -1.1, -0.9, -2.1, -1.1],
            "b": [-0.3, -0.6, -0.4, 0.1, -0.9, -0.9, 0.8, -1.3, -0.5, 0.1],
        }
    )
    with pytest.raises(UserError, match="more than one peak"):
        firth(X, [0, 1, 1, 1, 1, 1, 0, 1, 1, 1])


def test_a_flat_ridge_ends_where_r_ends():
    # Eleven invented persons, separated. R 4.2.2, brglm2 0.9: glm(y ~ a + b + c, binomial,
    # method = "brglmFit", type = "AS_mean", epsilon = 1e-12); limits where optim() finds the
    # penalised likelihood of the others 1.920729 below its peak (to 2e-11).
    a = [-1.23, -0.04, 1.04, 2.43, -2.58, -0.13, 1.88, 0.08, 0.52, 0.73, -1.35]
    b = [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]
    c = [-2.76, 1.25, -0.04, -1.14, 0.91, -2.43, 0.58, 2.42, -1.66, -0.12, -0.16]
    y = [1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0]
    table = firth(pd.DataFrame({"a": a, "b": b, "c": c}), y).table
    assert table["coefficient"].tolist() == pytest.approx(
        [-4.194270, -2.010646, 6.071221, -1.096258], abs=1e-6
    )
    assert table["low"].tolist()[:3] == pytest.approx([-27.791176, -12.939213, -0.414121], abs=1e-5)
    assert table["high"].tolist() == pytest.approx(
        [0.586739, -0.078787, 38.899095, 0.059011], abs=1e-5
    )


def test_a_search_that_cannot_begin_is_said():
    design = np.column_stack([np.ones(4), [1.0, 2, 3, 4]])
    far_out = np.array([0.0, 1e5])  # nobody's answer is in doubt there, so nothing is curved
    with pytest.raises(UserError, match="did not settle"):
        _maximise(design, np.array([0.0, 0, 1, 1]), far_out, np.array([True, False]))
