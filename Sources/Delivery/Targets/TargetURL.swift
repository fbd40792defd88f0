import CCurl

/// The parts of a target's URL, taken apart by libcurl, so that it means here what it means there.
struct TargetURL: Equatable {
    /// The scheme, small.
    let scheme: String
    /// Who logs in, with percent signs resolved; nil where nobody is named.
    let user: String?
    /// Whether there is a password in it.
    let hasPassword: Bool
    /// The host, small, an IPv6 address without its brackets.
    let host: String
    /// The URL without user and password.
    let bare: String

    /// Takes a URL apart; nil where it is none.
    init?(_ text: String) {
        guard !text.unicodeScalars.contains(where: isControl), let url = curl_url() else {
            return nil
        }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK,
            let scheme = Self.part(CURLUPART_SCHEME, of: url),
            let host = Self.part(CURLUPART_HOST, of: url), !host.isEmpty
        else { return nil }
        self.scheme = scheme.lowercased()
        self.host = host.lowercased().trimmingBrackets
        user = Self.part(CURLUPART_USER, of: url, flags: UInt32(CURLU_URLDECODE))
        hasPassword = Self.part(CURLUPART_PASSWORD, of: url) != nil
        _ = curl_url_set(url, CURLUPART_USER, nil, 0)
        _ = curl_url_set(url, CURLUPART_PASSWORD, nil, 0)
        _ = curl_url_set(url, CURLUPART_FRAGMENT, nil, 0)
        guard let bare = Self.part(CURLUPART_URL, of: url) else { return nil }
        self.bare = bare
    }

    /// Whether the host was written as an address or as this machine, so that there is nothing to resolve.
    var namesItsAddress: Bool {
        host == "localhost" || host.contains(":")
            || host.split(separator: ".").allSatisfy { $0.allSatisfy(\.isASCIIDigit) }
    }

    private static func part(
        _ part: CURLUPart, of url: OpaquePointer, flags: UInt32 = 0
    ) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}

extension String {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
