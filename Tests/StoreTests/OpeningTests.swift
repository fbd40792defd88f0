import Core
import Foundation
import Store
import Testing

/// What opening says of a store that can't be opened.
@Suite struct OpeningTests {
    @Test("a store of another format is called that, whatever tables it has", arguments: [4, 6])
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
        #expect(found == UInt32(version) && known == 5)
    }

    @Test("a store from before there were checksums is of another format, and not damaged")
    func withoutChecksums() throws {
        let stored = try StoreProgram(name: "acme", timezone: "UTC")
        func opening(afterChanging offset: Int) throws -> StoreError? {
            let copy = try TamperedStore(copying: stored.directory)
            try copy.change { bytes in
                let record = Data([UInt8(ProgramRecord.formatVersion), 4] + Array("acme".utf8))
                let place = try #require(bytes.range(of: record)).lowerBound + offset
                bytes[place] ^= 1
            }
            return #expect(throws: StoreError.self) {
                try Store.open(directory: copy.directory, isReadOnly: true)
            }
        }
        guard case .otherFormat(4, known: 5) = try opening(afterChanging: 0),
            case .damaged = try opening(afterChanging: 3)
        else {
            Issue.record("\(String(describing: try opening(afterChanging: 0)))")
            return
        }
    }
}
