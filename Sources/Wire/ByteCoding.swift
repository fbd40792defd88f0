/// Why bytes could not be read as a value.
public struct WireError: Error, Sendable, Equatable {
    /// What is wrong.
    public enum Reason: Sendable, Equatable {
        /// The bytes end before the value does.
        case truncated
        /// The bytes cannot be such a value; the text says what was expected.
        case invalid(String)
    }

    /// What is wrong.
    public let reason: Reason
    /// The first byte that does not fit, from 0.
    public let offset: Int

    /// Makes an error.
    public init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension WireError: CustomStringConvertible {
    /// What was expected and where, bytes counted from 1.
    public var description: String {
        switch reason {
        case .truncated: "the bytes end too early, behind byte \(offset)"
        case .invalid(let expected): "expected \(expected) at byte \(offset + 1)"
        }
    }
}

/// A position in bytes from which values are read one after the other.
///
/// It holds no bytes itself: every call is given the same span, so that the reader can be stored
/// and copied freely.
///
/// ```swift
/// var reader = ByteReader()
/// let kind = try reader.byte(record)
/// let length = try reader.varint(record)
/// ```
public struct ByteReader: Sendable {
    /// The offset of the next byte.
    public var offset: Int

    /// Makes a reader at an offset.
    @inlinable
    public init(offset: Int = 0) {
        self.offset = offset
    }

    /// Whether everything has been read.
    @inlinable
    public func isAtEnd(_ bytes: Span<UInt8>) -> Bool {
        offset >= bytes.count
    }

    /// Reads one byte.
    @inlinable
    public mutating func byte(_ bytes: Span<UInt8>) throws(WireError) -> UInt8 {
        guard offset < bytes.count else { throw WireError(.truncated, offset: offset) }
        let value = bytes[offset]
        offset += 1
        return value
    }

    /// Reads an unsigned LEB128 number in its shortest form.
    @inlinable
    @inline(__always)
    public mutating func varint(_ bytes: Span<UInt8>) throws(WireError) -> UInt64 {
        guard offset < bytes.count, bytes[offset] < 0x80 else { return try longVarint(bytes) }
        offset += 1
        return UInt64(bytes[offset - 1])
    }

    /// The same where the number takes several bytes: all of them at once.
    @usableFromInline
    mutating func longVarint(_ bytes: Span<UInt8>) throws(WireError) -> UInt64 {
        guard bytes.count - offset >= 8 else { return try varintByBytes(bytes) }
        let word = UInt64(
            littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let ends = ~word & 0x8080_8080_8080_8080
        guard ends != 0 else { return try varintByBytes(bytes) }
        // All bits up to the highest of the first byte that goes on no further; then its groups of 7
        // bits are moved together in pairs, fours and eights.
        var value = word & (ends ^ (ends &- 1)) & 0x7f7f_7f7f_7f7f_7f7f
        let length = ends.trailingZeroBitCount / 8 + 1
        guard value >> UInt64(8 * (length - 1)) != 0 else { return try varintByBytes(bytes) }
        value = value & 0x007f_007f_007f_007f | (value & 0x7f00_7f00_7f00_7f00) >> 1
        value = value & 0x0000_3fff_0000_3fff | (value & 0x3fff_0000_3fff_0000) >> 2
        value = value & 0x0000_0000_0fff_ffff | (value & 0x0fff_ffff_0000_0000) >> 4
        offset += length
        return value
    }

    /// The same byte by byte: near the end, for long numbers, and for what is wrong.
    private mutating func varintByBytes(_ bytes: Span<UInt8>) throws(WireError) -> UInt64 {
        guard offset < bytes.count else { throw WireError(.truncated, offset: offset) }
        let first = bytes[offset]
        if first < 0x80 {
            offset += 1
            return UInt64(first)
        }
        var value = UInt64(first & 0x7f)
        var shift: UInt64 = 7
        var position = offset + 1
        while true {
            guard position < bytes.count else { throw WireError(.truncated, offset: position) }
            let byte = bytes[position]
            guard shift < 63 || byte <= 1, byte != 0 else {
                throw WireError(.invalid("a number in its shortest form"), offset: position)
            }
            value |= UInt64(byte & 0x7f) << shift
            position += 1
            if byte < 0x80 { break }
            shift += 7
        }
        offset = position
        return value
    }

    /// Reads a signed number, written zigzag.
    @inlinable
    public mutating func zigzag(_ bytes: Span<UInt8>) throws(WireError) -> Int64 {
        let value = try varint(bytes)
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Reads 4 bytes, the highest first.
    @inlinable
    public mutating func fixed32(_ bytes: Span<UInt8>) throws(WireError) -> UInt32 {
        guard bytes.count - offset >= 4 else { throw WireError(.truncated, offset: bytes.count) }
        let value = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
        offset += 4
        return UInt32(bigEndian: value)
    }

    /// Reads 8 bytes, the highest first.
    @inlinable
    public mutating func fixed64(_ bytes: Span<UInt8>) throws(WireError) -> UInt64 {
        guard bytes.count - offset >= 8 else { throw WireError(.truncated, offset: bytes.count) }
        let value = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset += 8
        return UInt64(bigEndian: value)
    }

    /// Takes so many bytes and gives the range in which they lie.
    @inlinable
    public mutating func take(_ count: Int, of bytes: Span<UInt8>) throws(WireError) -> Range<Int> {
        guard count >= 0, count <= bytes.count - offset else {
            throw WireError(.truncated, offset: bytes.count)
        }
        let range = offset..<(offset + count)
        offset += count
        return range
    }

    /// Reads a length and gives the range of the bytes that follow it.
    @inlinable
    public mutating func prefixed(_ bytes: Span<UInt8>) throws(WireError) -> Range<Int> {
        let count = try varint(bytes)
        return try take(Int(clamping: count), of: bytes)
    }
}

extension [UInt8] {
    /// Appends all bytes of a span.
    public mutating func append(bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    /// Appends an unsigned number as LEB128, in its shortest form.
    @inlinable
    public mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a signed number zigzag: small magnitudes become few bytes.
    @inlinable
    public mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Appends 4 bytes, the highest first.
    @inlinable
    public mutating func append(fixed32 value: UInt32) {
        append(UInt8(truncatingIfNeeded: value >> 24))
        append(UInt8(truncatingIfNeeded: value >> 16))
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    /// Appends 8 bytes, the highest first, so that keys sort like the numbers.
    @inlinable
    public mutating func append(fixed64 value: UInt64) {
        append(fixed32: UInt32(truncatingIfNeeded: value >> 32))
        append(fixed32: UInt32(truncatingIfNeeded: value))
    }

    /// Appends the length of some bytes and the bytes.
    @inlinable
    public mutating func append(prefixed bytes: Span<UInt8>) {
        append(varint: UInt64(bytes.count))
        append(bytes: bytes)
    }
}
