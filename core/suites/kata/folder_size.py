"""Size of the tree `folder`. A folder is a dict from names to either a size (int) or another
folder. A name starting with "." is hidden and skipped with all its content, unless `hidden` is
true. Each file's size is rounded up to whole blocks of `block`; an empty file takes no block.
Every folder, the outermost one and empty ones included, takes one block more for itself.
"""


def folder_size(folder, block, hidden):
    total = block
    for name, content in folder.items():
        if name.startswith(".") and not hidden:
            continue
        if isinstance(content, dict):
            total += folder_size(content, block, hidden)
        else:
            blocks = (content + block - 1) // block
            total += blocks * block
    return total


ENTRY = "folder_size"
SHOWN = [
    (({}, 4, False), 4),
    (({"a": 0}, 4, False), 4),
    (({"a": 1, "b": 4, "c": 5}, 4, False), 20),
    (({".git": {"x": 9}, "a": 3}, 4, False), 8),
    (({".git": {"x": 9}, "a": 3}, 4, True), 24),
    (({"d": {"e": {".f": 7, "g": 8}}}, 2, False), 14),
    (({"n.": 2}, 3, False), 6),
]
HELD_BACK = [
    (({"a": {}, "b": {}}, 10, True), 30),
    (({".": 1, "..": {}, "x": 1}, 1, False), 2),
    (({".": 1, "..": {}, "x": 1}, 1, True), 4),
    (({"a": {"b": {"c": 100}}}, 32, False), 224),
    (({"q": 512, "r": {"s": 513}}, 512, False), 2560),
    (({"k": {".l": {"m": 6}}}, 5, True), 25),
]
