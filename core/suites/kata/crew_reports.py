"""Count the people under each manager. `crew` maps a manager's name to the list of direct reports;
people who manage nobody need not be a key. For every person reachable from `top` whose total
number of direct and indirect reports is at least `least`, the result maps the name to that number.
People in `absent` are not counted themselves and not listed, but the people under them are.
"""


def crew_reports(crew, top, least, absent):
    totals = {}

    def count(name):
        below = 0
        for report in crew.get(name, []):
            below += count(report)
            if report not in absent:
                below += 1
        if below >= least and name not in absent:
            totals[name] = below
        return below

    count(top)
    return totals


ENTRY = "crew_reports"
SHOWN = [
    (({"Ann": ["Bob", "Cy"], "Bob": ["Di"]}, "Ann", 1, []), {"Ann": 3, "Bob": 1}),
    (({"Ann": ["Bob", "Cy"], "Bob": ["Di"]}, "Ann", 2, []), {"Ann": 3}),
    (({"Ann": ["Bob", "Cy"], "Bob": ["Di"]}, "Bob", 0, []), {"Bob": 1, "Di": 0}),
    (({"Ann": ["Bob", "Cy"], "Bob": ["Di"]}, "Ann", 1, ["Bob"]), {"Ann": 2}),
    (({"Ann": ["Bob", "Cy"], "Bob": ["Di"]}, "Ann", 1, ["Ann", "Di"]), {}),
    (({}, "Zoe", 1, []), {}),
    (({}, "Zoe", 0, []), {"Zoe": 0}),
    (({"Ann": ["Bob"]}, "Ann", 1, ["Ann"]), {}),
]
HELD_BACK = [
    (({"Ann": ["Bob"], "Eve": ["Flo"]}, "Eve", 1, []), {"Eve": 1}),
    (({"a": ["b"], "b": ["c"], "c": ["d"]}, "a", 2, []), {"b": 2, "a": 3}),
    (({"a": ["b"], "b": ["c"], "c": ["d"]}, "a", 2, ["c"]), {"a": 2}),
    (({"a": ["b", "c", "d", "e"]}, "a", 4, []), {"a": 4}),
    (({"a": ["b", "c", "d", "e"]}, "a", 4, ["e"]), {}),
    (({"a": ["b"], "b": ["c", "d"]}, "a", 1, ["b", "d"]), {"a": 1}),
]
