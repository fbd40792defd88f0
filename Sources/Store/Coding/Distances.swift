import Wire

/// Numbers that rows hold as their distance from the one before.
///
/// Damage can make a distance of any size: the sum is then an error, and never a trap.
extension ByteReader {
    /// Reads a number at or behind the one before.
    ///
    /// - Throws: ``WireError`` where there is no such number.
    mutating func number<Number: FixedWidthInteger>(
        behind before: Number, _ bytes: Span<UInt8>
    ) throws(WireError) -> Number {
        let start = offset
        let distance = Number(exactly: try varint(bytes))
        guard let distance, let number = before.adding(distance) else {
            throw WireError(.invalid("the distance to a number that there is"), offset: start)
        }
        return number
    }

    /// Reads a number on either side of the one before.
    ///
    /// - Throws: ``WireError`` where there is no such number.
    mutating func number(
        besides before: Int64, _ bytes: Span<UInt8>
    ) throws(WireError) -> Int64 {
        let start = offset
        guard let number = before.adding(try zigzag(bytes)) else {
            throw WireError(.invalid("the distance to a number that there is"), offset: start)
        }
        return number
    }
}

extension FixedWidthInteger {
    fileprivate func adding(_ other: Self) -> Self? {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? nil : sum
    }
}
