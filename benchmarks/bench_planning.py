"""The fewest stations, and the best for a budget, beside the usual ways, on the same town.

    python benchmarks/bench_planning.py
    python benchmarks/bench_planning.py --points 50000 200000 --without spopt milp
    python benchmarks/bench_planning.py --points 5000 --spopt-points 5000
    python benchmarks/bench_planning.py --points 50000 --people

Demand points every 10 m along the streets, shops as sites, 50 m in a straight line (`plangen`).
The budget is half of the fewest. Each contender runs in a process of its own with imports and the
making of the town excluded; seconds are of the processor, so that others on the machine do not
count. A bound is what the contender has proven itself; peak memory is that
of the whole process, the town among it. With --people every point weighs 1 to 19, else 1.

spopt builds a dense table and takes minutes from 5 000 points on: above --spopt-points it is not
run, and the table says so. What covers nothing is left out of its problem, as it would refuse it.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys

import numpy as np
import plangen
from scipy import optimize, sparse

from stationmap.planning.optimum import fewest, in_building_order, most

LIMIT_S = 300.0
SPOPT_POINTS = 2000


def weights(points, *, people):
    rng = np.random.default_rng(20184)
    return rng.integers(1, 20, points).astype(float) if people else np.ones(points)


# ------------------------------------------------------- contenders: (value, bound or None)


def ours_fewest(town, _weight, _budget):
    chosen = fewest(town.covers, limit_s=LIMIT_S)
    return len(chosen.columns), chosen.bound


def ours_fewest_most_suitable(town, _weight, _budget):
    chosen = fewest(town.covers, suitability=town.suitability, limit_s=LIMIT_S)
    return len(chosen.columns), chosen.bound


def milp_fewest(town, _weight, _budget):
    covers = _held(town).astype(float)
    answer = optimize.milp(
        np.ones(covers.shape[1]),
        integrality=np.ones(covers.shape[1]),
        bounds=optimize.Bounds(0, 1),
        constraints=optimize.LinearConstraint(covers.tocsc(), 1, np.inf),
        options={"time_limit": LIMIT_S, "mip_rel_gap": 0.0},
    )
    return _told(answer.fun), _told(answer.mip_dual_bound)


def greedy_fewest(town, _weight, _budget):
    covers = _held(town).tocsc()
    _, values = in_building_order(covers, np.ones(covers.shape[0]), np.arange(covers.shape[1]))
    return int(np.searchsorted(values, covers.shape[0])), None


def spopt_fewest(town, _weight, _budget):
    from pulp import PULP_CBC_CMD, value
    from spopt.locate import LSCP

    model = LSCP.from_cost_matrix(_metres(town), plangen.COVER_M)
    answer = value(model.solve(PULP_CBC_CMD(msg=False)).problem.objective)
    return round(answer), round(answer)


def ours_best(town, weight, budget):
    best = most(town.covers, weight, budget=budget, limit_s=LIMIT_S)
    return best.values[-1], best.bounds[-1]


def milp_best(town, weight, budget):
    points, shops = town.covers.shape
    rows = sparse.hstack([town.covers.astype(float), -sparse.eye_array(points)], format="csr")
    number = sparse.csr_array(np.concatenate((np.ones(shops), np.zeros(points)))[None])
    answer = optimize.milp(
        np.concatenate((np.zeros(shops), -weight)),
        integrality=np.arange(shops + points) < shops,
        bounds=optimize.Bounds(0, 1),
        constraints=[
            optimize.LinearConstraint(rows.tocsc(), 0, np.inf),
            optimize.LinearConstraint(number, -np.inf, budget),
        ],
        options={"time_limit": LIMIT_S, "mip_rel_gap": 0.0},
    )
    value, bound = _told(answer.fun), _told(answer.mip_dual_bound)
    return None if value is None else -value, None if bound is None else -bound


def greedy_best(town, weight, budget):
    shops = np.arange(town.covers.shape[1])
    _, values = in_building_order(town.covers.tocsc(), weight, shops, budget=budget)
    return values[-1], None


def spopt_best(town, weight, budget):
    from pulp import PULP_CBC_CMD, value
    from spopt.locate import MCLP

    held = np.diff(town.covers.indptr) > 0
    model = MCLP.from_cost_matrix(_metres(town), weight[held], plangen.COVER_M, p_facilities=budget)
    answer = value(model.solve(PULP_CBC_CMD(msg=False)).problem.objective)
    return answer, answer


def _held(town):
    return town.covers[np.flatnonzero(np.diff(town.covers.indptr) > 0)]


def _metres(town):
    """Dense, as spopt wants it: whatever is not covered is far."""
    return np.where(_held(town).toarray(), 0.0, 10 * plangen.COVER_M)


def _told(number):
    return None if number is None or not math.isfinite(number) else float(number)


JOBS = {
    "fewest": (ours_fewest, ours_fewest_most_suitable, milp_fewest, greedy_fewest, spopt_fewest),
    "best": (ours_best, milp_best, greedy_best, spopt_best),
}
CONTENDERS = {contender.__name__: contender for job in JOBS.values() for contender in job}


# ------------------------------------------------------------------------------- harness


def run_here(name, points, budget, *, people):
    town = plangen.generate(points=points)
    weight = weights(points, people=people)
    if name.startswith("spopt"):
        import spopt.locate  # noqa: F401
    start = _cpu_s()
    value, bound = CONTENDERS[name](town, weight, budget)
    seconds = _cpu_s() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"s": seconds, "value": value, "bound": bound, "mib": peak}
    print(json.dumps(told, default=float))


def _cpu_s():
    """Seconds of this process and of the solvers that it started."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def run_apart(name, points, budget, *, people):
    words = [sys.executable, __file__, "--run", name, "--points", str(points), "--budget"]
    done = subprocess.run(
        [*words, str(budget), *(["--people"] if people else [])],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stderr[-600:], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def gap(row):
    if row["value"] is None or row["bound"] is None or not row["value"]:
        return "-"
    return f"{abs(row['value'] - row['bound']) / max(row['value'], row['bound']):.4%}"


def table(job, points, budget, options):
    asked = f", {budget} stations" if job == "best" else ""
    print(f"\n{job}: {points} points{asked}\n")
    print("| contender | CPU s | × ours | value | proven bound | gap | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    first = None
    for contender in JOBS[job]:
        name = contender.__name__
        kind = name.split("_")[0]
        if kind in options.without:
            continue
        if kind == "spopt" and points > options.spopt_points:
            print(f"| {name} | not run above {options.spopt_points} points | | | | | |", flush=True)
            continue
        row = run_apart(name, points, budget, people=options.people)
        if row is None:
            print(f"| {name} | failed | | | | | |", flush=True)
            continue
        first = first or row
        cells = [f"{row['s']:.2f}", f"{row['s'] / first['s']:.1f}"]
        cells += ["-" if row[key] is None else f"{row[key]:.10g}" for key in ("value", "bound")]
        print(f"| {name} | {' | '.join(cells)} | {gap(row)} | {row['mib']:.0f} |", flush=True)
    return first


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, nargs="+", default=[2000, 50_000])
    parser.add_argument("--without", nargs="*", default=[], choices=["spopt", "milp", "greedy"])
    parser.add_argument("--people", action="store_true")
    parser.add_argument("--spopt-points", type=int, default=SPOPT_POINTS)
    parser.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--budget", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run_here(options.run, options.points[0], options.budget, people=options.people)
        return
    seconds = {"fewest": [], "best": []}
    for points in options.points:
        found = table("fewest", points, 0, options)
        seconds["fewest"].append(found["s"])
        seconds["best"].append(table("best", points, int(found["value"]) // 2, options)["s"])
    for job, times in seconds.items():
        for k in range(1, len(times)):
            steps = options.points[k - 1], options.points[k]
            exponent = math.log(times[k] / times[k - 1]) / math.log(steps[1] / steps[0])
            print(f"\n{job}: growth exponent {steps[0]} → {steps[1]}: {exponent:.2f}")


if __name__ == "__main__":
    main()
