"""Chess clock with increment. `start` seconds for each side; `moves` lists the seconds used by
white, black, white, ... in turn. A move that uses up all remaining time, or more, loses: return
(name of the loser, number of moves finished before). After each move in time the mover gets
`bonus` seconds, but his clock never shows more than `limit`. If nobody loses return ("", white's
seconds - black's seconds).
"""


def chess_clock(start, bonus, limit, moves):
    clocks = [start, start]
    for number, used in enumerate(moves):
        side = number % 2
        if used >= clocks[side]:
            loser = "white" if side == 0 else "black"
            return (loser, number)
        clocks[side] = min(clocks[side] - used + bonus, limit)
    return ("", clocks[0] - clocks[1])


ENTRY = "chess_clock"
SHOWN = [
    ((60, 2, 100, []), ("", 0)),
    ((60, 2, 100, [10]), ("", -8)),
    ((60, 2, 100, [10, 30]), ("", 20)),
    ((60, 2, 100, [10, 60]), ("black", 1)),
    ((60, 2, 100, [10, 59, 52]), ("white", 2)),
    ((60, 2, 100, [10, 59, 51]), ("", 0)),
    ((60, 9, 61, [3, 9, 5, 11]), ("", 3)),
    ((5, 0, 5, [6]), ("white", 0)),
]
HELD_BACK = [
    ((10, 5, 12, [1, 9, 11, 5]), ("", 0)),
    ((10, 5, 12, [1, 1, 12]), ("white", 2)),
    ((10, 5, 12, [1, 9, 1, 6]), ("black", 3)),
    ((10, 0, 10, [3, 4, 3, 4, 3, 1]), ("", 0)),
    ((10, 0, 10, [3, 4, 3, 4, 4]), ("white", 4)),
    ((30, 10, 40, [5]), ("", 5)),
]
