import Hashing
import Wire

/// The secret of a webhook and what it signs (Standard Webhooks: symmetric signatures, `v1`).
package struct WebhookSecret: Sendable {
    private let key: [UInt8]

    /// Reads `whsec_` and base 64; the prefix may be missing.
    ///
    /// - Throws: ``TargetError`` where it is not base 64 of 24 to 64 bytes. The message does not show it.
    package init(_ text: String) throws(TargetError) {
        let encoded = text.hasPrefix("whsec_") ? text.dropFirst("whsec_".count) : text[...]
        let fix = "make one: echo whsec_$(head -c 32 /dev/urandom | base64)"
        guard let key = Base64.decode(encoded.utf8) else {
            throw TargetError("the webhook's secret is not whsec_ and base 64", fix: fix)
        }
        guard (24...64).contains(key.count) else {
            throw TargetError(
                "the webhook's secret has \(key.count) bytes, but 24 to 64 are needed", fix: fix)
        }
        self.key = key
    }

    /// Signs one attempt.
    ///
    /// - Parameters:
    ///   - id: The value of `webhook-id`; holds no dot.
    ///   - seconds: The value of `webhook-timestamp`.
    ///   - body: The body, byte for byte as sent.
    /// - Returns: `v1,` and the signature in base 64.
    package func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
        let signed = Array("\(id).\(seconds).".utf8) + body
        let code = Base64.encode(hmacSHA256(key: key, message: signed))
        return "v1," + String(decoding: code, as: UTF8.self)
    }
}
