"""Progressive tax on `income`. `brackets` lists (upper, percent) with rising upper limits: the
part of the income between the limit before (0 for the first) and `upper` is taxed at `percent`.
Income above the last limit is taxed at `top_percent`. Each part's tax is rounded down to whole
units before it is added. Each of `children` takes 50 units off the tax, which never falls below
zero.
"""


def bracket_tax(income, brackets, top_percent, children):
    tax = 0
    lower = 0
    for upper, percent in brackets:
        if income <= lower:
            break
        part = min(income, upper) - lower
        tax += part * percent // 100
        lower = upper
    if income > lower:
        tax += (income - lower) * top_percent // 100
    return max(tax - 50 * children, 0)


ENTRY = "bracket_tax"
SHOWN = [
    ((1000, [(1000, 10), (3000, 20)], 40, 0), 100),
    ((3000, [(1000, 10), (3000, 20)], 40, 0), 500),
    ((4000, [(1000, 10), (3000, 20)], 40, 1), 850),
    ((500, [(1000, 10), (3000, 20)], 40, 1), 0),
    ((0, [(1000, 10)], 30, 0), 0),
    ((200, [], 15, 0), 30),
    ((199, [(100, 0)], 33, 0), 32),
    ((1019, [(1000, 10), (1010, 25), (2000, 39)], 50, 0), 105),
]
HELD_BACK = [
    ((3001, [(1000, 10), (3000, 20)], 100, 0), 501),
    ((2500, [(1000, 10), (3000, 20)], 40, 2), 300),
    ((9000, [(2000, 5), (5000, 12)], 30, 3), 1510),
    ((1001, [(1000, 0), (2000, 100)], 0, 0), 1),
    ((700, [], 10, 1), 20),
    ((100, [(50, 3)], 5, 0), 3),
]
