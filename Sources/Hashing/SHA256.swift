import CCrypto

/// SHA-256 (FIPS 180-4) over bytes as they come, by OpenSSL's libcrypto.
public final class SHA256 {
    private let context: OpaquePointer

    /// Begins a hash of nothing.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { fatalError("libcrypto offers no SHA-256") }
        self.context = context
    }

    private init(copying other: SHA256) {
        guard let context = EVP_MD_CTX_new(), EVP_MD_CTX_copy_ex(context, other.context) == 1
        else { fatalError("libcrypto could not copy a SHA-256") }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds bytes.
    public func update(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { buffer in
            guard EVP_DigestUpdate(context, buffer.baseAddress, buffer.count) == 1 else {
                fatalError("libcrypto could not continue a SHA-256")
            }
        }
    }

    /// The hash of all bytes so far, 32 bytes; more may be added afterwards.
    public var digest: [UInt8] {
        let copy = SHA256(copying: self)
        var result = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(copy.context, &result, nil) == 1 else {
            fatalError("libcrypto could not finish a SHA-256")
        }
        return result
    }

    /// The hash of some bytes.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        let hash = SHA256()
        hash.update(bytes.span)
        return hash.digest
    }
}
