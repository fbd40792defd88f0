"""What a disk may hold after a loss of power, given the changes that were made to it before.

The model is as strict as POSIX allows: what was flushed is there, and of what came after the last flush of a file
or directory any part may be there or not. Data is written in sectors of 512 bytes, each wholly or not at all.
Flushing a file does not flush its name: that takes a flush of its directory. Changes of the names in one
directory reach the disk in their order; a move from one to another is a change of each. A write through a
descriptor that was opened for synchronous writing is flushed, alone, when it returns.
"""

SECTOR = 512


class File:
    """A file: what is on the disk for certain, and writes and lengths that are not."""

    def __init__(self):
        self.content, self.pending = bytearray(), []


class Directory:
    """A directory: names on the disk for certain, and changes of them that are not: lists of (name, node or None)."""

    def __init__(self):
        self.names, self.pending, self.now = {}, [], {}

    def change(self, *changes):
        self.pending.append(changes)
        apply(self.now, changes)

    def flush(self):
        self.names, self.pending = dict(self.now), []


def apply(names, changes):
    for name, node in changes:
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


class Disk:
    """The disk below one directory, which is there for certain."""

    def __init__(self):
        self.root = Directory()

    def load(self, place):
        """Takes in a directory as it is: all of it is on the disk for certain."""
        def walk(node, path):
            for entry in path.iterdir():
                if entry.is_dir():
                    child = Directory()
                    walk(child, entry)
                else:
                    child = File()
                    child.content[:] = entry.read_bytes()
                node.names[entry.name] = node.now[entry.name] = child

        walk(self.root, place)

    def find(self, path):
        node = self.root
        for name in path.split("/") if path else []:
            node = node.now[name]
        return node

    def do(self, call, in_flight=False):
        """Takes in a change; one in flight may not have reached the disk at all."""
        parent, _, name = call.path.rpartition("/")
        if call.kind in "cm":
            self.find(parent).change((name, File() if call.kind == "c" else Directory()))
        elif call.kind in "uR":
            self.find(parent).change((name, None))
        elif call.kind == "r":
            node = self.find(call.path)
            new_parent, _, new_name = call.data.decode().rpartition("/")
            if new_parent == parent:
                self.find(parent).change((name, None), (new_name, node))
            else:
                self.find(new_parent).change((new_name, node))
                self.find(parent).change((name, None))
        elif call.kind == "d" and not in_flight:
            self.find(call.path).flush()
        elif call.kind == "f" and not in_flight:
            file = self.find(call.path)
            for pending in file.pending:
                put(file.content, *pending)
            file.pending = []
        elif call.kind == "w":
            file = self.find(call.path)
            if call.is_durable and not in_flight:
                put(file.content, call.offset, call.data)
            else:
                file.pending.append((call.offset, call.data))
        elif call.kind == "t":
            self.find(call.path).pending.append((call.offset, None))

    def files(self):
        """All files that have ever been reachable, each once."""
        found, open_ = {}, [self.root]
        while open_:
            directory = open_.pop()
            nodes = list(directory.names.values()) + [
                node for changes in directory.pending for _, node in changes if node is not None]
            for node in nodes:
                if isinstance(node, File):
                    found[id(node)] = node
                else:
                    open_.append(node)
        return list(found.values())

    def image(self, survives, names_survive):
        """Files by path, as a loss of power might leave them; and directories, with content None.

        `survives(file, number, sector)` says whether a sector of a pending write is there, by the write's number in
        the file; `sector` is None for a length. `names_survive(directory)` says how many changes of names are.
        """
        contents = {}
        for file in self.files():
            content = bytearray(file.content)
            for number, (offset, data) in enumerate(file.pending):
                if data is None:
                    if survives(file, number, None):
                        put(content, offset, None)
                    continue
                for start in range(0, len(data), SECTOR):
                    kept = survives(file, number, (offset + start) // SECTOR)
                    if kept is True:
                        put(content, offset + start, data[start:start + SECTOR])
                    elif kept:
                        put(content, offset + start, kept[:len(data) - start])
            contents[id(file)] = bytes(content)
        image = {}

        def walk(directory, path):
            names = dict(directory.names)
            for changes in directory.pending[:names_survive(directory)]:
                apply(names, changes)
            for name, node in names.items():
                if isinstance(node, File):
                    image[path + name] = contents[id(node)]
                else:
                    image[path + name] = None
                    walk(node, path + name + "/")

        walk(self.root, "")
        return image


def put(content, offset, data):
    """Writes into a file's content; without data, cuts it to or fills it up to a length."""
    if data is None:
        del content[offset:]
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if data is not None:
        content[offset:offset + len(data)] = data
