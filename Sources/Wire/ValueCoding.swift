import Core

/// The first byte of an encoded value of an attribute or property.
enum ValueTag {
    static let null: UInt8 = 0
    static let text: UInt8 = 1
    /// Up to 18 digits: mantissa and power of ten.
    static let number: UInt8 = 2
    static let no: UInt8 = 3
    static let yes: UInt8 = 4
    /// More digits: sign, exponent, digits.
    static let longNumber: UInt8 = 5
}

extension [UInt8] {
    /// Appends a decimal: small ones as mantissa and power of ten, each value in one form only.
    mutating func append(encodedDecimal value: Decimal) {
        let digits = value.digits
        guard digits.count > 18 else {
            var mantissa: Int64 = 0
            for digit in digits { mantissa = mantissa * 10 + Int64(digit) }
            append(ValueTag.number)
            append(zigzag: value.isNegative ? -mantissa : mantissa)
            append(zigzag: Int64(value.exponent) - Int64(digits.count))
            return
        }
        append(ValueTag.longNumber)
        append(value.isNegative ? 1 : 0)
        append(zigzag: Int64(value.exponent))
        append(prefixed: digits.span)
    }

    /// Appends a value of an attribute or property.
    mutating func append(encodedValue value: Value, texts: TextTable) {
        switch value {
        case .text(let id):
            append(ValueTag.text)
            append(prefixed: texts.name(id).bytes.span)
        case .number(let decimal): append(encodedDecimal: decimal)
        case .flag(let flag): append(flag ? ValueTag.yes : ValueTag.no)
        }
    }

    /// Appends the value of a text that is a JSON number.
    ///
    /// - Returns: false where it is beyond 10^±1,000,000.
    mutating func append(encodedNumber text: Span<UInt8>) -> Bool {
        if text.count <= 18, appendPlainNumber(text) { return true }
        guard let decimal = decimal(of: text) else { return false }
        append(encodedDecimal: decimal)
        return true
    }

    /// Appends a number of at most 18 bytes unless it has an exponent.
    private mutating func appendPlainNumber(_ text: Span<UInt8>) -> Bool {
        var mantissa: Int64 = 0
        var power: Int64 = 0
        var inFraction = false
        for index in text.indices {
            let byte = text[index]
            if isDigit(byte) {
                mantissa = mantissa * 10 + Int64(byte &- 0x30)
                if inFraction { power -= 1 }
            } else if byte == UInt8(ascii: ".") {
                inFraction = true
            } else if index > 0 {
                return false
            }
        }
        if mantissa == 0 {
            power = 0
        } else {
            while mantissa % 10 == 0 {
                mantissa /= 10
                power += 1
            }
        }
        append(ValueTag.number)
        append(zigzag: text[0] == UInt8(ascii: "-") ? -mantissa : mantissa)
        append(zigzag: power)
        return true
    }
}

extension ByteReader {
    /// Reads the value of an attribute or property; nil for null.
    mutating func value(
        _ bytes: Span<UInt8>,
        _ texts: inout TextTable
    ) throws(WireError) -> Value? {
        let start = offset
        switch try byte(bytes) {
        case ValueTag.null: return nil
        case ValueTag.text: return .text(texts.intern(bytes.extracting(try prefixed(bytes))))
        case ValueTag.no: return .flag(false)
        case ValueTag.yes: return .flag(true)
        case let tag: return .number(try decimal(tag, bytes, from: start))
        }
    }

    /// Reads the rest of a decimal whose tag has been read.
    mutating func decimal(
        _ tag: UInt8,
        _ bytes: Span<UInt8>,
        from start: Int
    ) throws(WireError) -> Decimal {
        switch tag {
        case ValueTag.number:
            let mantissa = try zigzag(bytes)
            let power = try zigzag(bytes)
            guard power.magnitude <= 2 * UInt64(decimalExponentMax) else {
                throw WireError(.invalid("a smaller power of ten"), offset: start)
            }
            return Decimal(mantissa, power: Int(power))
        case ValueTag.longNumber:
            let sign = try byte(bytes)
            let exponent = try zigzag(bytes)
            let range = try prefixed(bytes)
            var digits: [UInt8] = []
            for index in range {
                guard bytes[index] < 10 else {
                    throw WireError(.invalid("a digit"), offset: index)
                }
                digits.append(bytes[index])
            }
            guard sign <= 1, exponent.magnitude <= UInt64(decimalExponentMax) else {
                throw WireError(.invalid("a sign and an exponent"), offset: start)
            }
            return Decimal(
                isNegative: sign == 1,
                digits: digits,
                power: Int(exponent) - digits.count
            )
        default: throw WireError(.invalid("a value"), offset: start)
        }
    }
}
