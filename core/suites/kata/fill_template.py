"""Fill placeholders in `text`. "{name}" is replaced by the value of `name` in `values`, or stays
as it is if the name is missing. "{name|other}" uses `other` for a missing or empty value. "{{"
stands for one "{", outside of placeholders only. A "{" without a later "}" is an ordinary
character, even doubled. A placeholder ends at the first "}". Names are stripped of blanks.
Replaced text is not searched again; `upper` true makes inserted values, but not the others, upper
case.
"""


def fill_template(text, values, upper):
    result = ""
    position = 0
    while position < len(text):
        end = text.find("}", position)
        if text[position] != "{" or end < 0:
            result += text[position]
            position += 1
        elif text[position : position + 2] == "{{":
            result += "{"
            position += 2
        else:
            name, bar, other = text[position + 1 : end].partition("|")
            value = values.get(name.strip())
            if value:
                result += value.upper() if upper else value
            elif bar:
                result += other
            elif value is None:
                result += text[position : end + 1]
            position = end + 1
    return result


ENTRY = "fill_template"
SHOWN = [
    (("Hi {name}!", {"name": "Al"}, False), "Hi Al!"),
    (("Hi { name }", {"name": "Al"}, True), "Hi AL"),
    (("{a}{b}", {"a": "{b}", "b": "x"}, False), "{b}x"),
    (("{no} {no|yes}", {}, True), "{no} yes"),
    (("[{e}] [{e|-}]", {"e": ""}, False), "[] [-]"),
    (("{{a} {", {"a": "1"}, False), "{a} {"),
    (("", {"a": "1"}, False), ""),
    (("a}b{a|}c", {}, False), "a}bc"),
    (("{{{a}", {"a": "1"}, False), "{1"),
]
HELD_BACK = [
    (("{x|1|2}", {}, False), "1|2"),
    (("{x|{y}", {"y": "7"}, False), "{y"),
    (("{", {}, False), "{"),
    (("{}", {"": "empty"}, False), "empty"),
    (("{a|b} {b|a}", {"b": "Bee"}, True), "b BEE"),
    (("{{{{}", {}, False), "{{}"),
]
