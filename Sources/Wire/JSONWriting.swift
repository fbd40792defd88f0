import Core

/// The canonical form of a JSON value: equal values give equal bytes.
///
/// Names in byte order, no blanks, numbers by value, strings escaped only where JSON demands it.
public func canonicalJSON(_ node: JSONNode) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(canonicalJSON: node.value)
    return bytes
}

extension [UInt8] {
    /// Appends the canonical form of a JSON value.
    public mutating func append(canonicalJSON value: JSONValue) {
        switch value {
        case .object(let members):
            append(UInt8(ascii: "{"))
            let sorted = members.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                append(jsonString: member.key.span)
                append(UInt8(ascii: ":"))
                append(canonicalJSON: member.value.value)
            }
            append(UInt8(ascii: "}"))
        case .array(let nodes):
            append(UInt8(ascii: "["))
            for (index, node) in nodes.enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                append(canonicalJSON: node.value)
            }
            append(UInt8(ascii: "]"))
        case .string(let text): append(jsonString: text.span)
        case .number(let decimal?, _): append(decimal: decimal)
        case .number(nil, let text): appendHugeNumber(text.span)
        case .bool(let flag): append(ascii: flag ? "true" : "false")
        case .null: append(ascii: "null")
        }
    }

    /// Appends a text that is a JSON number in the one form of its value.
    mutating func append(canonicalNumber text: Span<UInt8>) {
        var isWhole = text.count <= 18 && text[0] != UInt8(ascii: "-")
        for index in text.indices where !isDigit(text[index]) { isWhole = false }
        if isWhole {
            append(bytes: text)
        } else if let decimal = decimal(of: text) {
            append(decimal: decimal)
        } else {
            appendHugeNumber(text)
        }
    }

    /// Appends a number that no `Decimal` holds, in one form for each value.
    private mutating func appendHugeNumber(_ text: Span<UInt8>) {
        let parts = NumberParts(text)
        guard let power = parts.power, let first = parts.digits.firstIndex(where: { $0 != 0 }),
            let last = parts.digits.lastIndex(where: { $0 != 0 })
        else {
            append(bytes: text)
            return
        }
        if parts.isNegative { append(UInt8(ascii: "-")) }
        for index in first...last { append(parts.digits[index] + UInt8(ascii: "0")) }
        append(UInt8(ascii: "e"))
        append(decimal: Int64(power + parts.digits.count - 1 - last))
    }

    /// Appends a text in double quotes, escaping only what JSON demands.
    ///
    /// - Parameter text: Well-formed UTF-8.
    public mutating func append(jsonString text: Span<UInt8>) {
        append(UInt8(ascii: "\""))
        var copied = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                continue
            }
            append(bytes: text.extracting(copied..<index))
            copied = index + 1
            append(UInt8(ascii: "\\"))
            switch byte {
            case 0x08: append(UInt8(ascii: "b"))
            case 0x09: append(UInt8(ascii: "t"))
            case 0x0a: append(UInt8(ascii: "n"))
            case 0x0c: append(UInt8(ascii: "f"))
            case 0x0d: append(UInt8(ascii: "r"))
            case 0..<0x20:
                append(ascii: "u00")
                append(UInt8(ascii: "0") + byte >> 4)
                let low = byte & 15
                append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
            default: append(byte)
            }
        }
        append(bytes: text.extracting(copied..<text.count))
        append(UInt8(ascii: "\""))
    }

    /// Appends a text in double quotes, escaping only what JSON demands.
    public mutating func append(jsonString text: String) {
        append(jsonString: Array(text.utf8).span)
    }

    /// Appends a name and a colon: `"name":`; a comma first, unless an object has just been opened.
    public mutating func append(jsonKey key: StaticString) {
        if let last, last != UInt8(ascii: "{") { append(UInt8(ascii: ",")) }
        append(UInt8(ascii: "\""))
        append(ascii: key)
        append(UInt8(ascii: "\""))
        append(UInt8(ascii: ":"))
    }

    /// Appends an instant in double quotes, in UTC.
    public mutating func append(jsonInstant instant: Instant) {
        append(UInt8(ascii: "\""))
        append(timestamp: instant)
        append(UInt8(ascii: "\""))
    }

    /// Appends a constant text as it is.
    public mutating func append(ascii text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// Appends a whole number in decimal digits.
    public mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
    }

    /// Appends a whole number in decimal digits.
    public mutating func append(decimal value: UInt64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = value
        repeat {
            first -= 1
            digits[first] = UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0")
            rest /= 10
        } while rest > 0
        append(bytes: digits.span.extracting(first..<20))
    }

    /// Appends an amount in millionths as a decimal number, without trailing zeros: `12.5`.
    public mutating func append(millionths value: Int64) {
        append(millionths: Int128(value))
    }

    /// Appends an amount in millionths as a decimal number, without trailing zeros: `12.5`.
    ///
    /// - Parameter value: Below 2^64 × 10^6 either way.
    public mutating func append(millionths value: Int128) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: UInt64(value.magnitude / 1_000_000))
        append(fraction: UInt32(value.magnitude % 1_000_000))
    }

    /// Appends millionths as a fraction, without trailing zeros; nothing for 0.
    mutating func append(fraction millionths: UInt32) {
        guard millionths > 0 else { return }
        append(UInt8(ascii: "."))
        var rest = millionths
        var unit: UInt32 = 100_000
        while rest > 0 {
            append(UInt8(truncatingIfNeeded: rest / unit) + UInt8(ascii: "0"))
            rest %= unit
            unit /= 10
        }
    }

    /// Appends an exact decimal the way its description writes it.
    public mutating func append(decimal value: Decimal) {
        append(contentsOf: value.description.utf8)
    }
}

/// A sum or count in millionths in plain decimal notation: 12 500 000 is `12.5`.
public func millionthsText(_ millionths: Int128) -> String {
    var bytes: [UInt8] = []
    bytes.append(millionths: millionths)
    return String(decoding: bytes, as: UTF8.self)
}
