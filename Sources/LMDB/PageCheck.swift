import CLMDB

/// Looks at every page of a data file as of one commit: that the trees hang together, and that each
/// page is either in use once or free once.
///
/// LMDB has no checksums and trusts what it finds. A bit that flipped in a page's header, a node or
/// the list of free pages can end the process, hide rows, or have a later commit write over pages in
/// use. What the values say is for others to check; the gaps between nodes mean nothing.
///
/// Knows LMDB's format as ``DataFile`` does, which reads it without the map.
struct PageCheck {
    private let file: DataFile
    private let lastPage: UInt64
    /// One flag a page.
    private var isUsed: [Bool]

    private static let nodeHeaderBytes = 8
    private static let recordBytes = 48
    private static let integerKeys: UInt16 = 0x08

    /// What a tree's record says of it.
    private struct Tree {
        var name: String
        var flags: UInt16
        var depth: Int
        var pages: [UInt64]
        var entries: UInt64
        var root: UInt64
    }

    /// Counts of the pages and entries that a tree turned out to have.
    private struct Counts {
        var pages: [UInt64] = [0, 0, 0]
        var entries: UInt64 = 0
    }

    /// Checks all pages of a commit.
    ///
    /// - Parameters:
    ///   - file: The data file.
    ///   - transaction: The commit, which a read transaction has to keep from being overwritten.
    /// - Returns: False where its meta page has been taken by a later commit, so that nothing was checked.
    /// - Throws: ``LMDBError/damaged(_:)`` with the first page that is wrong.
    static func run(_ file: DataFile, asOf transaction: UInt64) throws(LMDBError) -> Bool {
        guard let meta = try file.newestMeta(asOf: transaction) else { return false }
        var check = PageCheck(file: file, meta: meta)
        try check.trees(meta, transaction)
        return true
    }

    private init(file: DataFile, meta: [UInt8]) {
        self.file = file
        lastPage = file.load(meta, DataFile.headerBytes + 120, UInt64.self)
        isUsed = []
    }

    private mutating func trees(_ meta: [UInt8], _ transaction: UInt64) throws(LMDBError) {
        guard lastPage < UInt64(UInt32.max), lastPage >= 1 else {
            throw .damaged("a meta page speaks of \(lastPage) pages")
        }
        isUsed = [Bool](repeating: false, count: Int(lastPage) + 1)
        isUsed[0] = true
        isUsed[1] = true
        let free = Self.tree(file, meta, at: DataFile.headerBytes + 24, name: "free pages")
        let main = Self.tree(file, meta, at: DataFile.headerBytes + 72, name: "tables")
        guard free.flags & ~Self.integerKeys == 0, main.flags == 0 else {
            throw .damaged("a meta page has unknown flags")
        }
        var lists: [(first: [UInt8], value: [UInt8])] = []
        try walk(free) { key, value, _ in lists.append((key, value)) }
        var named: [Tree] = []
        let file = file
        try walk(main) { key, value, isTree in
            guard isTree, value.count == Self.recordBytes else { return }
            let name = String(decoding: key, as: UTF8.self)
            named.append(Self.tree(file, value, at: 0, name: name))
        }
        for table in named {
            guard table.flags == 0 else { throw .damaged("table \(table.name) has unknown flags") }
            try walk(table) { _, _, _ in }
        }
        // Each commit frees pages, and notes them under its own number.
        let newest = lists.map { file.load($0.first, 0, UInt64.self) }.max() ?? transaction
        guard newest == transaction else {
            throw .damaged("the newest commit is \(newest), and a meta page says \(transaction)")
        }
        for (_, list) in lists { try release(list) }
        if let lost = isUsed.firstIndex(of: false) {
            throw .damaged("page \(lost) is neither in use nor free")
        }
    }

    private static func tree(
        _ file: DataFile, _ bytes: [UInt8], at offset: Int, name: String
    ) -> Tree {
        Tree(
            name: name, flags: file.load(bytes, offset + 4, UInt16.self),
            depth: Int(file.load(bytes, offset + 6, UInt16.self)),
            pages: (0..<3).map { file.load(bytes, offset + 8 + $0 * 8, UInt64.self) },
            entries: file.load(bytes, offset + 32, UInt64.self),
            root: file.load(bytes, offset + 40, UInt64.self))
    }

    private mutating func use(_ page: UInt64) throws(LMDBError) {
        guard page <= lastPage else { throw .damaged("page \(page) lies behind the last") }
        guard !isUsed[Int(page)] else { throw .damaged("page \(page) is in use twice") }
        isUsed[Int(page)] = true
    }

    private mutating func release(_ list: [UInt8]) throws(LMDBError) {
        guard list.count >= 8, file.load(list, 0, UInt64.self) <= UInt64(list.count / 8 - 1) else {
            throw .damaged("the list of free pages contradicts itself")
        }
        for index in 0..<Int(file.load(list, 0, UInt64.self)) {
            try use(file.load(list, 8 + index * 8, UInt64.self))
        }
    }

    // MARK: A tree

    private typealias Entry = (_ key: [UInt8], _ value: [UInt8], _ isTree: Bool) -> Void

    private mutating func walk(_ tree: Tree, _ body: Entry) throws(LMDBError) {
        var counts = Counts()
        if tree.root != DataFile.noPage {
            let bounds: ([UInt8]?, [UInt8]?) = (nil, nil)
            try walk(tree.root, tree, depth: 1, bounds, &counts, body)
        }
        guard counts.pages == tree.pages, counts.entries == tree.entries,
            (tree.root == DataFile.noPage) == (tree.depth == 0)
        else { throw .damaged("\(tree.name): pages or entries are not as many as noted") }
    }

