"""Evaluate an alarm circuit. A `circuit` is the name of a sensor (string) or a tuple whose first
element is a gate and whose others are circuits. "all" is on if every input is on, "any" if at
least one is, "not" if its only input is off, "two" if at least two inputs are on. `readings` maps
sensors to numbers; a sensor is on if its reading is at least `threshold`, and off if it has no
reading.
"""


def alarm_circuit(circuit, readings, threshold):
    if isinstance(circuit, str):
        reading = readings.get(circuit)
        return reading is not None and reading >= threshold
    gate = circuit[0]
    inputs = circuit[1:]
    active = 0
    for part in inputs:
        if alarm_circuit(part, readings, threshold):
            active += 1
    if gate == "not":
        return active == 0
    if gate == "all":
        return active == len(inputs)
    needed = 2 if gate == "two" else 1
    return active >= needed


ENTRY = "alarm_circuit"
SHOWN = [
    (("door", {"door": 5}, 5), True),
    (("door", {"door": 4}, 5), False),
    (("door", {}, 0), False),
    ((("not", "door"), {"door": 1}, 2), True),
    ((("not", "door"), {"door": 2}, 2), False),
    ((("all", "a", "b"), {"a": 3, "b": 3}, 3), True),
    ((("all", "a", "b"), {"a": 3, "b": 2}, 3), False),
    ((("any", "a", "b"), {"a": 1, "b": 3}, 3), True),
    ((("any", "a", "b"), {"a": 1, "b": 2}, 3), False),
    ((("two", "a", "b", "c"), {"a": 9, "b": 0, "c": 9}, 1), True),
    ((("two", "a", "b", "c"), {"a": 9, "b": 0, "c": 0}, 1), False),
]
HELD_BACK = [
    ((("all",), {}, 1), True),
    ((("any",), {}, 1), False),
    ((("two", "a", "a"), {"a": 2}, 2), True),
    ((("not", ("any", "x", ("all", "y", "z"))), {"x": 0, "y": 5, "z": 5}, 4), False),
    ((("any", ("not", "x"), ("two", "y", "z")), {"x": 8, "y": 8}, 8), False),
    ((("two", "a", ("not", "b"), "c"), {"a": 1, "c": 0}, 1), True),
    ((("all", "a", ("all", "b", "c")), {"a": 1, "b": 1, "c": 1}, 1), True),
]
