import Core
import Definitions
import Testing

/// Large sets of definitions stay a matter of a moment.
struct SizeTests {
    @Test("ten thousand segments, each naming the one before, are read at once")
    func chain() throws {
        var text = "segments:\n- {id: s0, match: {tag: {any_of: [x]}}}\n"
        for number in 1..<10_000 {
            text += "- {id: s\(number), match: {segment: {any_of: [s\(number - 1)]}}}\n"
        }
        let clock = ContinuousClock()
        let length = try clock.measure {
            let files = try read(text)
            #expect(files.definitions.count == 10_000)
        }
        #expect(length < .seconds(20))
    }
}
