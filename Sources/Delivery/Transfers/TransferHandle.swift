import CCurl

/// One libcurl handle with its connection, for one thread.
///
/// Transfers run one after another over the same connection where the other side keeps it open.
final class TransferHandle {
    private let curl: UnsafeMutableRawPointer
    private let endpoint: Endpoint
    private let observer: TransferObserver
    private var problem = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))

    private static let isReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    /// Makes a handle whose sockets are in a list; nil where there is no memory for it.
    init?(_ endpoint: Endpoint, sockets: SocketList) {
        guard Self.isReady, let curl = curl_easy_init() else { return nil }
        self.curl = curl
        self.endpoint = endpoint
        observer = TransferObserver(sockets)
        observer.refusesPrivateAddresses = endpoint.refusesPrivateAddresses
    }

    deinit {
        curl_easy_cleanup(curl)
    }

    /// Hands one body over and waits for the end.
    func perform(_ transfer: Transfer) -> TransferResult {
        let result = attempt(transfer, onFreshConnection: false)
        // A server may close a kept connection just as it is used again: nothing was said then.
        guard endpoint.isMail, !result.succeeded, result.reusedConnection, result.status == 0,
            result.stage == .sender, result.lacksUTF8For == nil
        else { return result }
        return attempt(transfer, onFreshConnection: true)
    }

    private func attempt(_ transfer: Transfer, onFreshConnection: Bool) -> TransferResult {
        curl_easy_reset(curl)
        observer.begin(transfer)
        setCommonOptions()
        set(CURLOPT_FRESH_CONNECT, onFreshConnection ? 1 : 0)
        var lists: [UnsafeMutablePointer<curl_slist>] = []
        defer { for list in lists { curl_slist_free_all(list) } }
        if let envelope = transfer.envelope {
            setMailOptions(envelope.from)
            lists.append(list([envelope.to], for: CURLOPT_MAIL_RCPT))
        } else {
            setWebOptions(size: transfer.body.count)
            lists.append(list(transfer.headers, for: CURLOPT_HTTPHEADER))
        }
        problem[0] = 0
        let code = problem.withUnsafeMutableBufferPointer { buffer in
            check(muster_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, buffer.baseAddress))
            defer { check(muster_curl_set_pointer(curl, CURLOPT_ERRORBUFFER, nil)) }
            return curl_easy_perform(curl)
        }
        return result(of: code, bodySize: transfer.body.count)
    }

    // MARK: Options

    private func setCommonOptions() {
        set(CURLOPT_URL, endpoint.url)
        set(CURLOPT_NOSIGNAL, 1)
        // An environment that names a proxy must change nothing.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_PROTOCOLS_STR, endpoint.isMail ? "smtp,smtps" : "http,https")
        set(CURLOPT_CONNECTTIMEOUT, endpoint.timeouts.connect)
        set(CURLOPT_SERVER_RESPONSE_TIMEOUT, endpoint.timeouts.reply)
        set(CURLOPT_TIMEOUT, endpoint.timeouts.whole)
        set(CURLOPT_MAXAGE_CONN, 30)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = endpoint.caFile { set(CURLOPT_CAINFO, file) }
        let context = Unmanaged.passUnretained(observer).toOpaque()
        check(muster_curl_set_transport(curl, CURLOPT_READFUNCTION, readBody))
        check(muster_curl_set_pointer(curl, CURLOPT_READDATA, context))
        check(muster_curl_set_transport(curl, CURLOPT_HEADERFUNCTION, takeReply))
        check(muster_curl_set_pointer(curl, CURLOPT_HEADERDATA, context))
        check(muster_curl_set_transport(curl, CURLOPT_WRITEFUNCTION, takeAnswer))
        check(muster_curl_set_pointer(curl, CURLOPT_WRITEDATA, context))
        check(muster_curl_set_progress(curl, stopWhenCancelled))
        check(muster_curl_set_pointer(curl, CURLOPT_XFERINFODATA, context))
        set(CURLOPT_NOPROGRESS, 0)
        check(muster_curl_set_open_socket(curl, openSocket))
        check(muster_curl_set_pointer(curl, CURLOPT_OPENSOCKETDATA, context))
        check(muster_curl_set_close_socket(curl, closeSocket))
        check(muster_curl_set_pointer(curl, CURLOPT_CLOSESOCKETDATA, context))
    }

    private func setMailOptions(_ sender: String) {
        set(CURLOPT_UPLOAD, 1)
        set(CURLOPT_MAIL_FROM, sender)
        let level =
            switch endpoint.startTLS {
            case .never: CURLUSESSL_NONE
            case .ifOffered: CURLUSESSL_TRY
            case .required: CURLUSESSL_ALL
            }
        set(CURLOPT_USE_SSL, Int(level.rawValue))
        if endpoint.startTLS == .ifOffered, endpoint.caFile == nil {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let login = endpoint.login {
            set(CURLOPT_USERNAME, login.user)
            set(CURLOPT_PASSWORD, login.password)
            set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN")
        }
        // The commands said tell which of them an answer is to.
        set(CURLOPT_VERBOSE, 1)
        check(muster_curl_set_debug(curl, noteCommand))
        check(
            muster_curl_set_pointer(
                curl, CURLOPT_DEBUGDATA, Unmanaged.passUnretained(observer).toOpaque()))
    }

    private func setWebOptions(size: Int) {
        set(CURLOPT_POST, 1)
        check(muster_curl_set_size(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(size)))
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    }

    private func list(
        _ texts: [String], for option: CURLoption
    ) -> UnsafeMutablePointer<curl_slist> {
        var list: UnsafeMutablePointer<curl_slist>?
        for text in texts {
            guard let longer = curl_slist_append(list, text) else { fatalError("out of memory") }
            list = longer
        }
        guard let list else { fatalError("libcurl was given an empty list") }
        check(muster_curl_set_list(curl, option, list))
        return list
    }

    private func set(_ option: CURLoption, _ value: Int) {
        check(muster_curl_set_long(curl, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) {
        check(muster_curl_set_text(curl, option, value))
    }

    private func check(_ code: CURLcode) {
        guard code == CURLE_OK else {
            fatalError("libcurl refused an option: \(String(cString: curl_easy_strerror(code)))")
        }
    }

    // MARK: Results

    private func result(of code: CURLcode, bodySize: Int) -> TransferResult {
        var result = TransferResult()
        result.succeeded = code == CURLE_OK
        result.status = long(CURLINFO_RESPONSE_CODE)
        result.reply = observer.reply
        if code != CURLE_OK {
            let words = String(
                decoding: problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            result.problem = words.isEmpty ? String(cString: curl_easy_strerror(code)) : words
        }
        result.isConnected = size(CURLINFO_PRETRANSFER_TIME_T) > 0
        result.stage = observer.stage
        result.lacksUTF8For = observer.lacksUTF8For
        // A mail's end is told by reading once more; a webhook's size is known beforehand. Where a kept connection
        // breaks, libcurl would say a webhook's request again over another, and the body's beginning is asked for,
        // which it does not get: then it has forgotten how much had left.
        result.bodyIsSent =
            endpoint.isMail
            ? observer.isAtEnd
            : observer.isWhole
                && (size(CURLINFO_SIZE_UPLOAD_T) >= bodySize || code == CURLE_SEND_FAIL_REWIND)
        result.writeFailed = code == CURLE_SEND_ERROR
        result.reusedConnection = long(CURLINFO_NUM_CONNECTS) == 0
        result.refusedAddress = observer.refusedAddress
        let wait = size(CURLINFO_RETRY_AFTER)
        if wait > 0 { result.retryAfter = wait }
        return result
    }

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        return muster_curl_get_long(curl, info, &value) == CURLE_OK ? value : 0
    }

    private func size(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        return muster_curl_get_size(curl, info, &value) == CURLE_OK ? Int(value) : 0
    }
}
