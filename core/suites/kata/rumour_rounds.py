"""Spread a rumour among friends. `friends` maps each person to the list of people they listen to.
People in `start` believe it from the beginning. In each round, everyone who does not believe yet
and listens to at least `needed` people who believed before the round starts to believe; sceptics
(`sceptics`) need one more. Return the list of rounds, each the sorted list of new believers, until
a round brings none.
"""


def rumour_rounds(friends, start, needed, sceptics):
    believers = set(start)
    rounds = []
    for _ in range(len(friends)):
        fresh = []
        for person, heard in friends.items():
            if person in believers:
                continue
            sources = sum(1 for friend in heard if friend in believers)
            threshold = needed + 1 if person in sceptics else needed
            if sources >= threshold:
                fresh.append(person)
        if not fresh:
            break
        rounds.append(sorted(fresh))
        believers.update(fresh)
    return rounds


ENTRY = "rumour_rounds"
SHOWN = [
    (({"a": ["b"], "b": ["c"], "c": []}, ["c"], 1, []), [["b"], ["a"]]),
    (({"a": ["b", "c"], "b": ["c"], "c": []}, ["c"], 2, []), []),
    (({"a": ["b", "c"], "b": ["c"], "c": []}, ["c"], 1, ["a"]), [["b"], ["a"]]),
    (({"z": ["c"], "y": ["c"], "c": ["z"]}, ["c"], 1, ["y"]), [["z"]]),
    (({"z": ["c"], "y": ["c"]}, ["c"], 1, []), [["y", "z"]]),
    (({}, [], 1, []), []),
    (({"p": ["q", "r"], "q": ["p", "r"], "r": []}, ["p", "r"], 2, []), [["q"]]),
    (({"m": []}, [], 0, []), [["m"]]),
]
HELD_BACK = [
    (({"a": ["b"], "b": ["a"]}, [], 1, []), []),
    (({"a": ["b"], "b": ["a"]}, ["a"], 1, []), [["b"]]),
    (
        ({"a": [], "b": ["a"], "c": ["a", "b"], "d": ["b", "c"]}, ["a"], 1, ["d"]),
        [["b", "c"], ["d"]],
    ),
    (({"a": [], "b": ["a"], "c": ["a", "b"], "d": ["b", "c"]}, ["a", "b"], 2, []), [["c"], ["d"]]),
    (({"k": ["x", "x"]}, ["x"], 2, []), [["k"]]),
    (({"k": ["x", "x"]}, ["x"], 2, ["k"]), []),
]
