import Core

/// What an unsubscribe link must be to stand in a header of each mail (RFC 2369, 8058).
///
/// This is asked of files only: a log may hold what earlier releases let in.
extension Lowering {
    /// A header's line has 998 bytes at most, and the send's id comes behind the base.
    private static let baseBytesMax = 800

    /// Reports a base with which no mail could be written.
    mutating func checkUnsubscribeBase(_ read: ReadDefinition) {
        guard case .program(let settings)? = read.definition?.definition,
            let base = settings.unsubscribeBase, let item = read.fields["unsubscribe_base"]
        else { return }
        if let strange = base.unicodeScalars.first(where: { !Self.canStandInHeader($0) }) {
            fail(
                item,
                "unsubscribe_base stands in a header of each mail, which can't hold "
                    + quoted(String(strange)),
                fix: "write it in ASCII: a host as xn--…, all else with % and two hexadecimal "
                    + "digits a byte")
        } else if base.utf8.count > Self.baseBytesMax {
            fail(
                item,
                "unsubscribe_base has \(base.utf8.count) bytes, and a header of each mail has room "
                    + "for \(Self.baseBytesMax)", fix: "write a shorter address")
        } else if Self.host(of: base).isEmpty {
            fail(
                item, "unsubscribe_base \(quoted(base)) names no host",
                fix: "write for example https://example.com/unsubscribe")
        } else if base.contains("#") {
            fail(
                item,
                "unsubscribe_base must do without #: no server gets to see what stands behind it, "
                    + "and there the send's id would",
                fix: "write an address without #")
        } else if base.contains("?"), base.last.map({ !"/=?".contains($0) }) ?? false {
            fail(
                item, "unsubscribe_base \(quoted(base)) has no place for the send's id",
                fix: "let it end with the name of a parameter, such as &send=")
        }
    }

    private static func canStandInHeader(_ scalar: Unicode.Scalar) -> Bool {
        (0x21...0x7e).contains(scalar.value) && scalar != "<" && scalar != ">"
    }

    /// What stands between `//` and the port, path or query, without a user.
    private static func host(of address: String) -> Substring {
        let rest = address.drop { $0 != "/" }.dropFirst(2)
        let authority = rest.prefix { !"/?#".contains($0) }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return host.prefix { $0 != ":" }
    }
}
