import Core
import Engine
import Store
import TestSupport
import Testing
import Wire

/// Whom a send went to, for what comes back of mail.
@Suite struct SendOwnersTests {
    @Test(
        "finds every send's owner, those decided later too, and no other",
        arguments: Seeds.chosen(or: 0..<20)
    )
    func owners(seed: UInt64) throws {
        let program = RandomProgram(seed: seed)
        let steps = RandomHistory(seed: seed, program: program).steps
        let stored = try StoreProgram(name: program.name, timezone: program.timezone)
        try stored.makeWriters(count: 1)
        let owners = SendOwners(stored.store)
        let half = steps.count / 2
        for part in [steps[..<half], steps[half...]] {
            try stored.run(part, flushing: false)
            #expect(try owners.owner(of: Array("snd_zzzzzzzzzzzzzzzzzzzzzzzzzz".utf8)) == nil)
            try stored.store.eachSend { send in
                let owner = try #require(try owners.owner(of: send.id), "seed \(seed)")
                #expect(owner == (send.partner, send.source))
                for index in send.id.indices {
                    var other = send.id
                    other[index] = other[index] == UInt8(ascii: "0") ? 0x31 : 0x30
                    #expect(try owners.owner(of: other) == nil)
                }
                return true
            }
        }
        #expect(try owners.owner(of: []) == nil)
        #expect(try owners.owner(of: Array("snd_".utf8)) == nil)
    }
}
