import Wire

/// An email's copy: one text, from which both parts are written.
struct Mail {
    /// One paragraph.
    enum Part {
        case text(String)
        /// A link with its words.
        case link(String, to: String)
    }

    var id: String
    var name: String
    var subject: String
    var parts: [Part]

    init(_ id: String, _ name: String, subject: String, _ parts: Part...) {
        self.id = id
        self.name = name
        self.subject = subject
        self.parts = parts
    }

    /// The template as an element of `templates`.
    ///
    /// A partner without a name is greeted without one, and without an `unsubscribe_base` in the
    /// program there is no line about unsubscribing.
    var yaml: String {
        var text = ["Hello{{#name}} {{name}}{{/name}},"]
        var html = ["<p>Hello{{#name}} {{name}}{{/name}},</p>"]
        for part in parts {
            switch part {
            case .text(let words):
                text.append(words)
                html.append("<p>\(words)</p>")
            case .link(let words, let address):
                text.append("\(words): \(address)")
                html.append(
                    "<p><a href=\"\(address.replacing("&", with: "&amp;"))\">\(words)</a></p>")
            }
        }
        text.append("The {{program.name}} team")
        html.append("<p>The {{program.name}} team</p>")
        let stop = "No more mail from us"
        text.append("{{#unsubscribe_url}}\(stop): {{unsubscribe_url}}{{/unsubscribe_url}}")
        html.append(
            "{{#unsubscribe_url}}<p><a href=\"{{unsubscribe_url}}\">\(stop)</a></p>"
                + "{{/unsubscribe_url}}")
        return """
              - id: \(id)
                name: \(name)
                subject: "\(subject)"
                text: |
            \(text.map { "      \($0)\n" }.joined(separator: "\n"))    html: |
            \(html.map { "      \($0)\n" }.joined())
            """
    }
}

/// A text in quotes, for YAML.
func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    bytes.append(jsonString: text)
    return String(decoding: bytes, as: UTF8.self)
}

/// So many days, in words.
func days(_ count: Int) -> String { count == 1 ? "1 day" : "\(count) days" }

/// Days in words: `10, 20 and 40 days`.
func days(_ counts: [Int]) -> String {
    guard let last = counts.last, counts.count > 1 else { return days(counts.first ?? 0) }
    let others = counts.dropLast().map(String.init).joined(separator: ", ")
    return "\(others) and \(last) days"
}

/// A whole number as people read it: `10,000`.
func grouped(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number).reversed().enumerated() {
        if index > 0, index % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return String(text.reversed())
}

extension ReadyTemplate {
    /// A program file of its parts; `rules` holds the sections but `templates`.
    static func program(_ title: String, about: String, mails: [Mail], rules: String) -> String {
        """
        # \(title)
        #
        \(about.split(separator: "\n").map { "# \($0)" }.joined(separator: "\n"))
        #
        # All of it is active from the moment it is applied. To begin with care write `state: draft`,
        # apply it, look with `muster preview SEGMENT`, and then write `state: active`.

        templates:
        \(mails.map(\.yaml).joined())
        \(rules)
        """
    }
}
