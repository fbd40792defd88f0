import Core

/// What only shows when all files are seen together: ids given twice, references to nothing, and
/// segments that name each other in a circle.
struct CrossCheck {
    /// A definition and the file that it stands in.
    struct Entry {
        var read: ReadDefinition
        var file: String
    }

    var errors: [DefinitionError]
    private(set) var entries: [Entry] = []
    private var positions: [DefinitionKey: Int] = [:]

    init(errors: [DefinitionError]) {
        self.errors = errors
    }

    /// Takes a definition in, unless its id is taken or another file has said the same.
    mutating func add(_ read: ReadDefinition, file: String) {
        let entry = Entry(read: read, file: file)
        guard let id = read.id else { return }
        let key = DefinitionKey(read.kind, id)
        guard let position = positions[key] else {
            positions[key] = entries.count
            entries.append(entry)
            return
        }
        let earlier = entries[position]
        if read.kind == .program {
            guard read.definition?.definition != earlier.read.definition?.definition else {
                return
            }
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
            fix: "rename one of the two, or remove it"
                + (entry.file == earlier.file ? "" : "; files may share what they say alike"))
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
    ///
    /// - Parameters:
    ///   - inForce: What is in force.
    ///   - prune: Whether what the files don't name is retired, and so can't be referred to.
    mutating func resolve(inForce: [CanonicalDefinition], prune: Bool) {
        let staying = prune ? [] : inForce
        let retired = Set(
            (prune ? inForce : []).map { DefinitionKey($0.definition.kind, $0.definition.id) })
        var known: [DefinitionKind: Set<Name>] = [:]
        for key in positions.keys { known[key.kind, default: []].insert(key.id) }
        for other in staying {
            known[other.definition.kind, default: []].insert(other.definition.id)
        }
        for entry in entries {
            for reference in entry.read.references
            where known[reference.kind]?.contains(reference.id) != true {
                let word = reference.kind.word
                let id = quoted(reference.id.description)
                if retired.contains(DefinitionKey(reference.kind, reference.id)) {
                    fail(
                        entry, reference.item,
                        "the \(word) \(id) is in force, but no file defines it, and --prune would "
                            + "retire it",
                        fix: "define it in one of the files too, or leave --prune out")
                    continue
                }
                let near = nearest(
                    to: reference.id.description,
                    among: ids(known[reference.kind] ?? [], for: reference, in: entry))
                fail(
                    entry, reference.item, "there is no \(word) \(id)",
                    fix: near.map { "did you mean \($0)?" }
                        ?? "define the \(word) in one of the files, or name one that exists")
            }
        }
        checkChains(inForce: staying)
    }

    /// The ids that can have been meant: a definition's own would make a circle.
    private func ids(
        _ known: Set<Name>, for reference: Lowering.Reference, in entry: Entry
    ) -> [String] {
        let own = reference.kind == entry.read.kind ? entry.read.id : nil
        return known.filter { $0 != own }.sorted().map(\.description)
    }

    // MARK: Segments that name segments

    private mutating func checkChains(inForce: [CanonicalDefinition]) {
        var order: [Name] = []
        var named: [Name: [Name]] = [:]
        for entry in entries where entry.read.kind == .segment {
            guard let id = entry.read.id else { continue }
            order.append(id)
            named[id] = entry.read.references.map(\.id)
        }
        var staying: [Name] = []
        for other in inForce {
            guard case .segment(let segment) = other.definition, named[segment.id] == nil else {
                continue
            }
            named[segment.id] = segment.match.namedSegments
            staying.append(segment.id)
        }
        let chains = SegmentChains(named)
        if chains.endless.isEmpty {
            reportLong(chains, among: order, staying)
        } else {
            reportCircles(chains, among: order)
        }
    }

    /// Reports each circle once, where the first of its segments in file order names the next one.
    private mutating func reportCircles(_ chains: SegmentChains, among order: [Name]) {
        var reported: Set<Name> = []
        for start in order where chains.endless.contains(start) && !reported.contains(start) {
            guard let circle = chains.shortestCircle(from: start) else { continue }
            // A segment of a circle that is already told of is not told of again.
            guard reported.isDisjoint(with: circle) else { continue }
            reported.formUnion(circle)
            guard let position = positions[DefinitionKey(.segment, start)] else { continue }
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

    /// Reports chains that are too long: at the lowest segment of the files that is, and where one that
    /// stays in force becomes so, at the first segment of the files under it.
    private mutating func reportLong(
        _ chains: SegmentChains, among order: [Name], _ staying: [Name]
    ) {
        let own = Set(order)
        var lowest = order.filter { id in
            chains.isTooLong(id)
                && !chains.named(by: id).contains { own.contains($0) && chains.isTooLong($0) }
        }
        for id in staying where chains.isFirstTooLong(id) {
            guard let under = chains.longest(from: id).first(where: own.contains),
                !lowest.contains(under)
            else { continue }
            lowest.append(under)
        }
        for id in lowest {
            guard let position = positions[DefinitionKey(.segment, id)] else { continue }
            fail(
                entries[position], entries[position].read.item,
                "with the segment \(quoted(id.description)) more than \(SegmentChains.lengthMax) "
                    + "segments stand one on the other",
                fix: "write some of the conditions out instead of naming a segment")
        }
    }
}
