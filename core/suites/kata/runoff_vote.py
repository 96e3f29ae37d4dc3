"""Elect by elimination. Each of `ballots` is a string of candidate letters in order of preference.
In each round a ballot counts for its first candidate still in the race; ballots with none left are
dropped. A candidate with more than half of the counted ballots wins. Otherwise the one with the
fewest votes (the alphabetically last among equals) leaves. `candidates` is a string of letters.
Return (winner, number of rounds), or ("", number of the round) when no ballot counts in a round.
Without candidates the result is ("", 0).
"""


def runoff_vote(candidates, ballots):
    racing = sorted(candidates)
    for rounds in range(1, len(candidates) + 1):
        votes = {letter: 0 for letter in racing}
        counted = 0
        for ballot in ballots:
            for letter in ballot:
                if letter in votes:
                    votes[letter] += 1
                    counted += 1
                    break
        if counted == 0:
            return ("", rounds)
        for letter in racing:
            if votes[letter] * 2 > counted:
                return (letter, rounds)
        weakest = min(reversed(racing), key=lambda letter: votes[letter])
        racing.remove(weakest)
    return ("", len(candidates))


ENTRY = "runoff_vote"
SHOWN = [
    (("ABC", ["A", "A", "B"]), ("A", 1)),
    (("ABC", ["A", "B"]), ("A", 3)),
    (("ABC", ["AB", "AB", "BA", "BA", "CB"]), ("B", 2)),
    (("ABC", []), ("", 1)),
    (("", ["A"]), ("", 0)),
    (("BA", ["C", "CB"]), ("B", 1)),
    (("DCBA", ["AD", "BD", "CD", "DC", "DB"]), ("D", 2)),
    (("XY", ["Z", ""]), ("", 1)),
]
HELD_BACK = [
    (("PQR", ["P", "P", "Q", "Q", "R"]), ("P", 3)),
    (("PQR", ["P", "P", "Q", "Q", "RQ"]), ("Q", 2)),
    (("M", ["M"]), ("M", 1)),
    (("ABCD", ["DA", "DA", "CB", "B", "B"]), ("B", 3)),
    (("AB", ["B", "A", "B"]), ("B", 1)),
    (("KLM", ["MLK", "LMK", "KML", "MKL"]), ("M", 2)),
]
