import Core
import Store
import Testing

/// What opening says of a store that can't be opened.
@Suite struct OpeningTests {
    @Test("a store of another format is called that, whatever tables it has", arguments: [3, 5])
    func otherFormat(version: UInt8) throws {
        let stored = try StoreProgram(name: "acme", timezone: "UTC")
        let directory = try writeStoreOfAnotherFormat(version, like: stored)
        let error = #expect(throws: StoreError.self) {
            try Store.open(directory: directory, isReadOnly: true)
        }
        guard case .otherFormat(let found, let known) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found == UInt32(version) && known == 4)
    }
}
