"""Read the settings in `text`. A line "[name]" opens a section; "key = value" sets a value in the
open section, or in section "" before the first one. Blanks around names, keys and values do not
count, keys are lower-cased, and a later setting replaces an earlier one. Only the first "="
divides; a line without "=" sets the value "on", unless it starts with "-", which removes the key
behind the dash if it is set. Empty lines and lines starting with `comment` are ignored. Return
{section: {key: value}}; a section that is opened appears even when empty.
"""


def ini_sections(text, comment):
    sections = {}
    current = ""
    for line in text.split("\n"):
        line = line.strip()
        if not line or line.startswith(comment):
            continue
        if line.startswith("[") and line.endswith("]"):
            current = line[1:-1].strip()
            sections.setdefault(current, {})
            continue
        settings = sections.setdefault(current, {})
        key, divider, value = line.partition("=")
        key = key.strip().lower()
        if divider:
            settings[key] = value.strip()
        elif key.startswith("-"):
            settings.pop(key[1:].strip(), None)
        else:
            settings[key] = "on"
    return sections


ENTRY = "ini_sections"
SHOWN = [
    (("[Web]\nPort = 80\nhost=x = y", "#"), {"Web": {"port": "80", "host": "x = y"}}),
    (("debug\n[ a ]\n# no\nk = 1\nk=2", "#"), {"": {"debug": "on"}, "a": {"k": "2"}}),
    (("", "#"), {}),
    (("[a]\n[b]\n\nx=1\n[a]\nY=", ";"), {"a": {"y": ""}, "b": {"x": "1"}}),
    (("x = 1\ny = 2\n- X\n-z", ";"), {"": {"y": "2"}}),
    (("[open\n;[b]\n-a=b", ";"), {"": {"[open": "on", "-a": "b"}}),
    (("  Deep Key  \n  = v", "//"), {"": {"deep key": "on", "": "v"}}),
    (("q\nlist = [1, 2]\n-q", "#"), {"": {"list": "[1, 2]"}}),
]
HELD_BACK = [
    (("[s]\nA=1\n//A=2\n[t]", "//"), {"s": {"a": "1"}, "t": {}}),
    (("q\n-q\n", "#"), {"": {}}),
    (("[x]y]\n[ ]\nv=[1]", "#"), {"x]y": {}, "": {"v": "[1]"}}),
    (("\n\n# c\n", "#"), {}),
    (("a]=[b\n[z]\na", "%"), {"": {"a]": "[b"}, "z": {"a": "on"}}),
    (("UP = Up\n[M]\nup\n-UP\nup = Down", "#"), {"": {"up": "Up"}, "M": {"up": "Down"}}),
]
