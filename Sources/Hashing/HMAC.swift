/// HMAC-SHA256 (RFC 2104, FIPS 198-1).
///
/// - Parameters:
///   - key: The secret, of any length; over 64 bytes its hash stands for it.
///   - message: What is authenticated.
/// - Returns: 32 bytes.
public func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
    var block = key.count > 64 ? SHA256.hash(key) : key
    block.append(contentsOf: repeatElement(0, count: 64 - block.count))
    // Spans of temporary values crash the compiler (Swift 6.3.1) in debug builds.
    let innerPad = block.map { $0 ^ 0x36 }
    let outerPad = block.map { $0 ^ 0x5c }
    let inner = SHA256()
    inner.update(innerPad.span)
    inner.update(message.span)
    let innerDigest = inner.digest
    let outer = SHA256()
    outer.update(outerPad.span)
    outer.update(innerDigest.span)
    return outer.digest
}
