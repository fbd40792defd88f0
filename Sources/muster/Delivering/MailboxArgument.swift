import Delivery

/// An address, with or without a name: `Acme <hello@acme.example>`, `"Acme, Inc" <hello@acme.example>`.
struct MailboxArgument {
    /// What a text that is none should have been.
    struct Unreadable: Error, CustomStringConvertible {
        let description =
            "write one address, such as hello@acme.example or 'Acme <hello@acme.example>'"
    }

    var mailbox: Mailbox

    init(_ argument: String) throws {
        guard let (name, address) = Self.parts(argument) else { throw Unreadable() }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }),
            !address.contains(where: { " <>".contains($0) })
        else { throw Unreadable() }
        let words = name.split(separator: " ").joined(separator: " ")
        mailbox = Mailbox(address: address, name: words.isEmpty ? nil : words)
    }

    /// The name without its quotes (RFC 5322 section 3.2.4), and what stands between the angle brackets; all of it
    /// where there are none.
    ///
    /// - Returns: nil where a quotation has no end, something follows the address, or there are several.
    private static func parts(_ text: String) -> (name: String, address: String)? {
        var name = String.UnicodeScalarView()
        var isQuoted = false
        var isEscaped = false
        var hasAddress = false
        let scalars = text.unicodeScalars
        for (index, scalar) in zip(scalars.indices, scalars) {
            if isEscaped {
                name.append(scalar)
                isEscaped = false
            } else if scalar == "\"" {
                isQuoted.toggle()
            } else if isQuoted {
                if scalar == "\\" { isEscaped = true } else { name.append(scalar) }
            } else if scalar == "<" {
                guard scalars.last == ">" else { return nil }
                let address = scalars[scalars.index(after: index)...].dropLast()
                return (String(name), String(address))
            } else {
                if scalar == "@" { hasAddress = true }
                // Without quotes an address with a comma behind it is one of several.
                if scalar == ",", hasAddress { return nil }
                name.append(scalar)
            }
        }
        return isQuoted ? nil : ("", text)
    }
}
