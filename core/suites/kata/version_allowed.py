"""Check `version` against `rule`. Versions are numbers joined with "."; missing parts count as
zero (1.2 equals 1.2.0). A rule is a list of parts joined with ",", each a single version, which
allows exactly that version, or "LOW-HIGH", which allows LOW and everything up to, but not
including, HIGH; an empty LOW or HIGH leaves that side open. A part starting with "!" forbids what
the rest of it describes. The version is allowed if some part allows it and none forbids it.
"""


def version_allowed(version, rule):
    def numbers(text):
        parts = [int(part) for part in text.split(".")]
        while len(parts) > 1 and parts[-1] == 0:
            parts.pop()
        return parts

    wanted = numbers(version)
    allowed = False
    for part in rule.split(","):
        forbids = part.startswith("!")
        low, dash, high = part.lstrip("!").partition("-")
        if dash:
            matches = not low or numbers(low) <= wanted
            if high and wanted >= numbers(high):
                matches = False
        else:
            matches = numbers(low) == wanted
        if matches and forbids:
            return False
        if matches:
            allowed = True
    return allowed


ENTRY = "version_allowed"
SHOWN = [
    (("1.2", "1.2.0"), True),
    (("1.2", "1.3"), False),
    (("1.2", "1.2-1.5"), True),
    (("1.5", "1.2-1.5"), False),
    (("1.4.9", "1.2-1.5"), True),
    (("1.1", "1.2-1.5"), False),
    (("1.10", "1.9-"), True),
    (("1.10", "-1.9"), False),
    (("2", "-3,!2.0"), False),
    (("2.1", "-3,!2"), True),
    (("1", "!1,1"), False),
    (("1", "!2-3"), False),
    (("0.0", "0-0.1"), True),
    (("3", "1,3,5"), True),
]
HELD_BACK = [
    (("1.0.0", "1"), True),
    (("1.0.1", "1"), False),
    (("7.2", "-"), True),
    (("7.2", "-,!7-8"), False),
    (("8", "-,!7-8"), True),
    (("10", "9-11"), True),
    (("0", "-0"), False),
    (("2.2", "1-2,2.1-2.3"), True),
]
