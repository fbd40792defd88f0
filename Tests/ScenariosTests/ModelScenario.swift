import TestSupport

/// A random program and history as a scenario whose expectations are the brute-force model's.
struct ModelScenario {
    /// The scenario file, as JSON.
    private(set) var text = ""
    /// How many sends and members are expected.
    private(set) var expectedCount = 0
    private let model: Model
    private var steps: [String] = []
    private var checkedSends = 0
    private var checkedRuns = 0

    /// Makes the scenario of a seed.
    ///
    /// - Parameters:
    ///   - seed: Chooses everything.
    ///   - damage: The number of the expected send or member that is left out.
    init(seed: UInt64, damage: Int? = nil) {
        var random = SplitMix64(seed: seed &+ 0x5343_454E)
        let program = RandomProgram(seed: seed)
        model = Model(
            programName: program.name, timezone: program.timezone, currency: program.currency)
        model.apply(definitionsJSON: program.definitionsJSON, prune: false)
        var isFirst = true
        for step in RandomHistory(seed: seed, program: program).steps {
            switch step {
            case .apply(let json, let prune):
                // A scenario starts with its definitions, and never prunes.
                if isFirst { continue }
                guard !prune, let now = model.now else { continue }
                model.run(step)
                add(now, #""apply":\#(json)"#)
            case .line(let line, let history):
                model.run(step)
                guard let now = model.now else { continue }
                isFirst = false
                add(now, #""history":\#(history),"events":[\#(line)]"#)
            case .ahead: preconditionFailure("scenarios have the event clock alone")
            case .advance:
                model.run(step)
                guard let now = model.now else { continue }
                isFirst = false
                add(now, nil)
            }
            if random.chance(15), let now = model.now { expect(now, damage) }
        }
        if let now = model.now { expect(now, damage) }
        let settings = #"{"name":"\#(program.name)","timezone":"\#(program.timezone)"}"#
        text = """
            {"scenario":"Seed \(seed)","definitions":\(program.definitionsJSON),"program":\(settings),
            "steps":[\(steps.joined(separator: ",\n"))]}
            """
    }

    private mutating func add(_ at: Int64, _ rest: String?) {
        let more = rest.map { "," + $0 } ?? ""
        steps.append(#"{"at":"\#(Instants.text(at))"\#(more)}"#)
    }

    private mutating func expect(_ now: Int64, _ damage: Int?) {
        func keep(_ element: String) -> String? {
            defer { expectedCount += 1 }
            return expectedCount == damage ? nil : element
        }
        let members = model.segmentIDs.map { segment in
            let partners = model.members(segment: segment).compactMap { keep(quoted($0)) }
            return "\(quoted(segment)):[\(partners.joined(separator: ","))]"
        }
        let sends = model.sends[checkedSends...].compactMap { send in
            keep(
                #"{"kind":"\#(send.kind)","source":\#(quoted(send.source)),"#
                    + #""partner":\#(quoted(send.partner)),"to":\#(send.to.map(quoted) ?? "null"),"#
                    + #""template":\#(quoted(send.template)),"#
                    + #""template_version":\#(send.templateVersion),"status":"\#(send.status)","#
                    + #""reason":\#(send.reason.map(quoted) ?? "null"),"#
                    + #""decided_at":"\#(Instants.text(send.decidedAt))"}"#)
        }
        let runs = model.runs[checkedRuns...].map { run in
            #"{"workflow":\#(quoted(run.workflow)),"at":"\#(Instants.text(run.at))","#
                + #""members":\#(run.members),"with_address":\#(run.withAddress),"#
                + #""sent":\#(run.sent),"blocked":\#(run.blocked)}"#
        }
        checkedSends = model.sends.count
        checkedRuns = model.runs.count
        let segments = members.isEmpty ? "" : "\"members\":{\(members.joined(separator: ","))},"
        add(
            now,
            "\"expect\":{\(segments)\"sends\":[\(sends.joined(separator: ","))],"
                + "\"runs\":[\(runs.joined(separator: ","))]}")
    }

    /// A text as JSON; the generators' names have no control characters.
    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
