import Testing
import Wire

struct ByteCodingTests {
    @Test func numbersComeBack() throws {
        var values: [UInt64] = [0, 1, 127, 128, 255, 16_383, 16_384, .max, .max - 1]
        for shift in 0..<64 { values += [1 << UInt64(shift), (1 << UInt64(shift)) - 1] }
        for value in values {
            var bytes: [UInt8] = []
            bytes.append(varint: value)
            bytes.append(zigzag: Int64(bitPattern: value))
            bytes.append(fixed32: UInt32(truncatingIfNeeded: value))
            bytes.append(fixed64: value)
            bytes.append(prefixed: [7, 8].span)
            var reader = ByteReader()
            #expect(try reader.varint(bytes.span) == value)
            #expect(try reader.zigzag(bytes.span) == Int64(bitPattern: value))
            #expect(try reader.fixed32(bytes.span) == UInt32(truncatingIfNeeded: value))
            #expect(try reader.fixed64(bytes.span) == value)
            #expect(try reader.prefixed(bytes.span).count == 2)
            let isAtEnd = reader.isAtEnd(bytes.span)
            #expect(isAtEnd)
        }
    }

    @Test("a number is read alike whatever stands behind it")
    func anythingBehind() throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<20_000 {
            let value = random.next() >> (random.next() % 64)
            var bytes: [UInt8] = []
            bytes.append(varint: value)
            let length = bytes.count
            for _ in 0..<random.below(10) {
                bytes.append(UInt8(truncatingIfNeeded: random.next()))
            }
            var reader = ByteReader()
            #expect(try reader.varint(bytes.span) == value)
            #expect(reader.offset == length)
        }
    }

    @Test func bigEndianSortsLikeNumbers() {
        var bytes: [UInt8] = []
        bytes.append(fixed64: 0x0102_0304_0506_0708)
        #expect(bytes == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    static let damaged: [([UInt8], WireError)] = [
        ([], WireError(.truncated, offset: 0)),
        ([0x80], WireError(.truncated, offset: 1)),
        ([0x80, 0x00], WireError(.invalid("a number in its shortest form"), offset: 1)),
        (
            Array(repeating: 0xff, count: 9) + [0x02],
            WireError(.invalid("a number in its shortest form"), offset: 9)
        ),
        (
            Array(repeating: 0xff, count: 10) + [0x01],
            WireError(.invalid("a number in its shortest form"), offset: 9)
        ),
    ]

    @Test("damaged varints", arguments: damaged)
    func refuses(bytes: [UInt8], error: WireError) {
        var reader = ByteReader()
        #expect(throws: error) { try reader.varint(bytes.span) }
        guard case .invalid = error.reason else { return }
        // The same where a whole word can be read.
        reader.offset = 0
        #expect(throws: error) {
            try reader.varint((bytes + [UInt8](repeating: 0xff, count: 8)).span)
        }
        #expect(reader.offset == 0)
    }

    @Test func lengthsBeyondTheEnd() {
        var bytes: [UInt8] = []
        bytes.append(varint: .max)
        var reader = ByteReader()
        #expect(throws: WireError(.truncated, offset: bytes.count)) {
            try reader.prefixed(bytes.span)
        }
        #expect(throws: WireError.self) { try reader.fixed64([1, 2].span) }
        #expect(throws: WireError.self) { try reader.fixed32([1, 2].span) }
    }
}
