"""Run `commands` on a text that is empty at first and return the final text. They are tuples:
("type", s) appends s; ("erase", n) removes the last n characters, or all if there are fewer;
("undo",) takes back the last command that changed the text and is not yet taken back; ("redo",)
repeats the last one taken back, as long as nothing was changed since. Undo and redo do nothing
when there is nothing to do. At most `depth` changes can be undone, older ones are forgotten.
"""


class Editor:
    def __init__(self, depth):
        self.depth = depth
        self.text = ""
        self.past = []
        self.future = []

    def change(self, text):
        if text == self.text:
            return
        self.past.append(self.text)
        if len(self.past) > self.depth:
            self.past.pop(0)
        self.future.clear()
        self.text = text

    def travel(self, source, target):
        if source:
            target.append(self.text)
            self.text = source.pop()


def undo_editor(commands, depth):
    editor = Editor(depth)
    for command in commands:
        if command[0] == "type":
            editor.change(editor.text + command[1])
        elif command[0] == "erase":
            keep = max(len(editor.text) - command[1], 0)
            editor.change(editor.text[:keep])
        elif command[0] == "undo":
            editor.travel(editor.past, editor.future)
        else:
            editor.travel(editor.future, editor.past)
    return editor.text


ENTRY = "undo_editor"
SHOWN = [
    (([("type", "ab"), ("type", "c")], 5), "abc"),
    (([("type", "abc"), ("erase", 2)], 5), "a"),
    (([("type", "abc"), ("erase", 4)], 5), ""),
    (([("type", "a"), ("type", "b"), ("undo",)], 5), "a"),
    (([("type", "a"), ("type", "b"), ("undo",), ("undo",), ("redo",)], 5), "a"),
    (([("type", "a"), ("undo",), ("type", "x"), ("redo",)], 5), "x"),
    (([("type", "a"), ("undo",), ("type", ""), ("redo",)], 5), "a"),
    (([("type", "a"), ("type", "b"), ("type", "c"), ("undo",), ("undo",), ("undo",)], 2), "a"),
    (([("undo",), ("redo",), ("erase", 1)], 2), ""),
    (([("type", "a"), ("undo",)], 0), "a"),
    (([("type", "a"), ("erase", 0), ("undo",)], 3), ""),
]
HELD_BACK = [
    (([], 3), ""),
    (([("type", "hello"), ("erase", 1), ("undo",), ("erase", 3), ("undo",), ("redo",)], 9), "he"),
    (([("type", "x"), ("type", "y"), ("undo",), ("redo",), ("redo",)], 4), "xy"),
    (
        ([("type", "x"), ("type", "y"), ("undo",), ("undo",), ("redo",), ("redo",), ("undo",)], 4),
        "x",
    ),
    (([("type", "x"), ("type", "y"), ("undo",), ("undo",)], 1), "x"),
    (([("type", "q"), ("undo",), ("erase", 5), ("redo",)], 3), "q"),
]