    private mutating func walk(
        _ number: UInt64, _ tree: Tree, depth: Int, _ bounds: (low: [UInt8]?, high: [UInt8]?),
        _ counts: inout Counts, _ body: Entry
    ) throws(LMDBError) {
        func damaged(_ what: String) -> LMDBError {
            .damaged("page \(number) of \(tree.name) \(what)")
        }
        guard depth <= tree.depth else { throw damaged("lies too deep") }
        try use(number)
        let page = try file.page(number)
        let isLeaf = depth == tree.depth
        guard file.load(page, 0, UInt64.self) == number else { throw damaged("is another one") }
        guard file.load(page, 10, UInt16.self) == (isLeaf ? DataFile.leaf : DataFile.branch) else {
            throw damaged("is of the wrong kind")
        }
        counts.pages[isLeaf ? 1 : 0] += 1
        let nodes = try nodes(of: page, isLeaf: isLeaf, damaged)
        guard nodes.count > (isLeaf ? 0 : 1) else {
            throw damaged("has too few entries")
        }
        var previous: [UInt8]? = bounds.low
        for (index, node) in nodes.enumerated() {
            // A branch's first key stands for all that is less than its second.
            if isLeaf || index > 0 {
                if let previous {
                    let mayBeEqual = index == 0 || !isLeaf && index == 1
                    let order = compare(previous, node.key, tree)
                    guard order < 0 || order == 0 && mayBeEqual else {
                        throw damaged("is out of order")
                    }
                }
                if let high = bounds.high, compare(node.key, high, tree) >= 0 {
                    throw damaged("is out of order")
                }
                previous = node.key
            }
            guard isLeaf else { continue }
            counts.entries += 1
            let value = try value(of: node, in: page, &counts, damaged)
            body(node.key, value, node.flags & 0x02 != 0)
        }
        guard !isLeaf else { return }
        for (index, node) in nodes.enumerated() {
            let low = index == 0 ? bounds.low : node.key
            let high = index + 1 < nodes.count ? nodes[index + 1].key : bounds.high
            try walk(node.child, tree, depth: depth + 1, (low, high), &counts, body)
        }
    }

    private struct Node {
        var key: [UInt8]
        var flags: UInt16
        var length: Int
        var child: UInt64
        /// Where the value, or the number of its first page, begins.
        var valueOffset: Int
    }

    /// The nodes of a page, which fill it from its upper end without gaps or overlap.
    private func nodes(
        of page: [UInt8], isLeaf: Bool, _ damaged: (String) -> LMDBError
    ) throws(LMDBError) -> [Node] {
        let lower = Int(file.load(page, 12, UInt16.self))
        let upper = Int(file.load(page, 14, UInt16.self))
        guard lower >= DataFile.headerBytes, lower % 2 == 0, lower <= upper, upper <= page.count
        else { throw damaged("contradicts itself") }
        var nodes: [Node] = []
        var covered = 0
        for slot in stride(from: DataFile.headerBytes, to: lower, by: 2) {
            let start = Int(file.load(page, slot, UInt16.self))
            guard start >= upper, start % 2 == 0, start + Self.nodeHeaderBytes <= page.count else {
                throw damaged("contradicts itself")
            }
            let low = UInt64(file.load(page, start, UInt32.self))
            let flags = file.load(page, start + 4, UInt16.self)
            let keyLength = Int(file.load(page, start + 6, UInt16.self))
            var length = Self.nodeHeaderBytes + keyLength
            if isLeaf {
                guard flags & ~0x03 == 0, flags != 0x03 else { throw damaged("has unknown flags") }
                length += flags & DataFile.bigData != 0 ? 8 : Int(low)
            }
            guard start + length <= page.count else { throw damaged("contradicts itself") }
            covered += (length + 1) & ~1
            let key = start + Self.nodeHeaderBytes
            nodes.append(
                Node(
                    key: Array(page[key..<(key + keyLength)]), flags: flags, length: Int(low),
                    child: low | UInt64(flags) << 32, valueOffset: key + keyLength))
        }
        guard covered == page.count - upper else { throw damaged("contradicts itself") }
        return nodes
    }

    private mutating func value(
        of node: Node, in page: [UInt8], _ counts: inout Counts, _ damaged: (String) -> LMDBError
    ) throws(LMDBError) -> [UInt8] {
        guard node.flags & DataFile.bigData != 0 else {
            return Array(page[node.valueOffset..<(node.valueOffset + node.length)])
        }
        let first = file.load(page, node.valueOffset, UInt64.self)
        let count = UInt64((DataFile.headerBytes + node.length - 1) / page.count + 1)
        let header = try file.page(first)
        guard file.load(header, 0, UInt64.self) == first,
            file.load(header, 10, UInt16.self) == DataFile.overflow,
            UInt64(file.load(header, 12, UInt32.self)) == count
        else { throw damaged("has a value on pages that are not its own") }
        for number in first..<(first + count) { try use(number) }
        counts.pages[2] += count
        return try file.bytes(at: first, skipping: DataFile.headerBytes, count: node.length)
    }

    /// Less, equal or greater than 0, as LMDB orders keys.
    private func compare(_ left: [UInt8], _ right: [UInt8], _ tree: Tree) -> Int {
        if tree.flags & Self.integerKeys != 0, left.count == 8, right.count == 8 {
            let left = file.load(left, 0, UInt64.self)
            let right = file.load(right, 0, UInt64.self)
            return left < right ? -1 : left == right ? 0 : 1
        }
        if left == right { return 0 }
        return left.lexicographicallyPrecedes(right) ? -1 : 1
    }
}
