import Core

/// An address as mail protocols and headers write it (RFC 5321, 5322, 6532).
///
/// SPEC 2 lets any address in that has one `@` and neither blanks nor controls. Some of those would mean
/// something else in a header, `a,b@example.com` two addresses; so a local part that is no dot-atom is quoted here,
/// and a domain that could end the address is refused.
package struct MailAddress: Equatable {
    /// The address, its local part quoted where it must be.
    package let text: String
    /// What stands behind the `@`.
    let domain: String

    /// Checks an address and quotes it where it must be.
    ///
    /// - Throws: ``MailError/badAddress`` where no quoting makes it one address.
    package init(_ address: String) throws(MailError) {
        let bytes = Array(address.utf8)
        let error = MailError.badAddress(address)
        guard bytes.count <= 254, let at = bytes.lastIndex(of: UInt8(ascii: "@")), at > 0,
            !address.unicodeScalars.contains(where: { isControl($0) || $0.properties.isWhitespace })
        else { throw error }
        let local = Array(bytes[..<at])
        let domain = bytes[(at + 1)...]
        guard Self.isDomain(domain) else { throw error }
        self.domain = String(decoding: domain, as: UTF8.self)
        let written: [UInt8]
        if Self.isDotAtom(local) || Self.isQuoted(local) {
            written = local
        } else {
            guard !local.contains(UInt8(ascii: "@")) else { throw error }
            written = quoted(local)
        }
        text = String(decoding: written, as: UTF8.self) + "@" + self.domain
    }

    private static func isDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
        if bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]"), bytes.count > 2 {
            return bytes.dropFirst().dropLast().allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":")
            }
        }
        return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { label in
                !label.isEmpty
                    && label.allSatisfy {
                        isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                            || $0 >= 0x80
                    }
            }
    }

    private static func isDotAtom(_ bytes: [UInt8]) -> Bool {
        bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomByte) }
    }

    /// Whether a local part is a quoted string already, with nothing in it that ends it early.
    private static func isQuoted(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""),
            bytes.last == UInt8(ascii: "\"")
        else { return false }
        var isEscaped = false
        for byte in bytes.dropFirst().dropLast() {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                return false
            }
        }
        return !isEscaped
    }
}

/// Why a mail can never be sent as it is.
package enum MailError: Error, Equatable {
    /// No address that mail could go to or come from.
    case badAddress(String)
    /// Something that would not stay inside its header.
    case badHeader(name: String, value: String)
}

/// A quoted string of RFC 5322: in double quotes, with `"` and `\` escaped.
func quoted(_ bytes: [UInt8]) -> [UInt8] {
    var result = [UInt8(ascii: "\"")]
    for byte in bytes {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            result.append(UInt8(ascii: "\\"))
        }
        result.append(byte)
    }
    result.append(UInt8(ascii: "\""))
    return result
}

/// Whether a character would act instead of being shown: controls, and what some readers take for a line's end.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: true
    default: false
    }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"):
        true
    default: false
    }
}

/// Whether a byte may stand in an atom: `atext` of RFC 5322, and what RFC 6532 adds.
func isAtomByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte >= 0x80 || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
}
