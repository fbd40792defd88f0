"""Images of a disk after a loss of power, chosen by chance."""

# How much of what was not flushed is there. `junk`: sectors of a write that was cut off hold anything.
KINDS = ("none", "all", "one missing", "prefix", "some", "some sectors", "one torn", "junk")


def imagine(disk, kind, random):
    """One image of a kind."""
    writes = [(id(file), number) for file in disk.files() for number in range(len(file.pending))]
    chosen = set(writes)
    if kind == "none":
        chosen = set()
    elif kind == "one missing" and writes:
        chosen.remove(random.choice(writes))
    elif kind == "prefix":
        chosen = set(writes[:random.randrange(len(writes) + 1)])
    elif kind == "some":
        share = random.random()
        chosen = {write for write in writes if random.random() < share}
    torn = random.choice(writes) if writes else None
    share = random.random()

    def survives(file, number, sector):
        write = id(file), number
        if kind == "some sectors":
            return random.random() < share
        if kind == "one torn" and write == torn:
            return sector is None or random.random() < 0.5
        if kind == "junk" and sector is not None and len(file.pending[number][1]) % 4096 == 0:
            # Pages alone: LMDB asks of a disk that the sector of a meta page is old or new.
            return random.random() < 0.5 or random.randbytes(512)
        return write in chosen

    def names_survive(directory):
        count = len(directory.pending)
        if kind == "none":
            return 0
        return count if kind == "all" or random.random() < 0.5 else random.randrange(count + 1)

    return disk.image(survives, names_survive)


def write(directory, files, image, random):
    """Makes an image real, with the files that commands read beside it."""
    directory.mkdir()
    for name in ["program.yaml", "more.yaml", "first.ndjson", "second.ndjson"]:
        (directory / name).symlink_to(files / name)
    for path, content in sorted(image.items()):
        place = directory / path
        if content is None:
            place.mkdir()
        elif place.name == "lock.mdb":
            # It is written through a map: anything may be in it.
            place.write_bytes(random.choice([b"", bytes(32_768), random.randbytes(32_768), random.randbytes(700)]))
        else:
            place.write_bytes(content)
