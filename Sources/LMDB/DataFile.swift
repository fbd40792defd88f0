import Glibc

/// The data file, read without the map: reading mapped pages that the file lacks ends the process.
///
/// Knows as much of LMDB's format (data version 1, 64 bit, little-endian) as it takes to tell a file
/// that was cut off from one that is whole.
struct DataFile {
    private let file: CInt
    private let pageBytes: Int
    private let presentPages: UInt64

    private static let magic: UInt32 = 0xbeef_c0de
    static let headerBytes = 16
    private static let depthMax = 32
    static let noPage = UInt64.max
    static let branch: UInt16 = 0x01
    static let leaf: UInt16 = 0x02
    static let overflow: UInt16 = 0x04
    static let bigData: UInt16 = 0x01

    /// Looks at an open data file.
    ///
    /// - Parameters:
    ///   - file: Stays open and belongs to the caller.
    ///   - pageBytes: The size of a page.
    /// - Throws: ``LMDBError`` where the file's size can't be found.
    init(file: CInt, pageBytes: Int) throws(LMDBError) {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw LMDBError(errno, "look at the data file") }
        self.file = file
        self.pageBytes = pageBytes
        presentPages = UInt64(status.st_size) / UInt64(pageBytes)
    }

    /// Checks that all pages in use as of a commit are in the file.
    ///
    /// Pages at the end that were taken and given back in the same commit are never written, so a whole
    /// file may be shorter than its last page number says; those are in the list of free pages then.
    /// A read transaction has to keep the commit's pages from being used again.
    func checkLength(asOf transaction: UInt64) throws(LMDBError) {
        guard let meta = try meta(asOf: transaction) else { return }
        guard meta.lastPage >= presentPages else { return }
        var visited: UInt64 = 0
        let free = try freePages(meta.freeRoot, depth: 0, &visited)
        guard free > 0, presentPages + (free - 1) == meta.lastPage else {
            throw .damaged(
                "the data file is cut off: it has \(presentPages) pages, and its last is number \(meta.lastPage)"
            )
        }
    }

    /// The meta page of a commit; nil where a later one has taken its place.
    private func meta(
        asOf transaction: UInt64
    ) throws(LMDBError) -> (freeRoot: UInt64, lastPage: UInt64)? {
        for number in 0..<UInt64(2) {
            let page = try self.page(number)
            guard load(page, Self.headerBytes, UInt32.self) == Self.magic else {
                throw .damaged("a meta page is none")
            }
            // Magic, version, address, map size; two trees of 48 bytes; last page; transaction.
            if load(page, Self.headerBytes + 128, UInt64.self) == transaction {
                return (
                    load(page, Self.headerBytes + 64, UInt64.self),
                    load(page, Self.headerBytes + 120, UInt64.self)
                )
            }
        }
        return nil
    }

    /// The meta page of a commit, once both meta pages agree about their order; nil where later commits
    /// have taken its place.
    ///
    /// Commits take turns at the two pages, the even ones at page 0. So a bit that flipped in one of the
    /// numbers, which would bring an older commit back, shows in the other number, or in their turn.
    func newestMeta(asOf transaction: UInt64) throws(LMDBError) -> [UInt8]? {
        let metas = [try page(0), try page(1)]
        for (number, meta) in metas.enumerated() {
            guard load(meta, Self.headerBytes, UInt32.self) == Self.magic,
                load(meta, 0, UInt64.self) == number, load(meta, 10, UInt16.self) == 0x08
            else { throw .damaged("meta page \(number) is none") }
        }
        let commits = metas.map { load($0, Self.headerBytes + 128, UInt64.self) }
        // A commit that another process ends meanwhile can be in the one page and not yet in the other.
        guard commits.contains(transaction) else { return nil }
        guard commits[0] % 2 == 0, commits[1] % 2 == 1 || commits[1] == 0,
            commits.max() == transaction || commits.max() == transaction &+ 1,
            commits.min() == transaction || commits.min() == transaction &- 1
        else { throw .damaged("the meta pages are of commits \(commits[0]) and \(commits[1])") }
        return metas[commits[0] == transaction ? 0 : 1]
    }

    /// How many of the pages that the file lacks are in the list of free pages.
    private func freePages(
        _ root: UInt64, depth: Int, _ visited: inout UInt64
    ) throws(LMDBError) -> UInt64 {
        guard root != Self.noPage else { return 0 }
        visited += 1
        guard depth < Self.depthMax, visited <= presentPages else {
            throw .damaged("the list of free pages leads back to itself")
        }
        let page = try self.page(root)
        let flags = load(page, 10, UInt16.self)
        let lower = Int(load(page, 12, UInt16.self))
        guard flags & (Self.branch | Self.leaf) != 0, lower >= Self.headerBytes, lower <= pageBytes
        else { throw .damaged("page \(root) is not of the list of free pages") }
        var count: UInt64 = 0
        for slot in stride(from: Self.headerBytes, to: lower, by: 2) {
            let node = Int(load(page, slot, UInt16.self))
            guard node + 8 <= pageBytes else { throw .damaged("page \(root) contradicts itself") }
            let low = UInt64(load(page, node, UInt32.self))
            let nodeFlags = load(page, node + 4, UInt16.self)
            if flags & Self.branch != 0 {
                count += try freePages(low | UInt64(nodeFlags) << 32, depth: depth + 1, &visited)
                continue
            }
            let value = node + 8 + Int(load(page, node + 6, UInt16.self))
            guard value + 8 <= pageBytes else { throw .damaged("page \(root) contradicts itself") }
            if nodeFlags & Self.bigData == 0 {
                count += try countMissing(Array(page[value...]), length: Int(low))
            } else {
                let first = load(page, value, UInt64.self)
                let header = try self.page(first)
                guard load(header, 10, UInt16.self) & Self.overflow != 0 else {
                    throw .damaged("page \(first) is not of the list of free pages")
                }
                let list = try bytes(at: first, skipping: Self.headerBytes, count: Int(low))
                count += try countMissing(list, length: Int(low))
            }
        }
        return count
    }

    /// Counts in a list of page numbers: its length, then the numbers, each once in all lists.
    private func countMissing(_ list: [UInt8], length: Int) throws(LMDBError) -> UInt64 {
        guard length >= 8, length <= list.count,
            load(list, 0, UInt64.self) <= UInt64(length / 8 - 1)
        else { throw .damaged("the list of free pages contradicts itself") }
        var count: UInt64 = 0
        for index in 0..<Int(load(list, 0, UInt64.self))
        where load(list, 8 + index * 8, UInt64.self) >= presentPages {
            count += 1
        }
        return count
    }

    // MARK: Reading

    func page(_ number: UInt64) throws(LMDBError) -> [UInt8] {
        try bytes(at: number, skipping: 0, count: pageBytes)
    }

    func bytes(
        at page: UInt64, skipping skipped: Int, count: Int
    ) throws(LMDBError) -> [UInt8] {
        guard page < presentPages,
            UInt64(skipped + count) <= (presentPages - page) * UInt64(pageBytes)
        else {
            throw .damaged("the data file is cut off before page \(page)")
        }
        var buffer = [UInt8](repeating: 0, count: count)
        let offset = off_t(page) * off_t(pageBytes) + off_t(skipped)
        var done = 0
        while done < count {
            let got = buffer.withUnsafeMutableBytes {
                pread(file, $0.baseAddress?.advanced(by: done), count - done, offset + off_t(done))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw LMDBError(errno, "read the data file") }
            guard got > 0 else { throw .damaged("the data file is cut off in page \(page)") }
            done += got
        }
        return buffer
    }

    func load<Number: FixedWidthInteger>(
        _ bytes: [UInt8], _ offset: Int, _: Number.Type
    ) -> Number {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }
}
