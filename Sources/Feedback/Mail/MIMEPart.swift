import Wire

/// A mail or a part of one (RFC 2045, RFC 2046): its header fields and its body.
///
/// What is malformed is read as far as it makes sense, and in time and space bound to the size of the
/// bytes: levels and parts are limited.
struct MIMEPart {
    let headers: MailHeaders
    let contentType: ContentType
    /// The body as it was transferred.
    private let body: ArraySlice<UInt8>

    private static let partsMax = 64

    /// Reads a part of its bytes.
    init(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        headers = MailHeaders(from: &rest)
        contentType = ContentType(headers["content-type"])
        body = rest
    }

    /// The body, decoded.
    var content: ArraySlice<UInt8> {
        switch headers["content-transfer-encoding"]?.lowercased() {
        case "base64": Base64.decodeBody(body)[...]
        case "quoted-printable": TransferDecoding.quotedPrintable(body)[...]
        default: body
        }
    }

    /// The parts of a multipart body; empty for any other.
    ///
    /// Where the closing boundary is missing, the last part ends with the body.
    var parts: [MIMEPart] {
        guard contentType.name.hasPrefix("multipart/"), let boundary = contentType["boundary"],
            !boundary.isEmpty
        else { return [] }
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [MIMEPart] = []
        var lines = MailLines(body)
        var start: Int?
        func add(upTo end: Int) {
            guard let start, start <= end else { return }
            parts.append(MIMEPart(body[start..<end]))
        }
        while parts.count < Self.partsMax {
            let lineStart = lines.rest.startIndex
            guard let line = lines.next() else {
                add(upTo: body.endIndex)
                break
            }
            guard line.starts(with: delimiter) else { continue }
            let tail = line.dropFirst(delimiter.count)
            let isLast = tail.starts(with: "--".utf8)
            guard isLast || tail.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
            add(upTo: lineStart)
            if isLast { break }
            start = lines.rest.startIndex
        }
        return parts
    }

    /// The first part, this one included, that a body says is what is looked for.
    ///
    /// Only multiparts are looked into: a mail inside a mail is somebody else's.
    func first<Result>(levels: Int = 5, _ body: (MIMEPart) -> Result?) -> Result? {
        if let result = body(self) { return result }
        guard levels > 0 else { return nil }
        for part in parts {
            if let result = part.first(levels: levels - 1, body) { return result }
        }
        return nil
    }
}

/// A transfer encoding undone (RFC 2045, section 6.7); what is no digit is taken as it stands.
enum TransferDecoding {
    static func quotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var lines = MailLines(bytes)
        while var line = lines.next() {
            while let last = line.last, last == 0x20 || last == 0x09 { line.removeLast() }
            let isSoft = line.last == UInt8(ascii: "=")
            if isSoft { line.removeLast() }
            var index = line.startIndex
            while index < line.endIndex {
                if line[index] == UInt8(ascii: "="), index + 2 < line.endIndex,
                    let high = hexDigit(line[index + 1]), let low = hexDigit(line[index + 2])
                {
                    result.append(high << 4 | low)
                    index += 3
                } else {
                    result.append(line[index])
                    index += 1
                }
            }
            if !isSoft { result.append(0x0a) }
        }
        return result
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
