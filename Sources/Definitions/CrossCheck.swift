import Core

/// What only shows when all files are seen together: ids given twice, references to nothing, and
/// segments that name each other in a circle.
struct CrossCheck {
    /// A definition and the file that it stands in.
    struct Entry {
        var read: ReadDefinition
        var file: String
    }

    private struct Key: Hashable {
        var kind: DefinitionKind
        var id: Name
    }

    var errors: [DefinitionError]
    private(set) var entries: [Entry] = []
    private var positions: [Key: Int] = [:]

    init(errors: [DefinitionError]) {
        self.errors = errors
    }

    /// Takes a definition in, unless its id is taken or another file has said the same.
    mutating func add(_ read: ReadDefinition, file: String) {
        let entry = Entry(read: read, file: file)
        guard let id = read.id else { return }
        let key = Key(kind: read.kind, id: id)
        guard let position = positions[key] else {
            positions[key] = entries.count
            entries.append(entry)
            return
        }
        let earlier = entries[position]
        if read.kind == .program {
            guard read.definition?.bytes != earlier.read.definition?.bytes else { return }
            fail(
                entry, read.item,
                "the program is described otherwise in \(place(of: earlier))",
                fix: "describe it once, or in the same way")
            return
        }
        // Files may be bundles that share a definition, as the ready templates do.
        if entry.file != earlier.file, let bytes = read.definition?.bytes,
            bytes == earlier.read.definition?.bytes
        {
            return
        }
        fail(
            entry, read.item,
            "the \(read.kind.word) \(quoted(id.description)) is given twice, first in "
                + "\(place(of: earlier))",
            fix:
                "rename one of the two, or remove it; files may share what they say in the same way"
        )
    }

    /// Where a definition is.
    func place(of entry: Entry) -> Place {
        Place(
            file: entry.file, line: entry.read.item.node.line,
            column: entry.read.item.node.column)
    }

    private mutating func fail(
        _ entry: Entry, _ item: Lowering.Item, _ message: String, fix: String
    ) {
        errors.append(
            DefinitionError(
                file: entry.file, line: item.node.line, column: item.node.column, path: item.path,
                message: message, fix: fix))
    }

    /// Checks what the definitions refer to, among themselves and those in force.
    mutating func resolve(inForce: [CanonicalDefinition]) {
        var known: [DefinitionKind: Set<Name>] = [:]
        for key in positions.keys { known[key.kind, default: []].insert(key.id) }
        for other in inForce {
            known[other.definition.kind, default: []].insert(other.definition.id)
        }
        for entry in entries {
            for reference in entry.read.references
            where known[reference.kind]?.contains(reference.id) != true {
                let word = reference.kind.word
                let ids = (known[reference.kind] ?? []).sorted().map(\.description)
                let near = nearest(to: reference.id.description, among: ids)
                fail(
                    entry, reference.item,
                    "there is no \(word) \(quoted(reference.id.description))",
                    fix: near.map { "did you mean \($0)?" }
                        ?? "define the \(word) in one of the files, or name one that exists")
            }
        }
        findCircles(inForce: inForce)
    }

    // MARK: Circles

    /// Segments that name segments that name others, and so on, at most.
    private static let chainMax = 1_000

    /// Reports each circle once, where the first of its segments in file order names the next one.
    private mutating func findCircles(inForce: [CanonicalDefinition]) {
        var order: [Name] = []
        var named: [Name: [Name]] = [:]
        for entry in entries where entry.read.kind == .segment {
            guard let id = entry.read.id else { continue }
            order.append(id)
            named[id] = entry.read.references.map(\.id)
        }
        for other in inForce {
            guard case .segment(let segment) = other.definition, named[segment.id] == nil else {
                continue
            }
            named[segment.id] = segment.match.namedSegments
        }
        let suspects = withoutEnd(named)
        guard !suspects.isEmpty else { return findLongChains(order, named) }
        var reported: Set<Name> = []
        for start in order where suspects.contains(start) && !reported.contains(start) {
            guard let circle = shortestCircle(from: start, named) else { continue }
            // A segment of a circle that is already told of is not told of again.
            guard reported.isDisjoint(with: circle) else { continue }
            reported.formUnion(circle)
            guard let position = positions[Key(kind: .segment, id: start)] else { continue }
            let entry = entries[position]
            let next = circle.count > 1 ? circle[1] : start
            let item =
                entry.read.references.first { $0.id == next }?.item ?? entry.read.item
            let way = (circle + [start]).map { quoted($0.description) }
            fail(
                entry, item,
                "segments name each other in a circle: \(way.joined(separator: " → "))",
                fix: "take one of these references out")
        }
    }

    /// Reports the segments that stand on too long a chain of others; there must be no circle.
    private mutating func findLongChains(_ order: [Name], _ named: [Name: [Name]]) {
        var lengths: [Name: Int] = [:]
        for start in order {
            var way = [start]
            while let id = way.last {
                let others = (named[id] ?? []).filter { named[$0] != nil }
                if let unknown = others.first(where: { lengths[$0] == nil }) {
                    way.append(unknown)
                } else {
                    lengths[id] = 1 + (others.compactMap { lengths[$0] }.max() ?? 0)
                    way.removeLast()
                }
            }
            guard lengths[start] == Self.chainMax + 1,
                let position = positions[Key(kind: .segment, id: start)]
            else { continue }
            fail(
                entries[position], entries[position].read.item,
                "the segment \(quoted(start.description)) names one that names another, "
                    + "more than \(Self.chainMax) deep",
                fix: "write some of the conditions out instead of naming a segment")
        }
    }

    /// The segments from which one can go on for ever: those in a circle, or on the way to one.
    private func withoutEnd(_ named: [Name: [Name]]) -> Set<Name> {
        var namedBy: [Name: [Name]] = [:]
        var waysOn: [Name: Int] = [:]
        for (id, others) in named {
            let followed = others.filter { named[$0] != nil }
            waysOn[id] = followed.count
            for other in followed { namedBy[other, default: []].append(id) }
        }
        var ended = waysOn.filter { $0.value == 0 }.map(\.key)
        while let id = ended.popLast() {
            waysOn[id] = nil
            for other in namedBy[id] ?? [] {
                guard let count = waysOn[other] else { continue }
                waysOn[other] = count - 1
                if count == 1 { ended.append(other) }
            }
        }
        return Set(waysOn.keys)
    }

    /// The shortest way from a segment back to itself, or nil; the start comes first.
    private func shortestCircle(from start: Name, _ named: [Name: [Name]]) -> [Name]? {
        var previous: [Name: Name] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let id = queue[next]
            next += 1
            for other in named[id] ?? [] {
                if other == start {
                    var way = [id]
                    while let before = way.last, before != start, let step = previous[before] {
                        way.append(step)
                    }
                    return way.reversed()
                }
                if previous[other] == nil {
                    previous[other] = id
                    queue.append(other)
                }
            }
        }
        return nil
    }
}
