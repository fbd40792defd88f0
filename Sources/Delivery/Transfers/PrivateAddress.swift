import Glibc

/// Which addresses are of this machine or of a network behind it: a name that resolves to one could make a
/// webhook talk to what is not meant to be reached (server-side request forgery).
package enum PrivateAddress {
    /// Networks of IPv4 that are not of the public internet (IANA's special-purpose registry).
    private static let networks: [(address: UInt32, bits: UInt32)] = [
        (0x0000_0000, 8), (0x0a00_0000, 8), (0x6440_0000, 10), (0x7f00_0000, 8),
        (0xa9fe_0000, 16), (0xac10_0000, 12), (0xc000_0000, 24), (0xc0a8_0000, 16),
        (0xc612_0000, 15), (0xe000_0000, 3),
    ]

    /// Says whether an address is private.
    ///
    /// - Parameters:
    ///   - socketAddress: The bytes of a `sockaddr_in` or `sockaddr_in6`.
    ///   - family: `AF_INET` or `AF_INET6`; any other counts as private.
    /// - Returns: The text of a private address; nil for a public one.
    package static func name(of socketAddress: [UInt8], family: CInt) -> String? {
        if family == AF_INET, socketAddress.count >= 8 {
            let bytes = socketAddress[4..<8]
            return isPrivate4(bytes) ? bytes.map(String.init).joined(separator: ".") : nil
        }
        guard family == AF_INET6, socketAddress.count >= 24 else { return "a local socket" }
        let bytes = Array(socketAddress[8..<24])
        guard isPrivate6(bytes) else { return nil }
        return stride(from: 0, to: 16, by: 2)
            .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    private static func isPrivate4(_ bytes: ArraySlice<UInt8>) -> Bool {
        let address = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return networks.contains { address >> (32 - $0.bits) == $0.address >> (32 - $0.bits) }
    }

    private static func isPrivate6(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: [0x20, 0x02]) { return isPrivate4(bytes[2..<6]) }
        if bytes.starts(with: [0, 0x64, 0xff, 0x9b]) { return isPrivate4(bytes[12...]) }
        // Global unicast is 2000::/3; IPv4 in IPv6, loopback and the unspecified address are not in it.
        if bytes[0] & 0xe0 == 0x20 { return false }
        let embedsPublic4 =
            bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
            && !isPrivate4(bytes[12...])
        return !embedsPublic4
    }
}
