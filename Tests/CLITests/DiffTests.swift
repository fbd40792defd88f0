import Foundation
import Testing

/// `diff` shows what `apply` would do, and `forecast` what time alone would (SPEC 5, 6).
struct DiffTests {
    private let sandbox: Sandbox

    init() throws {
        sandbox = try Sandbox(
            """
            templates: [{ id: hello, subject: Hello, text: Hello }]
            segments:
              - { id: vips, match: { tag: { any_of: [vip] } } }
              - { id: fresh, match: { tagged: { tag: vip, within: { hours: 5 } } } }
            automations:
              - { id: greet, on: { tag_assigned: vip }, do: [{ send_email: hello }], state: active }

            """)
        try sandbox.must(
            "ingest",
            input: tag("1", "amy", "vip", at: "2026-03-01T10:00:00Z")
                + tag("2", "bob", "gold", at: "2026-03-01T11:00:00Z")
                + tag("3", "eve", "vip", at: "2026-03-01T12:00:00Z"))
        try sandbox.write(
            """
            segments:
              - { id: vips, match: { tag: { any_of: [gold] } } }
              - { id: all, match: { not: { partner: { any_of: [eve] } } } }

            """, to: "draft.yaml")
    }

    @Test("Definitions that would change, then members won and lost; nothing is written")
    func diff() throws {
        let before = try sandbox.bytes("muster-store/data.mdb")
        let text = try sandbox.muster("diff", "draft.yaml")
        #expect(text.status == 0)
        #expect(
            text.out == """
                added\tsegment\tall\tversion 1
                changed\tsegment\tvips\tversion 2
                \tmatch.tag.any_of[0]\t"vip" → "gold"
                won\tall\tamy
                won\tall\tbob
                won\tvips\tbob
                lost\tvips\tamy
                lost\tvips\teve

                """)
        #expect(text.err == "all: 2 won, 0 lost, 2 members\nvips: 1 won, 2 lost, 1 member\n")
        #expect(
            try sandbox.must("diff", "draft.yaml", "--format", "ndjson", "--limit", "1") == """
                {"change":"added","kind":"segment","id":"all","version":1}
                {"change":"changed","kind":"segment","id":"vips","version":2}
                {"change":"won","segment":"all","partner":"amy"}

                """)
        #expect(
            try sandbox.must("diff", "draft.yaml", "--count", "--format", "ndjson") == """
                {"segment":"all","won":2,"lost":0,"members":2}
                {"segment":"vips","won":1,"lost":2,"members":1}

                """)
        #expect(
            try sandbox.must("diff", "draft.yaml", "--limit", "0", "--format", "csv")
                == "change,kind,id,version,segment,partner\r\nadded,segment,all,1,,\r\n"
                + "changed,segment,vips,2,,\r\n")
        #expect(try sandbox.bytes("muster-store/data.mdb") == before)
    }

    @Test("Pruning retires what the files do not name, and its members are lost")
    func prune() throws {
        #expect(
            try sandbox.must("diff", "draft.yaml", "--prune", "--format", "ndjson", "--limit", "0")
                == """
                {"change":"added","kind":"segment","id":"all","version":1}
                {"change":"changed","kind":"segment","id":"vips","version":2}
                {"change":"retired","kind":"template","id":"hello","version":2}
                {"change":"retired","kind":"segment","id":"fresh","version":2}
                {"change":"retired","kind":"automation","id":"greet","version":2}

                """)
        #expect(
            try sandbox.must("diff", "draft.yaml", "--prune", "--count")
                == "all\t2\t0\t2\nfresh\t0\t2\t0\nvips\t1\t2\t1\n")
        // Applying does just that, and afterwards there is nothing left to do.
        #expect(
            try sandbox.muster("apply", "draft.yaml", "--prune").err == """
                added segment all
                changed segment vips
                retired template hello
                retired segment fresh
                retired automation greet

                """)
        #expect(
            try sandbox.muster("diff", "draft.yaml", "--prune")
                == Outcome(status: 0, out: "", err: "nothing to change\n"))
        let again = try sandbox.must("diff", "program.yaml", "--format", "ndjson", "--limit", "0")
        #expect(again.contains(#"{"change":"added","kind":"segment","id":"fresh","version":3}"#))
    }

    @Test("Errors in the files are those of apply")
    func errors() throws {
        try sandbox.write("segments: [{ id: x, match: { segmnt: 1 } }]", to: "wrong.yaml")
        #expect(try sandbox.muster("diff", "wrong.yaml").status == 65)
        #expect(
            try sandbox.muster("diff", "wrong.yaml") == sandbox.muster("apply", "wrong.yaml"))
        #expect(try sandbox.muster("diff", "missing.yaml").status == 66)
        #expect(try sandbox.muster("diff").status == 64)
    }

    @Test("Who enters and leaves by the passing of time alone")
    func forecast() throws {
        let before = try sandbox.bytes("muster-store/data.mdb")
        let forecast = ["forecast", "fresh", "--to", "2026-03-02"]
        #expect(
            try sandbox.run(forecast + ["--format", "ndjson"]).out == """
                {"partner":"amy","change":"leaves","at":"2026-03-01T15:00:00Z"}
                {"partner":"eve","change":"leaves","at":"2026-03-01T17:00:00Z"}

                """)
        #expect(
            try sandbox.run(forecast + ["--since", "2026-03-01T15:00:01Z"]).out
                == "eve\tleaves\t2026-03-01T17:00:00Z\n")
        #expect(
            try sandbox.run(forecast + ["--limit", "1", "--format", "csv"]).out
                == "partner,change,at\r\namy,leaves,2026-03-01T15:00:00Z\r\n")
        #expect(
            try sandbox.run(forecast + ["--count", "--format", "ndjson"]).out
                == "{\"enters\":0,\"leaves\":2}\n")
        #expect(try sandbox.must("forecast", "vips", "--to", "2999-01-01") == "")
        #expect(try sandbox.muster("forecast", "fresh", "--to", "2026-03-01").status == 1)
        #expect(try sandbox.muster("forecast", "frsh", "--to", "2026-03-02").status == 1)
        #expect(try sandbox.bytes("muster-store/data.mdb") == before)
    }
}
