public import Core
import Hashing
import Wire

/// A send's id: the same in every replay, and the idempotency key of its delivery (SPEC 5).
public enum SendID {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// `snd_` and 26 characters of Crockford's base 32: the first 130 bits of the SHA-256 over
    /// program name, kind, source, partner and ordinal, each with its length before it.
    public static func make(
        program: Name, kind: DefinitionKind, source: Name, partner: Name, ordinal: UInt32
    ) -> [UInt8] {
        var input: [UInt8] = []
        input.append(prefixed: program.bytes.span)
        input.append(prefixed: Array(kind.word.utf8).span)
        input.append(prefixed: source.bytes.span)
        input.append(prefixed: partner.bytes.span)
        input.append(varint: UInt64(ordinal))
        let hash = SHA256.hash(input)
        var id = Array("snd_".utf8)
        var bits: UInt32 = 0
        var bitCount = 0
        var next = 0
        while id.count < 30 {
            if bitCount < 5 {
                bits = bits << 8 | UInt32(hash[next])
                next += 1
                bitCount += 8
            }
            bitCount -= 5
            id.append(alphabet[Int(bits >> UInt32(bitCount)) & 31])
        }
        return id
    }

    /// The value of a digit of an id, from 0 to 31; nil where the byte is none.
    static func digit(_ byte: UInt8) -> UInt8? {
        alphabet.firstIndex(of: byte).map { UInt8($0) }
    }
}
