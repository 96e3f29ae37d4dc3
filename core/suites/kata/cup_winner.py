"""Play a knock-out cup. `players` lists (name, strength) in the order of the draw. The list is
split in the middle, the first part taking the smaller half if the number is odd; the winners of
both parts meet. A part with one player is won by that player, who is not tired by it. The stronger
one wins, and the first one if both are equal; the winner's strength sinks by `tiring` for each
match he has won. Return (name, remaining strength), or None without players.
"""


def cup_winner(players, tiring):
    if not players:
        return None
    if len(players) == 1:
        return players[0]
    middle = len(players) // 2
    first = cup_winner(players[:middle], tiring)
    second = cup_winner(players[middle:], tiring)
    if first[1] >= second[1]:
        name, strength = first
    else:
        name, strength = second
    return (name, strength - tiring)


ENTRY = "cup_winner"
SHOWN = [
    (([], 1), None),
    (([("Io", 5)], 2), ("Io", 5)),
    (([("Io", 5), ("Mo", 5)], 2), ("Io", 3)),
    (([("Io", 5), ("Mo", 6)], 2), ("Mo", 4)),
    (([("Io", 7), ("Mo", 6), ("Al", 5)], 2), ("Io", 5)),
    (([("Io", 5), ("Mo", 7), ("Al", 6)], 2), ("Io", 3)),
    (([("a", 9), ("b", 1), ("c", 7), ("d", 8)], 0), ("a", 9)),
    (([("a", 8), ("b", 1), ("c", 7), ("d", 9)], 3), ("d", 3)),
]
HELD_BACK = [
    (([("a", 4), ("b", 4), ("c", 4), ("d", 4)], 1), ("a", 2)),
    (([("p", 1), ("q", 2), ("r", 3), ("s", 4), ("t", 5)], 1), ("t", 2)),
    (([("p", 3), ("q", 2), ("r", 3), ("s", 4), ("t", 5)], 2), ("p", -1)),
    (([("p", 5), ("q", 2), ("r", 9)], 5), ("p", 0)),
    (([("x", -1), ("y", -2)], 1), ("x", -2)),
    (([("x", 10), ("y", 9), ("z", 12)], 4), ("x", 6)),
]
