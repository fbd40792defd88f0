/// A name or id as its UTF-8 bytes: compared and ordered byte for byte (SPEC 2, 3).
///
/// `String` would compare by canonical equivalence, under which two different ids can be equal.
public struct Name: Hashable, Comparable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The UTF-8 bytes.
    public let bytes: [UInt8]

    /// Makes a name of its UTF-8 bytes.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Makes a name of a string's UTF-8 bytes.
    public init(_ string: some StringProtocol) {
        bytes = Array(string.utf8)
    }

    /// Makes a name of a literal's UTF-8 bytes.
    public init(stringLiteral value: String) {
        bytes = Array(value.utf8)
    }

    /// Whether the left name comes first in byte order.
    public static func < (left: Name, right: Name) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    /// The name as a string; bytes that are not UTF-8 are replaced.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
