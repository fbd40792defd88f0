import Core

extension MappedLine {
    /// Maps a CloudEvent in its JSON format (SPEC 2.2): `subject` is the partner, `data` holds the
    /// fields.
    ///
    /// The context attributes that say something about the event itself are kept among the extras
    /// under `cloudevents`; those of one delivery (the format's version and the trace) are not, or
    /// a repeated delivery would look like other content.
    init(cloudEvent members: [JSONMember]) {
        self.init()
        fields.labels = .cloudEvents
        var data: JSONNode?
        var version: JSONNode?
        var kept: [JSONMember] = []
        for member in members {
            switch String(decoding: member.key, as: UTF8.self) {
            case "id": set(.id, member.value)
            case "type": set(.type, member.value)
            case "subject": set(.partner, member.value)
            case "time": set(.time, member.value)
            case "data": data = member.value
            case "specversion": version = member.value
            case "datacontenttype", "traceparent", "tracestate": break
            default: kept.append(member)
            }
        }
        type = plainType(fields[.type], text.span)
        fault = Self.versionFault(version)
        guard case .known(let type) = type else { return }
        switch data?.value {
        case nil, .null?:
            if kept.contains(where: { $0.key.elementsEqual("data_base64".utf8) }) {
                fault =
                    fault
                    ?? .bad(
                        "data_base64",
                        "`data_base64` is not read: write the fields as an object in `data`")
            }
        case .object(let members)?:
            let clashing = takeFields(of: type, from: members, reserved: "cloudevents")
            if !clashing.isEmpty {
                kept.append(
                    JSONMember(
                        key: Array("data".utf8),
                        keyOffset: 0,
                        value: JSONNode(offset: 0, value: .object(clashing))
                    )
                )
            }
        case let value?:
            fault = fault ?? .bad("data", "`data` must be an object, not \(value.kind)")
        }
        keep(kept, under: "cloudevents")
        finishExtras()
    }

    private static func versionFault(_ node: JSONNode?) -> Fault? {
        guard let node else {
            return .missing("specversion", "`specversion` is missing: add \"specversion\":\"1.0\"")
        }
        guard case .string(let version) = node.value, version.elementsEqual("1.0".utf8) else {
            return .bad("specversion", "`specversion` must be \"1.0\"")
        }
        return nil
    }
}
