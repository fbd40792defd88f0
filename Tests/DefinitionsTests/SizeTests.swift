import Core
import Definitions
import Testing

/// Large sets of definitions stay a matter of a moment.
struct SizeTests {
    @Test("ten thousand segments, most of them naming the one before, are read at once")
    func chain() throws {
        var text = "segments:\n"
        for number in 0..<10_000 {
            let leaf =
                number % 999 == 0 ? "tag: {any_of: [x]}" : "segment: {any_of: [s\(number - 1)]}"
            text += "- {id: s\(number), match: {\(leaf)}}\n"
        }
        let all = (0..<10_000).map { "s\($0)" }.joined(separator: ",")
        text += "- {id: top, match: {segment: {any_of: [\(all)]}}}\n"
        let clock = ContinuousClock()
        let length = try clock.measure {
            let files = try read(text)
            #expect(files.definitions.count == 10_001)
        }
        #expect(length < .seconds(20))
    }
}
