import CLMDB
import CXXHash

/// The checksum that stands behind every value: a bit that flipped in a row, which LMDB itself would not notice, goes no
/// further than the read that meets it.
///
/// The lower half of XXH3 (64 bits) of the key, plus that of the value, modulo 2^32, the lowest byte first.
enum RowChecksum {
    static let byteCount = 4

    private static func checksum(
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) -> UInt32 {
        UInt32(truncatingIfNeeded: muster_xxh3(key.baseAddress, key.count))
            &+ UInt32(truncatingIfNeeded: muster_xxh3(value.baseAddress, value.count))
    }

    /// Writes a value and its checksum to where there is room for both.
    static func write(
        _ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer,
        to place: UnsafeMutableRawPointer
    ) {
        if let bytes = value.baseAddress { place.copyMemory(from: bytes, byteCount: value.count) }
        let checksum = checksum(key: key, value: value).littleEndian
        place.storeBytes(of: checksum, toByteOffset: value.count, as: UInt32.self)
    }

    /// The value of a row that LMDB gave, without its checksum.
    ///
    /// - Throws: ``LMDBError/damaged(_:)`` where the row is not what was written.
    static func value(
        of row: MDB_val, key: MDB_val, in table: Environment.Table
    ) throws(LMDBError) -> MDB_val {
        let key = UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size)
        let count = row.mv_size - byteCount
        guard count >= 0 else { throw damage(table, key) }
        guard table.isChecked else { return MDB_val(mv_size: count, mv_data: row.mv_data) }
        let value = UnsafeRawBufferPointer(start: row.mv_data, count: count)
        let noted = row.mv_data.loadUnaligned(fromByteOffset: count, as: UInt32.self)
        guard UInt32(littleEndian: noted) == checksum(key: key, value: value) else {
            throw damage(table, key)
        }
        return MDB_val(mv_size: count, mv_data: row.mv_data)
    }

    private static func damage(
        _ table: Environment.Table, _ key: UnsafeRawBufferPointer
    ) -> LMDBError {
        // No key is as long; a length may be damaged itself.
        let digits = key.prefix(32).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        let name = digits.joined() + (key.count > 32 ? "…" : "")
        return .damaged("the row \(name) of the table \(table.name) is not what was written")
    }
}
