import CCurl

/// What libcurl's callbacks read and learn during one transfer.
final class TransferObserver {
    /// The last whole line that the other side said.
    private(set) var reply = ""
    /// The last command that a mail server was told.
    private(set) var stage = MailStage.session
    /// Whether libcurl was told that the body is over.
    private(set) var isAtEnd = false
    /// A private address that was not connected to.
    private(set) var refusedAddress: String?
    /// An address of the mail that the server can't be told, because it offers no SMTPUTF8.
    private(set) var lacksUTF8For: (text: String, isSender: Bool)?
    /// Whether private addresses are refused.
    var refusesPrivateAddresses = false

    private var hearsReplies = true
    /// Whether the connection's server has offered SMTPUTF8; a kept connection is not greeted again.
    private var offersUTF8 = false
    private var internationalAddress: (text: String, isSender: Bool)?
    private var body: [UInt8] = []
    private var offset = 0

    /// Whether libcurl has taken the whole body.
    var isWhole: Bool { offset == body.count }

    /// The sockets of the pool that the transfer is in.
    let sockets: SocketList

    /// Makes an observer whose sockets are in a list.
    init(_ sockets: SocketList) {
        self.sockets = sockets
    }

    /// Forgets the last transfer.
    func begin(_ transfer: Transfer) {
        body = transfer.body
        internationalAddress = transfer.internationalAddress
        lacksUTF8For = nil
        offset = 0
        reply = ""
        hearsReplies = true
        stage = .session
        isAtEnd = false
        refusedAddress = nil
    }

    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, body.count - offset)
        guard count > 0 else {
            isAtEnd = true
            return 0
        }
        body.withUnsafeBytes { bytes in
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
        }
        offset += count
        return count
    }

    /// - Returns: Whether the transfer may go on.
    fileprivate func take(replyLine line: UnsafeRawBufferPointer) -> Bool {
        guard hearsReplies else { return true }
        if stage == .session, line.dropFirst(4).starts(with: "SMTPUTF8".utf8) { offersUTF8 = true }
        // RFC 6531 section 3.4: no such recipient is named then. libcurl would.
        if stage == .sender, !offersUTF8, let internationalAddress {
            lacksUTF8For = internationalAddress
            return false
        }
        let text = String(decoding: line.prefix(512), as: UTF8.self).unicodeScalars.filter {
            !isControl($0)
        }
        if !text.isEmpty { reply = String(text) }
        return true
    }

    fileprivate func note(command: UnsafeRawBufferPointer) {
        if command.starts(with: "MAIL FROM".utf8) {
            stage = .sender
        } else if command.starts(with: "RCPT TO".utf8) {
            stage = .recipient
        } else if command.starts(with: "DATA".utf8) {
            stage = .data
        } else if command.starts(with: "EHLO".utf8) || command.starts(with: "HELO".utf8) {
            offersUTF8 = false
        } else if command.starts(with: "QUIT".utf8) {
            // What answers a farewell is about no mail.
            hearsReplies = false
        }
    }

    fileprivate func socket(to address: UnsafeMutablePointer<curl_sockaddr>) -> CInt {
        let target = address.pointee
        if refusesPrivateAddresses,
            let start = MemoryLayout<curl_sockaddr>.offset(of: \.addr)
        {
            let bytes = UnsafeRawBufferPointer(
                start: UnsafeRawPointer(address) + start, count: Int(target.addrlen))
            if let refused = PrivateAddress.name(of: Array(bytes), family: target.family) {
                refusedAddress = refused
                return CURL_SOCKET_BAD
            }
        }
        return sockets.open(target.family, target.socktype, target.protocol) ?? CURL_SOCKET_BAD
    }
}

private func observer(_ context: UnsafeMutableRawPointer?) -> TransferObserver {
    guard let context else { fatalError("libcurl lost the transfer's context") }
    return Unmanaged<TransferObserver>.fromOpaque(context).takeUnretainedValue()
}

/// Gives libcurl the next bytes of the body.
func readBody(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    observer(context).read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
}

/// Takes a line of the other side's answer.
func takeReply(
    _ line: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    let bytes = UnsafeRawBufferPointer(start: line, count: size * count)
    return observer(context).take(replyLine: bytes) ? bytes.count : 0
}

/// Takes an answer's body, which nobody looks at.
func takeAnswer(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    size * count
}

/// Notes the commands that libcurl says.
func noteCommand(
    _ curl: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ bytes: UnsafeMutablePointer<CChar>?,
    _ count: Int, _ context: UnsafeMutableRawPointer?
) -> CInt {
    if kind == CURLINFO_HEADER_OUT {
        observer(context).note(command: UnsafeRawBufferPointer(start: bytes, count: count))
    }
    return 0
}

/// Breaks a transfer off when nobody waits for it any more.
func stopWhenCancelled(
    _ context: UnsafeMutableRawPointer?, _ downloadTotal: curl_off_t, _ downloaded: curl_off_t,
    _ uploadTotal: curl_off_t, _ uploaded: curl_off_t
) -> CInt {
    observer(context).sockets.isShut ? 1 : 0
}

/// Opens the socket of a connection, unless its address is refused.
func openSocket(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
    _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address else { return CURL_SOCKET_BAD }
    return observer(context).socket(to: address)
}

/// Closes a connection's socket.
func closeSocket(_ context: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> CInt {
    observer(context).sockets.close(socket)
    return 0
}
